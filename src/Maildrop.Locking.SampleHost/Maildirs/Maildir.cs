using System.Security.Cryptography;
using System.Text;
using Maildrop.Locking.SampleHost.Pop3;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>Reads the messages of a Maildir: the files of its new and cur folders, by the time of their delivery.</summary>
internal static class Maildir
{
    /// <summary>RFC 1939, section 7: a unique id has 1 to 70 characters.</summary>
    private const int LongestUniqueId = 70;

    private static readonly string[] Parts = ["new", "cur"];

    /// <summary>Lists the messages. Their sizes are counted by reading them: a server for more than a few people keeps an index.</summary>
    /// <exception cref="IOException">The Maildir cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The Maildir cannot be read.</exception>
    public static async ValueTask<IReadOnlyList<MaildirMessage>> ReadAsync(string folder, Action progressed, CancellationToken cancellationToken)
    {
        var files = Parts
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(folder, part)))
            .Where(path => !Path.GetFileName(path).StartsWith('.'))
            .OrderBy(Path.GetFileName, StringComparer.Ordinal);
        var messages = new List<MaildirMessage>();
        var uniqueIds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in files)
        {
            try
            {
                var octets = await CountOctetsAsync(path, cancellationToken);
                var uniqueId = UniqueIdOf(path);
                messages.Add(new(path, uniqueIds.Add(uniqueId) ? uniqueId : Hash(Path.GetRelativePath(folder, path)), octets));
            }
            catch (FileNotFoundException)
            {
                // Removed, or renamed by a reader that is not bound by our lock, since it was listed.
            }

            progressed();
        }

        return messages;
    }

    private static async ValueTask<long> CountOctetsAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = MaildirMessage.OpenFile(path);
        var text = new DotStuffing(stuffDots: false);
        var chunk = new byte[16 * 1024];
        var encoded = new byte[DotStuffing.MaxOctets(chunk.Length)];
        long octets = 0;
        while (await file.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            octets += text.Encode(chunk.AsSpan(0, read), encoded);
        }

        return octets + text.Finish(encoded);
    }

    /// <summary>The file's name without the flags that follow the colon, which change as the message is read.</summary>
    private static string UniqueIdOf(string path)
    {
        var name = Path.GetFileName(path);
        var id = name.Split(':')[0];
        return id.Length is > 0 and <= LongestUniqueId && id.All(c => c is > ' ' and <= '~') ? id : Hash(id);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
