namespace Maildrop.Locking.SampleHost.Messages;

/// <summary>The part of a message that TOP sends: its header, the empty line, and the first lines of its body (RFC 1939, section 7).</summary>
internal static class MessageTop
{
    /// <summary>
    /// Finds the end of that part in the message's file. The header ends at the first empty line, even if the lines before it are not
    /// header fields.
    /// </summary>
    public static async ValueTask<long> FindEndAsync(Stream message, long bodyLines, CancellationToken cancellationToken)
    {
        var chunk = new byte[16 * 1024];
        var inBody = false;
        long position = 0, lineStart = 0;
        var previous = (byte)'\n';
        while (await message.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            for (var i = 0; i < read; previous = chunk[i++])
            {
                position++;
                if (chunk[i] != '\n')
                {
                    continue;
                }

                var length = position - lineStart;
                var isEmpty = length == 1 || (length == 2 && previous == '\r');
                lineStart = position;
                bodyLines -= inBody ? 1 : 0;
                inBody |= isEmpty;
                if (inBody && bodyLines <= 0)
                {
                    return position;
                }
            }
        }

        return position;
    }
}
