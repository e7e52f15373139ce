using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Files;

/// <summary>
/// The path of a maildrop's record: <c>1f3/alice@example.org-1f3a...</c>. The hash tells maildrops apart, and a client cannot steer it. The
/// readable part helps people to read a list of the directory. With 4096 folders, ten million files are about 2,400 per folder.
/// </summary>
internal readonly struct RecordPath
{
    private const int HashSize = 16;
    private const int FolderDigits = 3;
    private const int MaxPrefix = 40;

    private RecordPath(string path, UInt128 key)
    {
        Full = path;
        Key = key;
    }

    public string Full { get; }

    /// <summary>The maildrop's hash, in 128 bits.</summary>
    public UInt128 Key { get; }

    public static RecordPath Of(string root, MaildropName maildrop)
    {
        Span<byte> name = stackalloc byte[MaildropName.MaxByteCount];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(name[..Encoding.UTF8.GetBytes(maildrop.Value, name)], hash);
        Span<char> digits = stackalloc char[2 * HashSize];
        Convert.TryToHexStringLower(hash[..HashSize], digits, out _);
        Span<char> prefix = stackalloc char[MaxPrefix + 1];
        prefix = prefix[..Readable(maildrop.Value, prefix)];
        var separator = Path.DirectorySeparatorChar;
        var path = string.Create(
            null, stackalloc char[256], $"{root}{separator}{digits[..FolderDigits]}{separator}{prefix}{digits}");
        return new(path, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    /// <summary>The path of a listed record; null for a file that is not a record.</summary>
    public static RecordPath? TryParse(string path) =>
        path.Length > 2 * HashSize && UInt128.TryParse(path.AsSpan(path.Length - (2 * HashSize)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            ? new(path, key)
            : null;

    /// <summary>
    /// Writes the readable part of a name, in characters that no file system folds or forbids, and a dash. A dot comes only after an
    /// <c>@</c>, so the file is not hidden, and is no device on Windows (<c>con.anything</c>).
    /// </summary>
    private static int Readable(string name, Span<char> prefix)
    {
        var length = 0;
        var dots = false;
        foreach (var c in name)
        {
            if (length == MaxPrefix)
            {
                break;
            }

            dots |= c == '@';
            var keeps = char.IsAsciiLetterOrDigit(c) || c == '@' || (c == '.' && dots) || (c is '-' or '+' && length > 0);
            prefix[length++] = keeps ? char.ToLowerInvariant(c) : '_';
        }

        prefix[length] = '-';
        return length + 1;
    }
}
