using System.CommandLine;
using System.IO.Enumeration;
using System.Text.Json;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Spectre.Console;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>who: the holders, sorted and filtered.</summary>
internal static class WhoCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Create(StoreOptions store)
    {
        var pattern = new Argument<string?>("PATTERN") { Arity = ArgumentArity.ZeroOrOne, Description = "Which maildrops: a name, or a pattern with * and ?. Without it, all." };
        var address = new Option<string?>("--address") { HelpName = "PATTERN", Description = "Only sessions of clients at this address." };
        var host = new Option<string?>("--host") { HelpName = "PATTERN", Description = "Only sessions of servers on this machine." };
        var watch = new Option<bool>("--watch", "-w") { Description = "Keep the list up to date, once a second, until Ctrl-C. With --json, a list a line." };
        var command = new Command("who", "Shows who holds which maildrop.") { pattern, address, host, watch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var filter = new HolderFilter(parsed.GetValue(pattern), parsed.GetValue(address), parsed.GetValue(host));
            await using var locks = store.LocationOf(parsed).Open();
            var json = store.IsJson(parsed);
            if (parsed.GetValue(watch))
            {
                await (json || !Terminal.IsScreen ? WriteRepeatedlyAsync(locks, filter, json, cancellationToken) : WatchAsync(locks, filter, cancellationToken));
            }
            else
            {
                Write(await filter.FindAsync(locks, cancellationToken), json);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(List<MaildropHolder> holders, bool json)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize<IReadOnlyList<JsonHolder>>([.. holders.Select(holder => JsonHolder.Of(holder, now))], JsonOutput.Default.IReadOnlyListJsonHolder));
        }
        else if (holders.Count == 0)
        {
            Console.Error.WriteLine("Nobody holds such a maildrop.");
        }
        else
        {
            Terminal.Create().Write(HolderTable.Create(holders, now, wraps: Terminal.IsScreen));
        }
    }

    private static async Task WriteRepeatedlyAsync(MaildropLock locks, HolderFilter filter, bool json, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                Write(await filter.FindAsync(locks, cancellationToken), json);
            }
            catch (MaildropStoreException ex)
            {
                // Keep watching: the store may come back.
                ErrorOutput.Write(ex.Message, ExitCode.Unavailable, json);
            }

            await Task.Delay(WatchInterval, TimeProvider.System, cancellationToken);
        }
    }

    private static Task WatchAsync(MaildropLock locks, HolderFilter filter, CancellationToken cancellationToken)
    {
        List<MaildropHolder> holders = [];
        return Terminal.Create().Live(new Table()).StartAsync(async screen =>
        {
            while (true)
            {
                string state;
                try
                {
                    holders = await filter.FindAsync(locks, cancellationToken);
                    state = $"{holders.Count} {(holders.Count == 1 ? "holder" : "holders")}. Ctrl-C ends.";
                }
                catch (MaildropStoreException ex)
                {
                    state = $"{SafeText.Escape(ex.Message)} Trying again.";
                }

                var table = HolderTable.Create(holders, TimeProvider.System.GetUtcNow(), wraps: true);
                table.Caption = new TableTitle(Markup.Escape(state));
                screen.UpdateTarget(table);
                await Task.Delay(WatchInterval, TimeProvider.System, cancellationToken);
            }
        });
    }

    /// <summary>Selects the holders to show. A null property matches any holder.</summary>
    private sealed record HolderFilter(string? Maildrop, string? Address, string? Host)
    {
        public async Task<List<MaildropHolder>> FindAsync(MaildropLock locks, CancellationToken cancellationToken)
        {
            var holders = new List<MaildropHolder>();
            await foreach (var holder in locks.ListHoldersAsync(cancellationToken))
            {
                if (Matches(Maildrop, holder.Maildrop.Value, ignoreCase: false)
                    && Matches(Address, holder.Session?.RemoteAddress ?? "", ignoreCase: true)
                    && Matches(Host, holder.Host, ignoreCase: true))
                {
                    holders.Add(holder);
                }
            }

            holders.Sort(static (x, y) => string.CompareOrdinal(x.Maildrop.Value, y.Maildrop.Value) is var order and not 0 ? order : x.FencingToken.CompareTo(y.FencingToken));
            return holders;
        }

        private static bool Matches(string? pattern, string text, bool ignoreCase) =>
            pattern is null || FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase);
    }
}
