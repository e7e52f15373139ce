namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// Turns a message's file into what POP3 sends: every line ends with CRLF, and a dot at a line's start is doubled. Sizes are counted
/// by the same code without the doubling, as RFC 1939, section 11, has it, so they match what RETR sends.
/// </summary>
internal struct DotStuffing(bool stuffDots)
{
    private bool _inLine;
    private bool _afterCarriageReturn;

    /// <summary>The most that a number of octets can become, or that the end can add.</summary>
    public static int MaxOctets(int count) => Math.Max(2, 2 * count);

    /// <summary>Encodes the next octets, and says how many they became.</summary>
    public int Encode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        foreach (var octet in source)
        {
            if (octet == '\n')
            {
                if (!_afterCarriageReturn)
                {
                    destination[written++] = (byte)'\r';
                }
            }
            else if (octet == '.' && !_inLine && stuffDots)
            {
                destination[written++] = (byte)'.';
            }

            destination[written++] = octet;
            _inLine = octet != '\n';
            _afterCarriageReturn = octet == '\r';
        }

        return written;
    }

    /// <summary>Ends the last line, where the file does not.</summary>
    public int Finish(Span<byte> destination)
    {
        if (!_inLine)
        {
            return 0;
        }

        "\r\n"u8.CopyTo(destination);
        return 2;
    }
}
