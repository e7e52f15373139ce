using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>Runs sessions, and writes what they see into the history.</summary>
internal sealed class SessionRunner(string process, HistoryWriter history, FencedStore store)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(150);
    private long _sessions;

    private static long Now => Stopwatch.GetTimestamp();

    public async Task RunAsync(IMaildropLock locks, SessionPlan plan, CancellationToken stopping)
    {
        var session = string.Create(CultureInfo.InvariantCulture, $"{process}.{Interlocked.Increment(ref _sessions)}");
        var access = Enum.Parse<HistoryAccess>(plan.Access.ToString());
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        if (plan.CancelAfter is { } after)
        {
            cancellation.CancelAfter(after);
        }

        var asked = Now;
        var waits = plan.Wait > TimeSpan.Zero || plan.Takeover != MaildropTakeover.Never;
        if (waits)
        {
            history.Write(new Asked(asked, session, plan.Maildrop, access, waits, plan.Takeover != MaildropTakeover.Never));
        }

        MaildropLease lease;
        try
        {
            lease = await locks.AcquireAsync(plan.Maildrop, new() { Access = plan.Access, Wait = plan.Wait, Takeover = plan.Takeover, Session = new("POP3", session) }, cancellation.Token);
        }
        catch (Exception ex) when (ex is OperationCanceledException or ObjectDisposedException)
        {
            history.Write(new Refused(Now, session, plan.Maildrop, access, asked, ex is ObjectDisposedException ? "Disposed" : "Cancelled"));
            await RestAsync(ex is ObjectDisposedException, stopping);
            return;
        }

        if (!lease.IsAcquired)
        {
            history.Write(new Refused(Now, session, plan.Maildrop, access, asked, lease.Status.ToString()));
            await RestAsync(lease.Status == MaildropLockStatus.Unavailable, stopping);
            return;
        }

        var held = LookAt(lease);
        history.Write(new Granted(held ?? Now, session, plan.Maildrop, access, asked, lease.FencingToken, held is not null));
        var until = await HoldAsync(lease, session, plan, stopping);
        var called = Now;
        await lease.DisposeAsync();
        history.Write(new Released(Now, session, called, until));
    }

    /// <summary>A host that gets no answer does not ask again at once.</summary>
    private static Task RestAsync(bool isNeeded, CancellationToken stopping) =>
        isNeeded ? Task.Delay(50, stopping).ContinueWith(_ => { }, TaskScheduler.Default) : Task.CompletedTask;

    /// <summary>The time between two looks that both saw the lease held.</summary>
    private static long? LookAt(MaildropLease lease)
    {
        var before = lease.IsHeld;
        var at = Now;
        return before && lease.IsHeld ? at : null;
    }

    /// <summary>Holds the lease for its time, or until it is lost. Returns when it was last seen held.</summary>
    private async Task<long> HoldAsync(MaildropLease lease, string session, SessionPlan plan, CancellationToken stopping)
    {
        var end = Now + (long)(plan.Hold.TotalSeconds * Stopwatch.Frequency);
        var last = 0L;
        for (var looks = 0; ; looks++)
        {
            if (LookAt(lease) is not { } held)
            {
                history.Write(new Lost(Now, session, lease.Loss.ToString()));
                Write(lease, session, plan);
                if (plan.LooksAgain)
                {
                    await LookAgainAsync(lease, session);
                }

                return last;
            }

            last = held;
            if (looks > 0)
            {
                history.Write(new Held(held, session));
            }

            if (plan.IsActive)
            {
                lease.RecordActivity();
            }

            Write(lease, session, plan);
            var rest = Stopwatch.GetElapsedTime(Now, end);
            if (rest <= TimeSpan.Zero || stopping.IsCancellationRequested)
            {
                break;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(lease.LostToken, stopping);
            await Task.Delay(rest < Look ? rest : Look, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (plan.Updates && await lease.BeginUpdateAsync(CancellationToken.None))
        {
            last = LookAt(lease) ?? last;
            Write(lease, session, plan);
        }

        return Math.Max(last, LookAt(lease) ?? 0);
    }

    private async Task LookAgainAsync(MaildropLease lease, string session)
    {
        for (var looks = 0; looks < 6; looks++)
        {
            lease.RecordActivity();
            await Task.Delay(Look);
            if (LookAt(lease) is { } held)
            {
                history.Write(new Held(held, session));
            }
        }
    }

    private void Write(MaildropLease lease, string session, SessionPlan plan)
    {
        if (plan.Cell is { } cell)
        {
            var started = Now;
            var isAccepted = store.TryWrite(cell, lease.FencingToken);
            history.Write(new Written(Now, session, started, isAccepted));
        }
    }
}
