using System.Text.RegularExpressions;

namespace Maildrop.Locking.Tests.Architecture;

/// <summary>The arrows of src/README.md: which folder and which project may know which.</summary>
public sealed partial class ArrowTests
{
    private const string Core = "Maildrop.Locking";

    // A folder of the core, and what it may use. Whatever is not here may use nothing.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [SourceTree.Root] = [],
        ["Protocols"] = [SourceTree.Root],
        ["Storage"] = [SourceTree.Root],
        ["Diagnostics"] = [SourceTree.Root],
        ["Engine"] = [SourceTree.Root, "Storage", "Diagnostics"],
        ["InMemory"] = [SourceTree.Root, "Storage", "Engine"],
        ["Files"] = [SourceTree.Root, "Storage", "Engine", "Diagnostics"],
        ["DependencyInjection"] = [SourceTree.Root, "InMemory", "Files"],
    };

    // The programs, which may use every package. A package uses the core.
    private static readonly string[] Programs = ["Maildrop.Locking.SampleHost", "Maildrop.Locking.Cli"];

    public static readonly TheoryData<string> Projects = [.. SourceTree.Projects];

    [Fact]
    public void The_folders_of_the_core_know_only_what_is_below_them()
    {
        var uses = SourceTree.Uses(Core);
        Assert.DoesNotContain(uses, use => !(Allowed.GetValueOrDefault(use.From) ?? []).Contains(use.To));

        // The scan sees what it is to see.
        Assert.Contains(uses, use => use is { From: "Engine", To: "Storage", Type: "MaildropStore" });
    }

    [Fact]
    public void Files_know_of_the_engine_only_what_every_backend_does()
    {
        // RenewalThread: the draft asks where it is called from.
        Assert.DoesNotContain(SourceTree.Uses(Core), use => use is { From: "Files", To: "Engine" } && use.Type is not ("StoredMaildropLock" or "RenewalThread"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folders_of_a_project_know_each_other_in_a_circle(string project)
    {
        var arrows = SourceTree.Uses(project).ToLookup(use => use.From, use => use);
        foreach (var folder in arrows.Select(from => from.Key))
        {
            Assert.Null(Walk(folder, [folder], []));
        }

        string? Walk(string folder, HashSet<string> seen, List<Use> path)
        {
            foreach (var use in arrows[folder].DistinctBy(use => use.To))
            {
                if (path.Count > 0 && use.To == path[0].From)
                {
                    return string.Join("; ", path.Append(use));
                }

                if (seen.Add(use.To) && Walk(use.To, seen, [.. path, use]) is { } circle)
                {
                    return circle;
                }
            }

            return null;
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_package_uses_the_core_and_nothing_else_of_ours(string project)
    {
        var references = References().Matches(SourceTree.ProjectFile(project)).Select(match => match.Groups["name"].Value).ToList();
        Assert.DoesNotContain(references, reference => Programs.Contains(reference));
        if (!Programs.Contains(project))
        {
            Assert.Equal(project == Core ? [] : [Core], references);
        }
    }

    [Fact]
    public void The_cores_internals_are_for_its_own_tests_and_benchmarks()
    {
        var friends = Friends().Matches(SourceTree.ProjectFile(Core)).Select(match => match.Groups["name"].Value).ToList();
        Assert.NotEmpty(friends);
        Assert.Empty(friends.Intersect(SourceTree.Projects));
        Assert.All(SourceTree.Projects.Where(project => project != Core), project => Assert.DoesNotContain(Friends().Matches(SourceTree.ProjectFile(project)), match => !match.Groups["name"].Value.Contains("Tests", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_has_a_namespace_of_its_own(string project)
    {
        foreach (var file in SourceTree.Files(project).Where(file => file.Namespace.Length > 0))
        {
            // A host finds registrations where it looks for them, and a backend's lock and options beside the core's.
            var isOwn = file.Namespace == project || file.Namespace.StartsWith(project + ".", StringComparison.Ordinal);
            var isFound = file.Namespace is "Microsoft.Extensions.DependencyInjection" or "Microsoft.AspNetCore.Builder" || (file.Namespace == Core && LockOrOptions().IsMatch(file.Name));
            Assert.True(isOwn || isFound, $"{file.Folder}/{file.Name}: {file.Namespace}");
        }
    }

    [Fact]
    public void Code_of_the_host_is_called_through_the_guard_and_nowhere_else()
    {
        // Law 11: log lines and measurements are posted.
        foreach (var file in SourceTree.Files(Core).Where(file => file.Name is not "Log.cs"))
        {
            var calls = file.Text.Split('\n').Where(line => HostCode().IsMatch(line));
            Assert.All(calls, line => Assert.True(line.Contains("Post(() =>", StringComparison.Ordinal) || line.Contains("Post(static () =>", StringComparison.Ordinal), $"{file.Name}: {line.Trim()}"));
        }
    }

    [GeneratedRegex("""<ProjectReference Include="[^"]*?(?<name>[\w.]+)\.csproj""")]
    private static partial Regex References();

    [GeneratedRegex("""<InternalsVisibleTo Include="(?<name>[\w.]+)""")]
    private static partial Regex Friends();

    [GeneratedRegex(@"^\w+MaildropLock(Options)?\.cs$")]
    private static partial Regex LockOrOptions();

    [GeneratedRegex(@"\bLog\.[A-Z]\w*\(|\b(logger|Logger|_logger)\.Log|\bcounter\.Add\(|Duration\.Record\(")]
    private static partial Regex HostCode();
}
