using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Maildrop.Locking.SampleHost.Pop3;

internal enum Pop3LineKind
{
    /// <summary>A line of printable text.</summary>
    Text,

    /// <summary>A line that was too long; it was skipped.</summary>
    TooLong,

    /// <summary>A line with control characters, or that is not UTF-8; it was skipped.</summary>
    Garbled,

    /// <summary>No more lines: the client has hung up, or sends one without end.</summary>
    End,
}

internal readonly record struct Pop3Line(Pop3LineKind Kind, string Text = "");

/// <summary>
/// Takes command lines from a connection. It never keeps more than a line of the longest allowed length: what is longer is
/// skipped up to the next line, or given up.
/// </summary>
internal sealed class Pop3LineReader(PipeReader input)
{
    /// <summary>RFC 2449, section 4: 255 octets, the line's end among them.</summary>
    public const int MaxOctets = 255;

    /// <summary>A line that is still not over after this is no mistake of a mail client.</summary>
    public const int MaxSkippedOctets = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private long _skipped;

    public async ValueTask<Pop3Line> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } lineFeed)
            {
                var end = buffer.GetPosition(1, lineFeed);
                var line = Take(buffer.Slice(0, end));
                input.AdvanceTo(end);
                return line;
            }

            if (_skipped > 0 || buffer.Length >= MaxOctets)
            {
                _skipped += buffer.Length;
                input.AdvanceTo(buffer.End);
            }
            else
            {
                input.AdvanceTo(buffer.Start, buffer.End);
            }

            if (result.IsCompleted || _skipped > MaxSkippedOctets)
            {
                return new(Pop3LineKind.End);
            }
        }
    }

    private Pop3Line Take(ReadOnlySequence<byte> line)
    {
        if (_skipped > 0 || line.Length > MaxOctets)
        {
            _skipped = 0;
            return new(Pop3LineKind.TooLong);
        }

        Span<byte> octets = stackalloc byte[MaxOctets];
        line.CopyTo(octets);

        // A bare line feed ends a line too: people try a server by hand.
        var text = octets[..(int)(line.Length - 1)];
        if (text is [.. var before, (byte)'\r'])
        {
            text = before;
        }

        try
        {
            var decoded = StrictUtf8.GetString(text);
            return decoded.Any(char.IsControl) ? new(Pop3LineKind.Garbled) : new(Pop3LineKind.Text, decoded);
        }
        catch (DecoderFallbackException)
        {
            return new(Pop3LineKind.Garbled);
        }
    }
}
