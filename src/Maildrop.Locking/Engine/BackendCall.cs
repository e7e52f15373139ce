using System.Threading.Tasks.Sources;

namespace Maildrop.Locking.Engine;

/// <summary>A call to a backend that is waited for until it is answered, its time is up, or its asker cancels: whichever is first.</summary>
internal abstract class BackendCall
{
    // All four are guarded by the lock of their line.
    internal BackendCall? Older { get; set; }

    internal BackendCall? Newer { get; set; }

    internal long DueAt { get; set; }

    internal bool IsUnderWay { get; set; }

    /// <summary>Which of the calls' lines it stands in.</summary>
    internal int Line { get; set; }

    /// <summary>The calls' time is up, and nobody else has ended it.</summary>
    internal abstract void TimeOut();
}

/// <summary>The same, with its outcome. It is awaited once, and where it was answered in time it is used again.</summary>
internal abstract class BackendCall<T> : BackendCall, IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _outcome;
    private BackendCalls? _calls;
    private CancellationTokenRegistration _cancellation;
    private bool _isCancellable;
    private bool _isReusable;

    private protected BackendCall() => Answered = OnAnswered;

    /// <summary>To be called when the backend has answered.</summary>
    private protected Action Answered { get; }

    internal override void TimeOut()
    {
        // The other calls' deadlines do not wait for what the asker does then.
        _outcome.RunContinuationsAsynchronously = true;
        T outcome;
        try
        {
            outcome = TakeTimeout(new MaildropStoreException($"The backend did not answer within {_calls!.Timeout}.", new TimeoutException()));
        }
#pragma warning disable CA1031 // It is the asker's to see.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _outcome.SetException(fault);
            return;
        }

        _outcome.SetResult(outcome);
    }

    T IValueTaskSource<T>.GetResult(short token) => Take(token);

    void IValueTaskSource.GetResult(short token) => Take(token);

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    /// <summary>From here on it can time out and be cancelled.</summary>
    /// <returns>What its outcome is asked for with.</returns>
    private protected short Begin(BackendCalls calls, CancellationToken cancellationToken)
    {
        _calls = calls;
        _isCancellable = cancellationToken.CanBeCanceled;
        var token = _outcome.Version;
        calls.Add(this);
        if (_isCancellable)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (it, token) => ((BackendCall<T>)it!).Cancel(token), this);
        }

        return token;
    }

    /// <summary>What the backend's answer comes to.</summary>
    private protected abstract T TakeAnswer();

    /// <summary>The backend answers, or fails, after its time was up or its asker cancelled.</summary>
    private protected abstract void TakeLateAnswer();

    /// <summary>What it comes to that the backend does not answer in time.</summary>
    private protected virtual T TakeTimeout(MaildropStoreException fault) => throw fault;

    /// <summary>The asker has cancelled, and is about to be told so.</summary>
    private protected virtual void OnCancelled()
    {
    }

    /// <summary>It may be used again, and must let go of what it was about.</summary>
    private protected abstract void Spare();

    private void OnAnswered()
    {
        if (!_calls!.TryEnd(this))
        {
            TakeLateAnswer();
            return;
        }

        T outcome;
        try
        {
            outcome = TakeAnswer();
        }
#pragma warning disable CA1031 // It is the asker's to see.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _isReusable = EndCancellation();
            _outcome.SetException(fault);
            return;
        }

        _isReusable = EndCancellation();
        _outcome.SetResult(outcome);
    }

    private void Cancel(CancellationToken token)
    {
        if (_calls!.TryEnd(this))
        {
            OnCancelled();

            // Who cancels does not wait for what the asker does then.
            _outcome.RunContinuationsAsynchronously = true;
            _outcome.SetException(new OperationCanceledException(token));
        }
    }

    /// <summary>Whether no cancellation can reach this any more.</summary>
    private bool EndCancellation() => !_isCancellable || _cancellation.Unregister();

    private T Take(short token)
    {
        try
        {
            return _outcome.GetResult(token);
        }
        finally
        {
            if (_isReusable)
            {
                _isReusable = false;
                _calls = null;
                _cancellation = default;
                _outcome.Reset();
                Spare();
            }
        }
    }
}
