namespace Maildrop.Locking.SampleHost.Messages;

/// <summary>
/// Encodes a message's file for POP3: every line ends with CRLF, and a dot at the start of a line is doubled (RFC 1939, section 3).
/// The same code counts sizes, without the doubling (section 11), so that sizes match RETR.
/// </summary>
internal struct DotStuffing(bool doubleDots)
{
    private bool _inLine;
    private bool _afterCarriageReturn;

    /// <summary>The maximum encoded length of a chunk or of the end of the message.</summary>
    public static int MaxOctets(int count) => Math.Max(2, 2 * count);

    /// <summary>Encodes the next chunk.</summary>
    /// <returns>The number of octets written.</returns>
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
            else if (octet == '.' && !_inLine && doubleDots)
            {
                destination[written++] = (byte)'.';
            }

            destination[written++] = octet;
            _inLine = octet != '\n';
            _afterCarriageReturn = octet == '\r';
        }

        return written;
    }

    /// <summary>Ends the last line if the file does not end it.</summary>
    /// <returns>The number of octets written.</returns>
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
