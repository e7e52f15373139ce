using System.IO.Pipelines;
using System.Text;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>Sends replies. A client that does not read them stops the session, not the server: nothing more is kept than the pipe holds.</summary>
internal sealed class Pop3Output(PipeWriter output)
{
    private const int ChunkSize = 16 * 1024;

    /// <summary>Whether a reply was begun and is not whole: then the client cannot be told anything any more.</summary>
    public bool IsInReply { get; private set; }

    public ValueTask ReplyAsync(string line, CancellationToken cancellationToken)
    {
        Append(line);
        IsInReply = false;
        return FlushAsync(cancellationToken);
    }

    /// <summary>A reply of several lines, none of which starts with a dot.</summary>
    public async ValueTask ReplyAsync(string first, IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        Append(first);
        foreach (var line in lines)
        {
            Append(line);
            if (output.UnflushedBytes >= ChunkSize)
            {
                await FlushAsync(cancellationToken);
            }
        }

        await ReplyAsync(".", cancellationToken);
    }

    /// <summary>A reply that carries the first octets of a message, as they are in its file.</summary>
    /// <param name="first">The reply's first line.</param>
    /// <param name="message">The message, at its start.</param>
    /// <param name="length">How much of the file to send.</param>
    /// <param name="progressed">Called whenever the client has taken a chunk.</param>
    /// <param name="cancellationToken">Ends the reply in its middle; then only the connection's end is left to tell the client.</param>
    public async ValueTask ReplyAsync(string first, Stream message, long length, Action progressed, CancellationToken cancellationToken)
    {
        Append(first);
        var text = new DotStuffing(stuffDots: true);
        var chunk = new byte[ChunkSize];
        while (length > 0 && await message.ReadAsync(chunk.AsMemory(0, (int)Math.Min(ChunkSize, length)), cancellationToken) is var read and > 0)
        {
            length -= read;
            output.Advance(text.Encode(chunk.AsSpan(0, read), output.GetSpan(DotStuffing.MaxOctets(read))));
            await FlushAsync(cancellationToken);
            progressed();
        }

        output.Advance(text.Finish(output.GetSpan(DotStuffing.MaxOctets(0))));
        await ReplyAsync(".", cancellationToken);
    }

    private void Append(string line)
    {
        IsInReply = true;
        Encoding.UTF8.GetBytes(line, output);
        "\r\n"u8.CopyTo(output.GetSpan(2));
        output.Advance(2);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("The client has hung up.");
        }
    }
}
