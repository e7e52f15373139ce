using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Maildrop.Locking.Engine;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>
/// One call of a script, sent again with its text where the server does not know it. It is awaited once and then used again, since every
/// session makes two and many are under way at once.
/// </summary>
/// <typeparam name="T">What the reply comes to.</typeparam>
/// <typeparam name="TThis">The kind of call.</typeparam>
internal abstract class ScriptCall<T, TThis> : IValueTaskSource<T>, IValueTaskSource
    where TThis : ScriptCall<T, TThis>
{
    private readonly Action _replied;
    private ManualResetValueTaskSourceCore<T> _outcome;
    private ConfiguredTaskAwaitable<RedisResult>.ConfiguredTaskAwaiter _reply;
    private IDatabase? _database;
    private RedisScript? _script;
    private RedisKey[]? _keys;
    private RedisValue[]? _values;
    private bool _isText;

    private protected ScriptCall() => _replied = OnReplied;

    T IValueTaskSource<T>.GetResult(short token) => Take(token);

    void IValueTaskSource.GetResult(short token) => Take(token);

    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    /// <summary>Sends it.</summary>
    /// <returns>What its outcome is asked for with.</returns>
    /// <exception cref="Exception">It could not be sent.</exception>
    private protected short Begin(IDatabase database, RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        var token = _outcome.Version;
        (_database, _script, _keys, _values, _isText) = (database, script, keys, values, false);
        Await(database.ScriptEvaluateAsync(script.Hash, keys, values, RedisMaildropStore.Flags));
        return token;
    }

    /// <summary>What a reply comes to.</summary>
    private protected abstract T Read(RedisResult reply);

    /// <summary>It is used again, and must let go of what it was about.</summary>
    private protected abstract void Clear();

    private void Await(Task<RedisResult> reply)
    {
        _reply = reply.ConfigureAwait(false).GetAwaiter();
        _reply.UnsafeOnCompleted(_replied);
    }

    private void OnReplied()
    {
        T outcome;
        try
        {
            outcome = Read(_reply.GetResult());
        }
#pragma warning disable CA1031 // It is the asker's to see.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (!TrySendText(fault))
            {
                _outcome.SetException(RedisFaults.Translate(fault));
            }

            return;
        }

        _outcome.SetResult(outcome);
    }

    private bool TrySendText(Exception fault)
    {
        if (_isText || fault is not RedisServerException answer || !RedisScript.IsMissing(answer))
        {
            return false;
        }

        _isText = true;
        try
        {
            Await(_database!.ScriptEvaluateAsync(_script!.Text, _keys, _values, RedisMaildropStore.Flags));
        }
#pragma warning disable CA1031 // It is the asker's to see.
        catch (Exception again)
#pragma warning restore CA1031
        {
            _outcome.SetException(RedisFaults.Translate(again));
        }

        return true;
    }

    private T Take(short token)
    {
        try
        {
            return _outcome.GetResult(token);
        }
        finally
        {
            (_database, _script, _keys, _values) = (null, null, null, null);
            _reply = default;
            Clear();
            _outcome.Reset();
            Spares<TThis>.Put((TThis)this);
        }
    }
}
