using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Engine;

/// <summary>A call whose asker gets the backend's own answer, or its fault.</summary>
internal sealed class BackendAnswer<T> : BackendCall<T>
{
    private ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter _answer;
    private Action<T?>? _late;

    /// <summary>Waits for a call.</summary>
    /// <param name="calls">Whose time it has.</param>
    /// <param name="call">The call.</param>
    /// <param name="late">
    /// Is told the answer, or the default value instead of a fault, where that comes after the time is up or after cancellation.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, and not the call.</param>
    public static ValueTask<T> WaitAsync(BackendCalls calls, ValueTask<T> call, Action<T?>? late, CancellationToken cancellationToken)
    {
        if (call.IsCompleted)
        {
            return call;
        }

        var it = Spares<BackendAnswer<T>>.Take() ?? new();
        it._late = late;
        var token = it.Begin(calls, cancellationToken);
        it._answer = call.ConfigureAwait(false).GetAwaiter();
        it._answer.UnsafeOnCompleted(it.Answered);
        return new(it, token);
    }

    private protected override T TakeAnswer() => _answer.GetResult();

    private protected override void TakeLateAnswer()
    {
        T? answer = default;
        try
        {
            answer = _answer.GetResult();
        }
#pragma warning disable CA1031 // Nobody waits for it.
        catch
#pragma warning restore CA1031
        {
        }

        _late?.Invoke(answer);
    }

    private protected override void Spare()
    {
        _answer = default;
        _late = null;
        Spares<BackendAnswer<T>>.Put(this);
    }
}
