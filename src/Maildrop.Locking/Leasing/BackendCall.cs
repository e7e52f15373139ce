using System.Threading.Tasks.Sources;

namespace Maildrop.Locking.Leasing;

/// <summary>A call to a backend that is waited for until it is answered, its time is up, or its asker cancels: whichever is first.</summary>
internal abstract class BackendCall
{
    // All four are guarded by the lock of the calls.
    internal BackendCall? Older { get; set; }

    internal BackendCall? Newer { get; set; }

    internal long DueAt { get; set; }

    internal bool IsUnderWay { get; set; }

    /// <summary>The calls' time is up, and nobody else has ended it.</summary>
    internal abstract void TimeOut();
}

/// <summary>The same, with its outcome. It is awaited once, and where it was answered in time it is used again.</summary>
internal abstract class BackendCall<T> : BackendCall, IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _outcome;
    private BackendCalls? _calls;
    private Action<T?, object?>? _late;
    private object? _state;
    private CancellationTokenRegistration _cancellation;
    private bool _isCancellable;
    private bool _isReusable;

    private protected BackendCall() => Answered = OnAnswered;

    private protected Action Answered { get; }

    internal override void TimeOut() =>
        Fail(new MaildropStoreException($"The backend did not answer within {_calls!.Timeout}.", new TimeoutException()));

    T IValueTaskSource<T>.GetResult(short token) => Take(token);

    void IValueTaskSource.GetResult(short token) => Take(token);

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    /// <summary>From here on it can time out and be cancelled.</summary>
    /// <returns>What its outcome is asked for with.</returns>
    private protected short Begin(BackendCalls calls, Action<T?, object?>? late, object? state, CancellationToken cancellationToken)
    {
        _calls = calls;
        _late = late;
        _state = state;
        _isCancellable = cancellationToken.CanBeCanceled;
        var token = _outcome.Version;
        calls.Add(this);
        if (_isCancellable)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (it, token) => ((BackendCall<T>)it!).Cancel(token), this);
        }

        return token;
    }

    /// <summary>The backend's answer, or its fault.</summary>
    private protected abstract T TakeAnswer();

    /// <summary>It may be used again.</summary>
    private protected abstract void Spare();

    private void OnAnswered()
    {
        var inTime = _calls!.TryEnd(this);
        T answer;
        try
        {
            answer = TakeAnswer();
        }
#pragma warning disable CA1031 // It is the asker's to see.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (inTime)
            {
                _isReusable = EndCancellation();
                _outcome.SetException(fault);
            }
            else
            {
                _late?.Invoke(default, _state);
            }

            return;
        }

        if (inTime)
        {
            _isReusable = EndCancellation();
            _outcome.SetResult(answer);
        }
        else
        {
            _late?.Invoke(answer, _state);
        }
    }

    private void Cancel(CancellationToken token)
    {
        if (_calls!.TryEnd(this))
        {
            Fail(new OperationCanceledException(token));
        }
    }

    private void Fail(Exception fault)
    {
        // Neither who cancels nor the other calls' deadlines wait for what the asker does then.
        _outcome.RunContinuationsAsynchronously = true;
        _outcome.SetException(fault);
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
                _late = null;
                _state = null;
                _cancellation = default;
                _outcome.Reset();
                Spare();
            }
        }
    }
}
