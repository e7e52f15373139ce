using System.IO.Pipelines;
using System.Text;
using Maildrop.Locking.SampleHost.Messages;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>Sends replies, and buffers no more than the pipe holds. A client that reads nothing stops only its own session.</summary>
internal sealed class Pop3Output(PipeWriter output)
{
    /// <summary>The size of a chunk. It is small, so that a slow client's progress counts as activity.</summary>
    private const int ChunkSize = 8 * 1024;

    private PipeWriter _output = output;

    /// <summary>Whether a reply has begun and is not finished. No other reply can then be sent.</summary>
    public bool IsInReply { get; private set; }

    /// <summary>Switches to another target: the encrypted one after STLS.</summary>
    public void SwitchTo(PipeWriter output) => _output = output;

    public async ValueTask ReplyAsync(string line, CancellationToken cancellationToken)
    {
        Append(line);
        await FlushAsync(cancellationToken);
        IsInReply = false;
    }

    /// <summary>Sends a reply of several lines, none of which starts with a dot.</summary>
    /// <param name="first">The first line.</param>
    /// <param name="lines">The other lines, without the last dot.</param>
    /// <param name="progressed">Called whenever the client has taken a chunk.</param>
    /// <param name="cancellationToken">Ends the reply in its middle.</param>
    public async ValueTask ReplyAsync(string first, IEnumerable<string> lines, Action progressed, CancellationToken cancellationToken)
    {
        Append(first);
        foreach (var line in lines)
        {
            Append(line);
            if (_output.UnflushedBytes >= ChunkSize)
            {
                await FlushAsync(cancellationToken);
                progressed();
            }
        }

        await ReplyAsync(".", cancellationToken);
        progressed();
    }

    /// <summary>Sends a reply that carries the first octets of a message's file.</summary>
    /// <param name="first">The first line.</param>
    /// <param name="message">The file, at its start.</param>
    /// <param name="length">The number of octets of the file to send.</param>
    /// <param name="progressed">Called whenever the client has taken a chunk.</param>
    /// <param name="cancellationToken">Ends the reply in its middle.</param>
    public async ValueTask ReplyAsync(string first, Stream message, long length, Action progressed, CancellationToken cancellationToken)
    {
        Append(first);
        var encoding = new DotStuffing(doubleDots: true);
        var chunk = new byte[ChunkSize];
        while (length > 0 && await message.ReadAsync(chunk.AsMemory(0, (int)Math.Min(ChunkSize, length)), cancellationToken) is var read and > 0)
        {
            length -= read;
            _output.Advance(encoding.Encode(chunk.AsSpan(0, read), _output.GetSpan(DotStuffing.MaxOctets(read))));
            await FlushAsync(cancellationToken);
            progressed();
        }

        _output.Advance(encoding.Finish(_output.GetSpan(DotStuffing.MaxOctets(0))));
        await ReplyAsync(".", cancellationToken);
        progressed();
    }

    private void Append(string line)
    {
        IsInReply = true;
        Encoding.UTF8.GetBytes(line, _output);
        "\r\n"u8.CopyTo(_output.GetSpan(2));
        _output.Advance(2);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var result = await _output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("The client has hung up.");
        }
    }
}
