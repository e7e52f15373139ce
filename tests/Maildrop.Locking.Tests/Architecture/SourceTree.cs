using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Maildrop.Locking.Tests.Architecture;

/// <summary>The sources of the repository, as text: which folder declares a type, and which other folders name it.</summary>
internal static partial class SourceTree
{
    /// <summary>The folder of the files at a project's root.</summary>
    public const string Root = "(root)";

    public static string Path { get; } = Find();

    public static IReadOnlyList<string> Projects { get; } = [.. Directory.GetFiles(System.IO.Path.Combine(Path, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(file => System.IO.Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string ProjectFile(string project) => File.ReadAllText(System.IO.Path.Combine(Path, "src", project, project + ".csproj"));

    /// <summary>The source files of a project, without comments, texts and usings.</summary>
    public static IReadOnlyList<SourceFile> Files(string project)
    {
        var directory = System.IO.Path.Combine(Path, "src", project);
        return [.. Directory.GetFiles(directory, "*.cs", SearchOption.AllDirectories)
            .Select(file => (File: file, Parts: System.IO.Path.GetRelativePath(directory, file).Split(System.IO.Path.DirectorySeparatorChar)))
            .Where(it => it.Parts[0] is not ("bin" or "obj"))
            .Select(it => new SourceFile(it.Parts.Length == 1 ? Root : it.Parts[0], it.Parts[^1], CommentsAndTexts().Replace(File.ReadAllText(it.File), " ")))];
    }

    /// <summary>Each use of a type that another folder of the same project declares.</summary>
    public static IReadOnlyList<Use> Uses(string project)
    {
        var files = Files(project);
        var homes = files.SelectMany(file => Declarations().Matches(file.Text).Select(match => (Type: match.Groups["name"].Value, file.Folder)))
            .GroupBy(it => it.Type).ToDictionary(it => it.Key, it => it.Select(type => type.Folder).ToHashSet());
        return [.. files.SelectMany(file => Words().Matches(file.Text).Select(match => match.Value).Distinct()
            .Where(word => homes.TryGetValue(word, out var folders) && !folders.Contains(file.Folder))
            .SelectMany(word => homes[word].Select(folder => new Use(file.Folder, file.Name, folder, word))))];
    }

    /// <summary>Above the tests' own folder; or, where they were built elsewhere, above this file.</summary>
    private static string Find([CallerFilePath] string file = "") => Above(AppContext.BaseDirectory) ?? Above(System.IO.Path.GetDirectoryName(file))
        ?? throw new InvalidOperationException("Build these tests in the repository.");

    private static string? Above(string? directory) => directory is null || File.Exists(System.IO.Path.Combine(directory, "Maildrop.Locking.sln"))
        ? directory
        : Above(System.IO.Path.GetDirectoryName(directory));

    [GeneratedRegex("""^using [^\n]*;|//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"|'(\\.|[^'\\])'""", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CommentsAndTexts();

    // Not those that are nested and private.
    [GeneratedRegex(@"(?<!\bprivate [a-z ]*)\b(class|struct|interface|enum|record|delegate \w+)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declarations();

    // A type, and not a member of the same name.
    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*|(?<=(?<![\w.])(Engine|Storage|InMemory|Files|Diagnostics|Protocols)\.)[A-Z]\w*")]
    private static partial Regex Words();
}

/// <summary>A source file: its folder, its name and its text.</summary>
internal sealed record SourceFile(string Folder, string Name, string Text)
{
    public string Namespace => Regex.Match(Text, @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value;
}

/// <summary>A file of one folder names a type of another.</summary>
internal sealed record Use(string From, string File, string To, string Type)
{
    public override string ToString() => $"{From}/{File} uses {Type} of {To}";
}
