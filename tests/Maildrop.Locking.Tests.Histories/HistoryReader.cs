namespace Maildrop.Locking.Tests.Histories;

/// <summary>Reads the files of all processes.</summary>
public static class HistoryReader
{
    public const string Extension = ".history";

    /// <summary>Reads all histories of a directory.</summary>
    /// <exception cref="InvalidDataException">A line that is not its file's last cannot be read.</exception>
    public static List<HistoryEvent> ReadDirectory(string directory)
    {
        var events = new List<HistoryEvent>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Extension))
        {
            string? torn = null;
            foreach (var line in File.ReadLines(path))
            {
                if (torn is not null)
                {
                    throw new InvalidDataException($"A line in the middle of {Path.GetFileName(path)} is torn: {torn}");
                }

                if (HistoryFormat.Read(line) is { } happened)
                {
                    events.Add(happened);
                }
                else
                {
                    torn = line;
                }
            }
        }

        return events;
    }
}
