using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// Reads command lines from a connection. It never keeps more than one line of the allowed length. It skips a longer line up to its end,
/// or gives up.
/// </summary>
internal sealed class Pop3LineReader(PipeReader input)
{
    /// <summary>RFC 2449, section 4: 255 octets, including the line's end.</summary>
    public const int MaxCommandOctets = 255;

    /// <summary>The maximum length of a skipped line. No mail client sends longer lines.</summary>
    public const int MaxSkippedOctets = 64 * 1024;

    /// <summary>The number of octets that a client may send ahead while it logs in.</summary>
    private const int MaxSentAhead = 16 * 1024;

    public static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private PipeReader _input = input;
    private long _skipped;

    /// <summary>Whether the client has sent octets that were not read yet.</summary>
    public bool HasMore
    {
        get
        {
            if (!_input.TryRead(out var result))
            {
                return false;
            }

            _input.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
    }

    /// <summary>Switches to another source: the decrypted one after STLS.</summary>
    public void SwitchTo(PipeReader input) => _input = input;

    /// <summary>Reads the next line; null if the client has hung up, or sends a line without end.</summary>
    public async ValueTask<Pop3Command?> ReadAsync(int maxOctets, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // ReadAsync would wait for more octets than WatchAsync has seen. TryRead does not.
            if (!_input.TryRead(out var result))
            {
                result = await _input.ReadAsync(cancellationToken);
            }

            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } lineFeed)
            {
                var end = buffer.GetPosition(1, lineFeed);
                var line = Parse(buffer.Slice(0, end), maxOctets);
                _input.AdvanceTo(end);
                return line;
            }

            if (_skipped > 0 || buffer.Length >= maxOctets)
            {
                _skipped += buffer.Length;
                _input.AdvanceTo(buffer.End);
            }
            else
            {
                _input.AdvanceTo(buffer.Start, buffer.End);
            }

            if (result.IsCompleted || _skipped > MaxSkippedOctets)
            {
                return null;
            }
        }
    }

    /// <summary>Runs a login, and cancels it when the client hangs up. A client that sent more commands before its FIN still gets their answers.</summary>
    public async ValueTask<T> RunUnlessHungUpAsync<T>(Func<CancellationToken, ValueTask<T>> login, CancellationToken cancellationToken)
    {
        using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchAsync(hungUp);
        try
        {
            return await login(hungUp.Token);
        }
        finally
        {
            _input.CancelPendingRead();
            await watch;
        }
    }

    private async Task WatchAsync(CancellationTokenSource hungUp)
    {
        try
        {
            while (true)
            {
                var result = await _input.ReadAsync(CancellationToken.None);
                var buffer = result.Buffer;
                if (result.IsCanceled || result.IsCompleted || buffer.Length > MaxSentAhead)
                {
                    var hasCommands = buffer.PositionOf((byte)'\n') is not null;
                    _input.AdvanceTo(buffer.Start);
                    if (result.IsCompleted && !hasCommands)
                    {
                        await hungUp.CancelAsync();
                    }

                    return;
                }

                _input.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (Exception ex) when (ex is IOException or OperationCanceledException)
        {
            // The connection was reset or aborted.
            await hungUp.CancelAsync();
        }
    }

    private Pop3Command Parse(ReadOnlySequence<byte> line, int maxOctets)
    {
        if (_skipped > 0 || line.Length > maxOctets)
        {
            _skipped = 0;
            return new("", $"a line has at most {maxOctets} octets");
        }

        // A bare line feed ends a line too: people try a server by hand.
        ReadOnlySpan<byte> text = line.Slice(0, line.Length - 1).ToArray();
        if (text is [.. var before, (byte)'\r'])
        {
            text = before;
        }

        try
        {
            var decoded = StrictUtf8.GetString(text);
            return decoded.Any(char.IsControl) ? new("", "that is no text") : new(decoded);
        }
        catch (DecoderFallbackException)
        {
            return new("", "that is no text");
        }
    }
}
