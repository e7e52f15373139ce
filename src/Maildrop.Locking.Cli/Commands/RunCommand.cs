using System.CommandLine;
using System.Globalization;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Maildrop.Locking.Cli.Running;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>run: runs a command under a lease, like flock(1).</summary>
internal static class RunCommand
{
    public const string Name = "run";

    private const int MaxSessionIdLength = 128;
    private static readonly TimeSpan ActivityInterval = TimeSpan.FromMinutes(1);

    public static Command Create(StoreOptions store)
    {
        var maildrop = store.MaildropArgument();
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore, Description = "The command and its arguments, behind --." };
        var shared = new Option<bool>("--shared") { Description = "Shared access, beside IMAP sessions. Without it, exclusive." };
        var wait = new DurationOption("--wait", TimeSpan.Zero, "How long to wait for a maildrop that is in use.");
        var killAfter = new DurationOption("--kill-after", TimeSpan.FromSeconds(10), "When the lease is lost: how long after TERM the command gets KILL.");
        var command = new Command(
            Name,
            $"""
            Runs a command while no session has the maildrop, and ends with its exit code:
              maildrop-locks run alice --wait 10s -- tar -cf alice.tar alice
            Signals are forwarded to it. When the lease is lost it gets TERM, and KILL later. Exits with {ExitCode.TemporaryFailure} when the maildrop is in use, or when the lease was lost.
            It has the maildrop's name in MAILDROP, and the lease's fencing token in MAILDROP_FENCING_TOKEN.
            """)
        {
            maildrop, words, shared, wait, killAfter,
        };
        command.SetAction(async (parsed, _) =>
        {
            var request = new MaildropLockRequest
            {
                Access = parsed.GetValue(shared) ? MaildropAccess.Shared : MaildropAccess.Exclusive,
                Wait = InRange(wait.Of(parsed)),
                Session = SessionOf(parsed.GetRequiredValue(words)[0]),
                IdleTimeout = MaildropLockOptions.MaxIdleTimeout,
                TakeoverIdleTime = Timeout.InfiniteTimeSpan,
            };
            using var signals = new SignalForwarder();
            await using var locks = store.LocationOf(parsed).Open();
            try
            {
                return await RunAsync(locks, parsed.GetRequiredValue(maildrop), request, parsed.GetRequiredValue(words), killAfter.Of(parsed), signals);
            }
            catch (OperationCanceledException) when (signals.Received.IsCancellationRequested)
            {
                return signals.ExitCode;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        MaildropLock locks, MaildropName maildrop, MaildropLockRequest request, string[] words, TimeSpan killAfter, SignalForwarder signals)
    {
        await using var lease = await locks.AcquireAsync(maildrop, request, signals.Received);
        ThrowIfRefused(lease);
        using var child = ChildCommand.Start(words, new Dictionary<string, string>
        {
            ["MAILDROP"] = maildrop.Value,
            ["MAILDROP_FENCING_TOKEN"] = lease.FencingToken.ToString(CultureInfo.InvariantCulture),
        });
        signals.ForwardTo(child);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(lease.LostToken);
        var activity = RecordActivityAsync(lease, ended.Token);
        try
        {
            return await child.WaitAsync(lease.LostToken);
        }
        catch (OperationCanceledException)
        {
            ErrorOutput.Write($"The lease of {maildrop} is lost ({lease.Loss}). {words[0]} is ended.", ExitCode.TemporaryFailure, json: false);
            await child.EndAsync(killAfter);
            return ExitCode.TemporaryFailure;
        }
        finally
        {
            await ended.CancelAsync();
            await activity;
        }
    }

    private static void ThrowIfRefused(MaildropLease lease)
    {
        switch (lease.Status)
        {
            case MaildropLockStatus.Acquired:
                return;
            case MaildropLockStatus.Unavailable:
                throw new CommandException(lease.Error?.Message ?? "The store does not answer.", ExitCode.Unavailable, lease.Error);
            default:
                var holder = lease.BlockedBy is { } other ? $": {HolderTable.Describe(other, TimeProvider.System.GetUtcNow())}" : "";
                throw new CommandException($"{lease.Maildrop} is in use{holder}.", ExitCode.TemporaryFailure);
        }
    }

    /// <summary>Records activity while the command runs, so that the idle timeout does not end its lease.</summary>
    private static async Task RecordActivityAsync(MaildropLease lease, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ActivityInterval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                lease.RecordActivity();
            }
        }
        catch (OperationCanceledException)
        {
            // The command or the lease ended.
        }
    }

    private static TimeSpan InRange(TimeSpan wait) => wait <= MaildropLockRequest.MaxWait
        ? wait
        : throw new CommandException($"--wait is {MaildropLockRequest.MaxWait.TotalHours:0} hour at most.", ExitCode.Usage);

    private static MaildropSession SessionOf(string command)
    {
        var id = $"{Environment.ProcessId} {SafeText.Escape(Path.GetFileName(command))}";
        return new("run", id[..Math.Min(id.Length, MaxSessionIdLength)], Environment.UserName is { Length: > 0 and <= MaxSessionIdLength } user ? user : null);
    }
}
