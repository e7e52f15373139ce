namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A line that a client sent.</summary>
/// <param name="Line">The line, without its end.</param>
/// <param name="Fault">Why the line cannot be a command; null if it can.</param>
internal readonly record struct Pop3Command(string Line, string? Fault = null)
{
    /// <summary>The first word, in upper case.</summary>
    public string Keyword { get; } = Line.Split(' ', 2)[0].ToUpperInvariant();

    /// <summary>The text after the first space, as the client sent it. A command without arguments, above all QUIT, is refused if it has one.</summary>
    public string Argument { get; } = Line.Split(' ', 2) is [_, var argument] ? argument : "";
}
