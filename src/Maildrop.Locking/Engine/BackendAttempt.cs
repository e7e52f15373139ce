using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Engine;

/// <summary>A try that the backend is at: its asker gets the lease or the refusal that the answer comes to.</summary>
internal sealed class BackendAttempt : BackendCall<MaildropLease>
{
    private ConfiguredValueTaskAwaitable<AcquireResult>.ConfiguredValueTaskAwaiter _answer;
    private StoredLease? _lease;
    private MaildropLockRequest? _request;

    /// <summary>Waits for a call.</summary>
    /// <param name="calls">Whose time it has.</param>
    /// <param name="call">The call.</param>
    /// <param name="lease">The lease, should it be granted.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="cancellationToken">Cancels the wait, and not the call.</param>
    public static ValueTask<MaildropLease> WaitAsync(
        BackendCalls calls, ValueTask<AcquireResult> call, StoredLease lease, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        var it = Spares<BackendAttempt>.Take() ?? new();
        it._lease = lease;
        it._request = request;
        var token = it.Begin(calls, cancellationToken);
        it._answer = call.ConfigureAwait(false).GetAwaiter();
        it._answer.UnsafeOnCompleted(it.Answered);
        return new(it, token);
    }

    private protected override MaildropLease TakeAnswer()
    {
        AcquireResult answer;
        try
        {
            answer = _answer.GetResult();
        }
#pragma warning disable CA1031 // Whatever a backend throws is its fault, and an answer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return _lease!.Lock.Fail(_lease, _request!, fault);
        }

        return _lease!.Lock.Settle(_lease, _request!, answer);
    }

    private protected override void TakeLateAnswer()
    {
        try
        {
            _answer.GetResult();
        }
#pragma warning disable CA1031 // Nobody waits for it.
        catch
#pragma warning restore CA1031
        {
        }

        _lease!.Lock.GiveUp(_lease);
    }

    private protected override MaildropLease TakeTimeout(MaildropStoreException fault) => _lease!.Lock.Fail(_lease, _request!, fault);

    private protected override void Spare()
    {
        _answer = default;
        _lease = null;
        _request = null;
        Spares<BackendAttempt>.Put(this);
    }
}
