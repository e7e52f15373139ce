using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>The users: each sub-folder of one folder is a user's Maildir, and its name is the user's.</summary>
/// <param name="root">The folder.</param>
/// <param name="password">Everybody's password; null when it is the user's own name.</param>
internal sealed class MaildropFolders(string root, string? password)
{
    /// <summary>
    /// The Maildir of a user who gave the right password, or null. No path is ever made of what a client sent: its name is compared
    /// with the names that are there.
    /// </summary>
    public string? Authenticate(string user, string givenPassword)
    {
        var folder = Directory.EnumerateDirectories(root).FirstOrDefault(path => string.Equals(Path.GetFileName(path), user, StringComparison.Ordinal));
        var isRight = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(password ?? user), Encoding.UTF8.GetBytes(givenPassword));
        return isRight ? folder : null;
    }
}
