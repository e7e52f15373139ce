using System.Diagnostics;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>Measures how long the maildrop of a host that was killed stays locked, from the signal to the next grant.</summary>
internal sealed class KillProbe(NemesisCluster cluster, StoreKind store, int longLeases, IMaildropLock locks)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly List<double> _milliseconds = [];

    /// <summary>Each measurement, in milliseconds.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>Kills the worker of a host, and asks for a maildrop that it held.</summary>
    public async Task KillAsync(NemesisHost host, Random random)
    {
        var maildrop = await FindHeldAsync(host, random.Next(longLeases));
        var killed = Stopwatch.GetTimestamp();
        await host.Worker.KillAsync();
        if (maildrop is null)
        {
            return;
        }

        var limit = LockFactory.AfterKill(store);
        await using var lease = await locks.AcquireAsync(maildrop, new() { Wait = limit + Patience });
        var elapsed = Stopwatch.GetElapsedTime(killed);
        if (lease.Status == MaildropLockStatus.Unavailable)
        {
            // The server is at fault at the same time: nothing to measure.
            return;
        }

        if (!lease.IsAcquired || elapsed > limit)
        {
            cluster.RecordRemains($"{maildrop} of {host.Worker.Name} was {lease.Status} {elapsed.TotalMilliseconds:F0} ms after it had been killed.");
        }

        if (lease.IsAcquired)
        {
            lock (_milliseconds)
            {
                _milliseconds.Add(elapsed.TotalMilliseconds);
            }
        }
    }

    private async Task<string?> FindHeldAsync(NemesisHost host, int number)
    {
        try
        {
            var maildrop = $"long-w{host.Number}-{number}";
            return (await locks.GetHoldersAsync(maildrop)).Count > 0 ? maildrop : null;
        }
        catch (MaildropStoreException)
        {
            // The server is being stopped at the same time: nothing to measure.
            return null;
        }
    }
}
