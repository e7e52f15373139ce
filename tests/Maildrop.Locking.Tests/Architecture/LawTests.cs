using System.Globalization;
using System.Text.RegularExpressions;

namespace Maildrop.Locking.Tests.Architecture;

/// <summary>The laws of src/README.md, and the lines of code that cite them.</summary>
public sealed partial class LawTests
{
    [Fact]
    public void The_code_cites_each_law_of_the_map_and_no_other()
    {
        var map = File.ReadAllText(Path.Combine(SourceTree.Path, "src", "README.md"));
        var laws = Laws().Matches(map).Select(match => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(1, 12), laws);
        var cited = Directory.GetFiles(Path.Combine(SourceTree.Path, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Citations().Matches(File.ReadAllText(file)))
            .SelectMany(match => match.Groups["number"].Captures)
            .Select(capture => int.Parse(capture.Value, CultureInfo.InvariantCulture))
            .Distinct()
            .Order();
        Assert.Equal(laws, cited);
    }

    [GeneratedRegex(@"^(?<number>\d+)\. \*\*", RegexOptions.Multiline)]
    private static partial Regex Laws();

    [GeneratedRegex(@"\(law (?<number>\d+)(, law (?<number>\d+))*\)")]
    private static partial Regex Citations();
}
