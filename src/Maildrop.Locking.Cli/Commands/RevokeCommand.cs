using System.CommandLine;
using System.Text.Json;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Spectre.Console;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>revoke: ends sessions, and waits until their maildrop is free.</summary>
internal static class RevokeCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public static Command Create(StoreOptions store)
    {
        var maildrop = store.MaildropArgument();
        var token = new Option<long?>("--token", "-t") { HelpName = "N", Description = "Only the lease with this fencing token, as `who` shows it. Without it, all leases of the maildrop." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("revoke", "Ends the sessions that hold a maildrop, and waits until it is free. Exits with 1 when there is nothing to revoke.") { maildrop, token, yes };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            store, parsed, parsed.GetRequiredValue(maildrop), parsed.GetValue(token), parsed.GetValue(yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(StoreOptions store, ParseResult parsed, MaildropName maildrop, long? token, bool yes, CancellationToken cancellationToken)
    {
        var asks = !yes && Terminal.IsInteractive && !store.IsJson(parsed);
        if (!asks && !yes && token is null)
        {
            throw new CommandException("Nobody is there to ask. Give --token N, as `who` shows it, or --yes for all leases of the maildrop.", ExitCode.Usage);
        }

        await using var locks = store.LocationOf(parsed).Open();
        var name = SafeText.Escape(maildrop.Value);
        var holders = await FindAsync(locks, maildrop, token, cancellationToken);
        if (holders.Count == 0)
        {
            throw new CommandException(token is null ? $"Nobody holds {name}." : $"Nobody holds {name} with the fencing token {token}.", ExitCode.Failure);
        }

        if (asks && !await AskAsync(name, holders, cancellationToken))
        {
            throw new CommandException("Nothing was revoked.", ExitCode.Failure);
        }

        var begun = TimeProvider.System.GetTimestamp();
        var revoked = new List<long>();
        foreach (var holder in holders)
        {
            if (await locks.RevokeAsync(maildrop, holder.FencingToken, cancellationToken) || holder.RevokedBy != MaildropLeaseLoss.None)
            {
                revoked.Add(holder.FencingToken);
            }
        }

        await WaitAsync(locks, maildrop, revoked, cancellationToken);
        var duration = TimeProvider.System.GetElapsedTime(begun);
        var kept = (await FindAsync(locks, maildrop, token, cancellationToken)).Where(holder => holders.Exists(known => known.FencingToken == holder.FencingToken)).ToList();
        if (kept.Count > 0)
        {
            throw new CommandException($"{name} is in UPDATE: its session removes messages just now, and keeps it until that is done. Try again in a moment.", ExitCode.Failure);
        }

        if (revoked.Count == 0)
        {
            throw new CommandException($"The session of {name} ended by itself.", ExitCode.Failure);
        }

        Console.Out.WriteLine(store.IsJson(parsed)
            ? JsonSerializer.Serialize(new JsonRevocation(maildrop.Value, revoked, Math.Round(duration.TotalSeconds, 3)), JsonOutput.Default.JsonRevocation)
            : $"{name} is free after {DurationText.FormatExact(duration)}.");
        return ExitCode.Success;
    }

    private static async Task<List<MaildropHolder>> FindAsync(MaildropLock locks, MaildropName maildrop, long? token, CancellationToken cancellationToken) =>
        [.. (await locks.GetHoldersAsync(maildrop, cancellationToken)).Where(holder => token is null || holder.FencingToken == token)];

    private static async Task<bool> AskAsync(string name, List<MaildropHolder> holders, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Create();
        foreach (var holder in holders)
        {
            terminal.WriteLine(SafeText.Escape(HolderTable.Describe(holder, TimeProvider.System.GetUtcNow())));
        }

        var which = holders.Count == 1 ? "this lease" : $"these {holders.Count} leases";
        return await terminal.PromptAsync(new ConfirmationPrompt(Markup.Escape($"Revoke {which} of {name}?")) { DefaultValue = false }, cancellationToken);
    }

    /// <summary>Waits until the revoked leases have ended. They are never renewed, so this wait ends.</summary>
    private static async Task WaitAsync(MaildropLock locks, MaildropName maildrop, List<long> revoked, CancellationToken cancellationToken)
    {
        while ((await locks.GetHoldersAsync(maildrop, cancellationToken)).Any(holder => revoked.Contains(holder.FencingToken)))
        {
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }
}
