using System.CommandLine;
using System.IO.Enumeration;
using System.Text.Json;
using Maildrop.Locking.Cli.Output;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>who: the holders, sorted and filtered.</summary>
internal static class WhoCommand
{
    public static Command Create(StoreOptions store)
    {
        var pattern = new Argument<string?>("PATTERN") { Arity = ArgumentArity.ZeroOrOne, Description = "Which maildrops: a name, or a pattern with * and ?. All where it is not given." };
        var address = new Option<string?>("--address") { HelpName = "PATTERN", Description = "Only sessions of clients at this address; * and ? stand for any text and any character." };
        var host = new Option<string?>("--host") { HelpName = "PATTERN", Description = "Only sessions of servers on this machine; * and ? as above." };
        var command = new Command("who", "Shows who holds which maildrop.") { pattern, address, host };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var locks = store.LocationOf(parsed).Open();
            var holders = new List<MaildropHolder>();
            await foreach (var holder in locks.ListHoldersAsync(cancellationToken))
            {
                if (Matches(parsed.GetValue(pattern), holder.Maildrop.Value, ignoreCase: false)
                    && Matches(parsed.GetValue(address), holder.Session?.RemoteAddress ?? "", ignoreCase: true)
                    && Matches(parsed.GetValue(host), holder.Host, ignoreCase: true))
                {
                    holders.Add(holder);
                }
            }

            holders.Sort(static (x, y) => string.CompareOrdinal(x.Maildrop.Value, y.Maildrop.Value) is var order and not 0 ? order : x.FencingToken.CompareTo(y.FencingToken));
            Write(holders, store.IsJson(parsed));
            return ExitCode.Success;
        });
        return command;
    }

    private static bool Matches(string? pattern, string text, bool ignoreCase) =>
        pattern is null || FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase);

    private static void Write(List<MaildropHolder> holders, bool json)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize<IReadOnlyList<JsonHolder>>([.. holders.Select(holder => JsonHolder.Of(holder, now))], JsonOutput.Default.IReadOnlyListJsonHolder));
        }
        else
        {
            Terminal.Create().Write(HolderTable.Create(holders, now, wraps: Terminal.IsScreen));
        }
    }
}
