namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>A message of a Maildir.</summary>
/// <param name="Path">The path of its file when the Maildir was listed.</param>
/// <param name="UniqueId">The unique id for UIDL. It is the same in every session.</param>
/// <param name="Octets">The size of the message as RETR sends it.</param>
internal sealed record MaildirMessage(string Path, string UniqueId, long Octets)
{
    /// <summary>The file's name without its flags. It stays the same when the message is read, flagged, or moved from new to cur.</summary>
    public string BaseName => BaseNameOf(Path);

    public static string BaseNameOf(string path)
    {
        var name = System.IO.Path.GetFileName(path.AsSpan());
        return name[..(name.IndexOf(':') is var colon and >= 0 ? colon : name.Length)].ToString();
    }
}
