using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// Waits until replicas have the grants. WAIT blocks all calls of its connection, so each server has only one WAIT at a time. It is short, and covers all
/// grants before it.
/// </summary>
/// <param name="minReplicas">The number of replicas to wait for.</param>
/// <param name="timeout">How long a grant waits for them.</param>
internal sealed class ReplicaWaits(int minReplicas, TimeSpan timeout)
{
    private const int MillisecondsPerCall = 20;

    private readonly ConcurrentDictionary<EndPoint, Rounds> _rounds = new();

    /// <summary>Completes when the replicas have all grants made before. Returns false on timeout.</summary>
    public async Task<bool> WaitAsync(IConnectionMultiplexer connection, int database, RedisKey tokenKey)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var server = connection.GetServer(tokenKey, flags: CommandFlags.DemandMaster);
        var rounds = _rounds.GetOrAdd(server.EndPoint, static _ => new Rounds());
        while (await rounds.NextAsync(() => CountAsync(server, database, tokenKey)).ConfigureAwait(false) < minReplicas)
        {
            if (TimeProvider.System.GetElapsedTime(begun) >= timeout)
            {
                return false;
            }

            // Let other calls through meanwhile.
            await Task.Delay(TimeSpan.FromMilliseconds(MillisecondsPerCall), TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    private async Task<int> CountAsync(IServer server, int database, RedisKey tokenKey)
    {
        // WAIT covers only writes of its own connection. The grant's connection may have been replaced, so write first.
        var write = server.ExecuteAsync(database, "PEXPIRE", [tokenKey, AcquireScript.TokenLifetime]);
        var count = server.ExecuteAsync(database, "WAIT", [minReplicas, MillisecondsPerCall]);
        await Task.WhenAll(write, count).ConfigureAwait(false);
        return (bool)await write.ConfigureAwait(false) ? (int)await count.ConfigureAwait(false) : 0;
    }

    /// <summary>Runs one call at a time. Callers that come during a call share the next one.</summary>
    private sealed class Rounds
    {
        private readonly Lock _lock = new();
        private Task<int> _current = Task.FromResult(0);
        private Task<int>? _next;

        public Task<int> NextAsync(Func<Task<int>> count)
        {
            lock (_lock)
            {
                return _next ??= RunAfterAsync(_current, count);
            }
        }

        private async Task<int> RunAfterAsync(Task<int> previous, Func<Task<int>> count)
        {
            await ((Task)previous).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            lock (_lock)
            {
                _current = _next!;
                _next = null;
            }

            return await count().ConfigureAwait(false);
        }
    }
}
