namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A command line: the keyword in upper case, and what follows the first space as it came.</summary>
internal readonly record struct Pop3Command(string Keyword, string Argument)
{
    public static Pop3Command Parse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0
            ? new(line.ToUpperInvariant(), "")
            : new(line[..space].ToUpperInvariant(), line[(space + 1)..]);
    }

    public bool Is(string keyword) => Keyword == keyword;

    /// <summary>The keyword alone: an argument too many makes it another command, above all after QUIT.</summary>
    public bool IsBare(string keyword) => Keyword == keyword && Argument.Length == 0;
}
