using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>The users. Each sub-folder of one folder is a user's Maildir, and its name is the user's name.</summary>
/// <param name="root">The folder.</param>
/// <param name="password">The password of every user; null when it is the user's own name.</param>
internal sealed class MaildropFolders(string root, string? password)
{
    /// <summary>The Maildir of a user, or null when the user name or the password is wrong.</summary>
    public string? Authenticate(string user, string givenPassword)
    {
        // The user name is compared with existing folder names, so a client's text never becomes a path.
        var folder = Directory.EnumerateDirectories(root).FirstOrDefault(path => string.Equals(Path.GetFileName(path), user, StringComparison.Ordinal));
        var isRight = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(password ?? user), Encoding.UTF8.GetBytes(givenPassword));
        return isRight ? folder : null;
    }
}
