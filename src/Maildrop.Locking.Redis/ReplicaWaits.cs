using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>
/// Waits until replicas have what was written. WAIT holds up all calls of its connection, so there is one at a time for each server, it is short, and it is for
/// all grants that came before it.
/// </summary>
/// <param name="minReplicas">How many replicas.</param>
/// <param name="timeout">How long a grant waits for them.</param>
internal sealed class ReplicaWaits(int minReplicas, TimeSpan timeout)
{
    private const int MillisecondsPerCall = 20;

    private readonly ConcurrentDictionary<EndPoint, Rounds> _rounds = new();

    /// <summary>Ends when what was granted before is on the replicas; false when it is not in time.</summary>
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

            // Other calls come through meanwhile.
            await Task.Delay(TimeSpan.FromMilliseconds(MillisecondsPerCall), TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    private async Task<int> CountAsync(IServer server, int database, RedisKey tokenKey)
    {
        // WAIT is for what its own connection wrote, and the connection of the grant may have been replaced since: so it writes first.
        var write = server.ExecuteAsync(database, "PEXPIRE", [tokenKey, AcquireScript.TokenLifetime]);
        var count = server.ExecuteAsync(database, "WAIT", [minReplicas, MillisecondsPerCall]);
        await Task.WhenAll(write, count).ConfigureAwait(false);
        return (bool)await write.ConfigureAwait(false) ? (int)await count.ConfigureAwait(false) : 0;
    }

    /// <summary>One call at a time; those that come while it is under way share the next one.</summary>
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
