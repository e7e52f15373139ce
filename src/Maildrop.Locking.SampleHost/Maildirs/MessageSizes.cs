using System.Globalization;
using System.Text;

namespace Maildrop.Locking.SampleHost.Maildirs;

/// <summary>
/// The sizes of a Maildir's messages as RETR sends them. A file name with Maildir++'s <c>,W=</c> field contains the size. Other sizes are
/// counted once and saved in a file of the Maildir. Each line has the length of the message's file, its octets and its base name.
/// </summary>
internal sealed class MessageSizes
{
    private const string FileName = "pop3-sizes";

    private readonly string _folder;
    private readonly Dictionary<string, (long Length, long Octets)> _saved = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Length, long Octets)> _current = new(StringComparer.Ordinal);
    private bool _hasNew;

    private MessageSizes(string folder) => _folder = folder;

    /// <summary>Reads the file. Sizes that cannot be read are counted again.</summary>
    public static async ValueTask<MessageSizes> LoadAsync(string folder, CancellationToken cancellationToken)
    {
        var sizes = new MessageSizes(folder);
        try
        {
            foreach (var line in await File.ReadAllLinesAsync(Path.Combine(folder, FileName), cancellationToken))
            {
                var first = line.IndexOf(' ', StringComparison.Ordinal);
                var second = line.IndexOf(' ', first + 1);
                if (first > 0 && second > 0 && TryParse(line.AsSpan(0, first), out var length) && TryParse(line.AsSpan(first + 1, second - first - 1), out var octets))
                {
                    sizes._saved[line[(second + 1)..]] = (length, octets);
                }
            }
        }
        catch (Exception ex) when (Maildir.IsFileError(ex))
        {
            // The file does not exist yet, or this user may not read it.
        }

        return sizes;
    }

    /// <summary>Reads the size from the name of a message's file.</summary>
    public static bool TryGetFromName(ReadOnlySpan<char> name, out long octets)
    {
        octets = 0;
        var start = name.IndexOf(",W=");
        if (start < 0)
        {
            return false;
        }

        var value = name[(start + 3)..];
        return TryParse(value.IndexOfAny(',', ':') is var end and >= 0 ? value[..end] : value, out octets);
    }

    public bool TryGet(string baseName, long length, out long octets)
    {
        var isKnown = _saved.TryGetValue(baseName, out var saved) && saved.Length == length;
        octets = saved.Octets;
        if (isKnown)
        {
            _current[baseName] = saved;
        }

        return isKnown;
    }

    public void Add(string baseName, long length, long octets)
    {
        _current[baseName] = (length, octets);
        _hasNew = true;
    }

    /// <summary>Saves the sizes that were asked for or added, if they differ from the loaded ones.</summary>
    public async ValueTask SaveAsync()
    {
        if (!_hasNew && _current.Count == _saved.Count)
        {
            return;
        }

        var lines = new StringBuilder();
        foreach (var (baseName, (length, octets)) in _current)
        {
            if (!baseName.AsSpan().ContainsAny('\r', '\n'))
            {
                lines.Append(CultureInfo.InvariantCulture, $"{length} {octets} {baseName}\n");
            }
        }

        try
        {
            // Replace the whole file, so that no other session reads half of it.
            var next = Path.Combine(_folder, "tmp", $"{FileName}-{Guid.NewGuid():n}");
            await File.WriteAllTextAsync(next, lines.ToString());
            File.Move(next, Path.Combine(_folder, FileName), overwrite: true);
        }
        catch (Exception ex) when (Maildir.IsFileError(ex))
        {
            // The next session counts the sizes again.
        }
    }

    private static bool TryParse(ReadOnlySpan<char> text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
