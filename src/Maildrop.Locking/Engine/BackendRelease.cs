using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Engine;

/// <summary>
/// A release that the backend is at. Its asker is told when it is done; what comes to nothing is left to the keeper, and is no fault of the
/// asker's.
/// </summary>
internal sealed class BackendRelease : BackendCall<bool>
{
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _answer;
    private StoredLease? _lease;

    /// <summary>Waits for a call.</summary>
    public static ValueTask WaitAsync(BackendCalls calls, ValueTask call, StoredLease lease, CancellationToken cancellationToken)
    {
        var it = Spares<BackendRelease>.Take() ?? new();
        it._lease = lease;
        var token = it.Begin(calls, cancellationToken);
        it._answer = call.ConfigureAwait(false).GetAwaiter();
        it._answer.UnsafeOnCompleted(it.Answered);
        return new(it, token);
    }

    private protected override bool TakeAnswer()
    {
        try
        {
            _answer.GetResult();
            _lease!.Lock.Wake(_lease.Maildrop);
        }
#pragma warning disable CA1031 // Any fault: it is tried again by the keeper.
        catch
#pragma warning restore CA1031
        {
            LeaveToKeeper();
        }

        return true;
    }

    private protected override void TakeLateAnswer()
    {
        try
        {
            _answer.GetResult();
        }
#pragma warning disable CA1031 // The keeper is at it.
        catch
#pragma warning restore CA1031
        {
        }
    }

    private protected override bool TakeTimeout(MaildropStoreException fault)
    {
        LeaveToKeeper();
        return true;
    }

    private protected override void OnCancelled() => LeaveToKeeper();

    private protected override void Spare()
    {
        _answer = default;
        _lease = null;
        Spares<BackendRelease>.Put(this);
    }

    private void LeaveToKeeper() => _lease!.Lock.ReleaseLater(_lease);
}
