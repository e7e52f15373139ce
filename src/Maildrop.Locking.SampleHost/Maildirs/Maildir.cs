using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using Maildrop.Locking.SampleHost.Messages;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>
/// A user's Maildir. The messages are the files of its new and cur folders. Deliveries and readers without a lease may add, rename and
/// remove files at any time.
/// </summary>
internal sealed class Maildir(string folder, ILogger logger)
{
    /// <summary>RFC 1939, section 7: a unique id has 1 to 70 characters.</summary>
    private const int MaxUniqueIdLength = 70;

    private static readonly string[] Parts = ["new", "cur"];

    // Skip links: a link could lead out of the Maildir.
    private static readonly EnumerationOptions FilesOnly = new() { AttributesToSkip = FileAttributes.Directory | FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Whether an exception is a file error and not a bug of this program.</summary>
    public static bool IsFileError(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>Lists the messages by the time of their delivery. Skips messages that cannot be read.</summary>
    /// <exception cref="IOException">The folders cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folders cannot be read.</exception>
    public async ValueTask<IReadOnlyList<MaildirMessage>> ListAsync(CancellationToken cancellationToken)
    {
        var sizes = await MessageSizes.LoadAsync(folder, cancellationToken);
        var messages = new List<MaildirMessage>();
        var uniqueIds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, length) in ListFiles(GetPathAndLength).OrderBy(it => Path.GetFileName(it.Path), StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var baseName = MaildirMessage.BaseNameOf(path);
            try
            {
                if (!MessageSizes.TryGetFromName(baseName, out var octets) && !sizes.TryGet(baseName, length, out octets))
                {
                    octets = await CountOctetsAsync(path, cancellationToken);
                    sizes.Add(baseName, length, octets);
                }

                messages.Add(new(path, UniqueIdOf(baseName, uniqueIds), octets));
            }
            catch (Exception ex) when (IsFileError(ex))
            {
                // The file may also have been renamed or removed since it was listed.
                MaildirLog.MessageUnreadable(logger, path, ex);
            }
        }

        await sizes.SaveAsync();
        return messages;
    }

    /// <summary>Opens a message, also if its file was renamed.</summary>
    /// <exception cref="IOException">The message is gone, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The message cannot be read.</exception>
    public Stream Open(MaildirMessage message)
    {
        try
        {
            return Open(message.Path);
        }
        catch (FileNotFoundException) when (FindMoved(FilesByBaseName(), message) is { } path)
        {
            return Open(path);
        }
    }

    /// <summary>Removes messages, also if their files were renamed.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="isHeld">Whether the lease is still held. Called before each removal.</param>
    /// <returns>Whether all messages existed and are removed.</returns>
    public bool Remove(IEnumerable<MaildirMessage> messages, Func<bool> isHeld)
    {
        var areRemoved = true;
        ILookup<string, string>? files = null;
        foreach (var message in messages)
        {
            try
            {
                var path = File.Exists(message.Path) ? message.Path : FindMoved(files ??= FilesByBaseName(), message);
                if (path is not null && isHeld())
                {
                    File.Delete(path);
                    continue;
                }
            }
            catch (Exception ex) when (IsFileError(ex))
            {
                MaildirLog.MessageNotRemoved(logger, message.Path, ex);
            }

            areRemoved = false;
        }

        return areRemoved;
    }

    private static async ValueTask<long> CountOctetsAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = Open(path);
        var encoding = new DotStuffing(doubleDots: false);
        var chunk = new byte[16 * 1024];
        var encoded = new byte[DotStuffing.MaxOctets(chunk.Length)];
        long octets = 0;
        while (await file.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            octets += encoding.Encode(chunk.AsSpan(0, read), encoded);
        }

        return octets + encoding.Finish(encoded);
    }

    /// <summary>Opens a file, but never an empty one: it may be a FIFO, and opening a FIFO waits for a writer.</summary>
    private static Stream Open(string path) => new FileInfo(path).Length == 0
        ? Stream.Null
        : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    /// <summary>Finds a message that was renamed since it was listed. Null when it is gone, or when two files have its base name.</summary>
    private static string? FindMoved(ILookup<string, string> files, MaildirMessage message) => files[message.BaseName].ToArray() is [var path] ? path : null;

    /// <summary>Reading a file's length costs a system call. A size in its name saves the call.</summary>
    private static (string Path, long Length) GetPathAndLength(ref FileSystemEntry entry) =>
        (entry.ToFullPath(), MessageSizes.TryGetFromName(entry.FileName, out _) ? 0 : entry.Length);

    private ILookup<string, string> FilesByBaseName() =>
        ListFiles((ref FileSystemEntry entry) => entry.ToFullPath()).ToLookup(MaildirMessage.BaseNameOf, StringComparer.Ordinal);

    private IEnumerable<T> ListFiles<T>(FileSystemEnumerable<T>.FindTransform transform) => Parts.SelectMany(part =>
        new FileSystemEnumerable<T>(Path.Combine(folder, part), transform, FilesOnly)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.FileName.StartsWith("."),
        });

    private static string UniqueIdOf(string baseName, HashSet<string> taken)
    {
        var isUsable = baseName.Length is > 0 and <= MaxUniqueIdLength && baseName.All(c => c is > ' ' and <= '~');
        var uniqueId = isUsable ? baseName : Hash(baseName);
        for (var i = 2; !taken.Add(uniqueId); i++)
        {
            uniqueId = Hash($"{baseName}/{i}");
        }

        return uniqueId;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
