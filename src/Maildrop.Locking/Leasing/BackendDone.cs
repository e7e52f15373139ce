using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Leasing;

/// <summary>A call that is answered with nothing but its end.</summary>
internal sealed class BackendDone : BackendCall<bool>
{
    [ThreadStatic]
    private static BackendDone? _spare;

    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _answer;

    /// <summary>Waits for a call.</summary>
    public static ValueTask WaitAsync(BackendCalls calls, ValueTask call, CancellationToken cancellationToken)
    {
        if (call.IsCompleted)
        {
            return call;
        }

        var it = _spare ?? new();
        _spare = null;
        var token = it.Begin(calls, null, null, cancellationToken);
        it._answer = call.ConfigureAwait(false).GetAwaiter();
        it._answer.UnsafeOnCompleted(it.Answered);
        return new(it, token);
    }

    private protected override bool TakeAnswer()
    {
        var answer = _answer;
        _answer = default;
        answer.GetResult();
        return true;
    }

    private protected override void Spare() => _spare = this;
}
