using MimeKit;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>What TOP sends of a message: its headers, the empty line, and the first lines of its body.</summary>
internal static class MessageTop
{
    /// <summary>Finds where that ends in the message's file.</summary>
    public static async ValueTask<long> FindEndAsync(FileStream message, long bodyLines, CancellationToken cancellationToken)
    {
        var end = await FindBodyAsync(message, cancellationToken);
        message.Position = end;
        var chunk = new byte[16 * 1024];
        while (bodyLines > 0 && await message.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            var rest = chunk.AsMemory(0, read);
            while (bodyLines > 0 && rest.Length > 0)
            {
                var lineFeed = rest.Span.IndexOf((byte)'\n');
                var taken = lineFeed < 0 ? rest.Length : lineFeed + 1;
                bodyLines -= lineFeed < 0 ? 0 : 1;
                end += taken;
                rest = rest[taken..];
            }
        }

        return end;
    }

    private static async ValueTask<long> FindBodyAsync(FileStream message, CancellationToken cancellationToken)
    {
        var parser = new MimeParser(message, MimeFormat.Entity);
        try
        {
            await parser.ParseHeadersAsync(cancellationToken);
            return parser.Position;
        }
        catch (FormatException)
        {
            // No headers that anybody could read: then it is all body.
            return 0;
        }
    }
}
