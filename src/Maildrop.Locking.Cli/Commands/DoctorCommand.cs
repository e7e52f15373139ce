using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Maildrop.Locking.Cli.Stores;
using Spectre.Console;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>doctor: examines a store as a server would use it.</summary>
internal static class DoctorCommand
{
    public static Command Create(StoreOptions store)
    {
        var command = new Command(
            "doctor",
            $"Examines a store as a server would use it, and says what is good, what is not, and what to do. Exits with {ExitCode.Success} when all is good, {ExitCode.Failure} with warnings, {ExitCode.Broken} when servers cannot work with it.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var location = store.LocationOf(parsed);
            var json = store.IsJson(parsed);
            var terminal = Terminal.Create();
            var findings = new List<Finding>();
            await foreach (var finding in ExamineAsync(location, cancellationToken))
            {
                findings.Add(finding);
                if (!json)
                {
                    Write(terminal, finding);
                }
            }

            var worst = findings.Max(static finding => finding.Health);
            if (json)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize<IReadOnlyList<JsonFinding>>([.. findings.Select(JsonFinding.Of)], JsonOutput.Default.IReadOnlyListJsonFinding));
            }

            return worst switch
            {
                Health.Good => ExitCode.Success,
                Health.Warning => ExitCode.Failure,
                _ => ExitCode.Broken,
            };
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(StoreLocation location, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var finding in location.ExamineAsync(cancellationToken))
        {
            yield return finding;
            if (finding.Health == Health.Bad)
            {
                yield break;
            }
        }

        await foreach (var finding in new LockExamination(location).RunAsync(cancellationToken))
        {
            yield return finding;
        }
    }

    private static void Write(IAnsiConsole terminal, Finding finding)
    {
        var (word, color) = finding.Health switch
        {
            Health.Good => ("good", Color.Green),
            Health.Warning => ("warning", Color.Yellow),
            _ => ("bad", Color.Red),
        };
        var grid = new Grid().AddColumn(new GridColumn { Width = 8, NoWrap = true }).AddColumn(new GridColumn { Width = 13, NoWrap = true }).AddColumn();
        var text = finding.Advice is null ? finding.Message : $"{finding.Message} {finding.Advice}";
        grid.AddRow(new Text(word, new Style(color)), new Text(finding.Check), new Text(SafeText.Escape(text)));
        terminal.Write(grid);
    }
}
