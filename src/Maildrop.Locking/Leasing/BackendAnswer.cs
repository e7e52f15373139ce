using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Leasing;

/// <summary>A call that is answered with a value.</summary>
internal sealed class BackendAnswer<T> : BackendCall<T>
{
    [ThreadStatic]
    private static BackendAnswer<T>? _spare;

    private ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter _answer;

    /// <summary>Waits for a call.</summary>
    /// <param name="calls">Whose time it has.</param>
    /// <param name="call">The call.</param>
    /// <param name="late">
    /// Is told the answer, or the default value instead of a fault, where that comes after the time is up or after cancellation.
    /// </param>
    /// <param name="state">Is passed to it.</param>
    /// <param name="cancellationToken">Cancels the wait, and not the call.</param>
    public static ValueTask<T> WaitAsync(BackendCalls calls, ValueTask<T> call, Action<T?, object?>? late, object? state, CancellationToken cancellationToken)
    {
        if (call.IsCompleted)
        {
            return call;
        }

        var it = _spare ?? new();
        _spare = null;
        var token = it.Begin(calls, late, state, cancellationToken);
        it._answer = call.ConfigureAwait(false).GetAwaiter();
        it._answer.UnsafeOnCompleted(it.Answered);
        return new(it, token);
    }

    private protected override T TakeAnswer()
    {
        var answer = _answer;
        _answer = default;
        return answer.GetResult();
    }

    private protected override void Spare() => _spare = this;
}
