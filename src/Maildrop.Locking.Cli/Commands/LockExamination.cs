using System.Diagnostics;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Maildrop.Locking.Cli.Stores;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>Tests the store with two locks, as two servers would use it, on a maildrop that no server uses.</summary>
internal sealed class LockExamination(StoreLocation location)
{
    private static readonly MaildropName Maildrop = "maildrop-locking/doctor";
    private static readonly MaildropSession Session = new("doctor", "probe");
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SlowNotification = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        try
        {
            await using var first = location.Open();
            await using var second = location.Open();
            findings.AddRange((await ((IMaildropLockDiagnostics)first).GetWarningsAsync(cancellationToken)).Select(static warning => Finding.Warning("store", warning)));
            await ProbeAsync(first, second, findings, cancellationToken);
            await ListAsync(first, findings, cancellationToken);
        }
        catch (MaildropStoreException ex)
        {
            findings.Add(Finding.Bad("lock", ex.Message));
        }
        catch (CommandException ex)
        {
            findings.Add(Finding.Bad("lock", ex.Message));
        }

        foreach (var finding in findings)
        {
            yield return finding;
        }
    }

    private static async Task ProbeAsync(MaildropLock first, MaildropLock second, List<Finding> findings, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        await using var lease = await first.AcquireAsync(Maildrop, new() { Session = Session, Wait = MaxWait }, cancellationToken);
        if (!lease.IsAcquired)
        {
            findings.Add(lease.Status == MaildropLockStatus.Unavailable
                ? Finding.Bad("lease", lease.Error?.Message ?? "The store does not answer.")
                : Finding.Warning("lease", "Another doctor has the maildrop of the probe.", "Try again in a moment."));
            return;
        }

        findings.Add(Finding.Good("lease", $"Granted after {DurationText.FormatExact(clock.GetElapsedTime(begun))}."));

        await using var refused = await second.AcquireAsync(Maildrop, new() { Session = Session }, cancellationToken);
        findings.Add(refused.Status == MaildropLockStatus.InUse
            ? Finding.Good("exclusion", "A second server is refused what the first one holds.")
            : Finding.Bad("exclusion", refused.IsAcquired ? "Two servers were granted the same maildrop." : $"A second server was answered {refused.Status}.", "Use no store for which this happens."));
        await refused.DisposeAsync();

        await using var next = await HandOverAsync(lease, second, findings, cancellationToken);
        if (next.IsAcquired)
        {
            findings.Add(next.FencingToken > lease.FencingToken
                ? Finding.Good("fencing token", "It grows with each grant.")
                : Finding.Bad("fencing token", $"It went from {lease.FencingToken} to {next.FencingToken}.", "Use no store for which this happens."));
            await RevokeAsync(next, first, findings, cancellationToken);
        }
    }

    private static async Task<MaildropLease> HandOverAsync(MaildropLease lease, MaildropLock second, List<Finding> findings, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var waiting = second.AcquireAsync(Maildrop, new() { Session = Session, Wait = MaxWait }, cancellationToken).AsTask();
        while (!second.IsWaitedFor(Maildrop) && !waiting.IsCompleted)
        {
            await Task.Delay(PollInterval, clock, cancellationToken);
        }

        // The waiter's registration at the store takes a moment.
        await Task.Delay(SlowNotification / 2, clock, cancellationToken);
        var begun = clock.GetTimestamp();
        await lease.ReleaseAsync(cancellationToken);
        var next = await waiting;
        var duration = clock.GetElapsedTime(begun);
        findings.Add(next switch
        {
            { IsAcquired: false } => Finding.Bad("hand-over", $"A waiting server was not given a maildrop that was released: {next.Status}.", next.Error?.Message),
            _ when duration < SlowNotification => Finding.Good("hand-over", $"A waiting server has a released maildrop after {DurationText.FormatExact(duration)}."),
            _ => Finding.Warning("hand-over", $"A waiting server had a released maildrop only after {DurationText.FormatExact(duration)}: notifications do not arrive.", "Sessions wait a second longer. Look at sockets' rights (files), or at pub/sub's (Redis)."),
        });
        return next;
    }

    private static async Task RevokeAsync(MaildropLease lease, MaildropLock other, List<Finding> findings, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.LostToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), lost);
        var revoked = await other.RevokeAsync(Maildrop, lease.FencingToken, cancellationToken);
        try
        {
            await lost.Task.WaitAsync(MaxWait, clock, cancellationToken);
            findings.Add(revoked && clock.GetElapsedTime(begun) < SlowNotification
                ? Finding.Good("revocation", $"A server hears of it after {DurationText.FormatExact(clock.GetElapsedTime(begun))}.")
                : Finding.Warning("revocation", $"A server heard of it only after {DurationText.FormatExact(clock.GetElapsedTime(begun))}."));
        }
        catch (TimeoutException)
        {
            findings.Add(Finding.Warning("revocation", $"A server did not hear of it within {DurationText.FormatExact(MaxWait)}.", "Its lease ends when it is not renewed."));
        }
    }

    private static async Task ListAsync(MaildropLock locks, List<Finding> findings, CancellationToken cancellationToken)
    {
        var (leases, hosts, dead) = (0, new HashSet<(string, int)>(), new HashSet<int>());
        await foreach (var holder in locks.ListHoldersAsync(cancellationToken))
        {
            if (holder.Session == Session)
            {
                continue;
            }

            leases++;
            hosts.Add((holder.Host, holder.ProcessId));
            if (holder.Host == Environment.MachineName && !IsRunning(holder.ProcessId))
            {
                dead.Add(holder.ProcessId);
            }
        }

        findings.Add(Finding.Good("leases", $"{CountText.Format(leases, "lease")} of {CountText.Format(hosts.Count, "server process", "server processes")}."));
        if (dead.Count > 0)
        {
            findings.Add(Finding.Warning(
                "dead servers",
                $"Leases of {(dead.Count == 1 ? "process" : "processes")} {string.Join(", ", dead.Order())} on this machine, which this command cannot see.",
                "When the process is dead and not in a container of its own, the leases end by themselves."));
        }
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
