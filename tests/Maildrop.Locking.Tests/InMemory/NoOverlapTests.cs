using System.Diagnostics;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>Law 1, by force: threads that fight for maildrops, some of them falling silent while they hold one.</summary>
[Collection(SerialCollection.Name)]
public sealed class NoOverlapTests
{
    private const int Maildrops = 64;
    private const int Threads = 8;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Iterations.Of(2, 10));

    [Fact]
    public async Task No_two_incompatible_leases_are_held_at_once()
    {
        await using var locks = new InMemoryMaildropLock(new() { IdleTimeout = TimeSpan.FromMilliseconds(100), MaxWaitersPerMaildrop = 100 });
        var maildrops = Enumerable.Range(0, Maildrops).Select(i => new Watched($"user{i}")).ToArray();
        var until = Stopwatch.StartNew();
        var tasks = Enumerable.Range(0, Threads).Select(seed => Task.Run(() => FightAsync(locks, maildrops, new Random(seed), until)));
        var grants = (await Task.WhenAll(tasks)).Sum();
        Assert.All(maildrops, maildrop => Assert.Equal(0, maildrop.Overlaps));
        Assert.All(maildrops, maildrop => Assert.Equal(0, maildrop.Regressions));
        Assert.True(grants > 10_000, $"Only {grants} grants.");
    }

    private static async Task<int> FightAsync(InMemoryMaildropLock locks, Watched[] maildrops, Random random, Stopwatch until)
    {
        var grants = 0;
        while (until.Elapsed < Duration)
        {
            var maildrop = maildrops[random.Next(Maildrops)];
            var access = random.Next(3) == 0 ? MaildropAccess.Shared : MaildropAccess.Exclusive;
            var wait = TimeSpan.FromMilliseconds(random.Next(3) * 10);
            var lease = await locks.AcquireAsync(maildrop.Name, new() { Access = access, Wait = wait });
            if (!lease.IsAcquired)
            {
                continue;
            }

            grants++;
            maildrop.Enter(lease);
            if (random.Next(2000) == 0)
            {
                // Fell silent: never released, so that it has to end by itself.
                continue;
            }

            if (random.Next(4) == 0)
            {
                await Task.Yield();
            }

            maildrop.Look();
            lease.RecordActivity();
            await lease.ReleaseAsync();
        }

        return grants;
    }

    /// <summary>Everybody who was granted a maildrop and may still hold it.</summary>
    private sealed class Watched(string name)
    {
        private readonly List<MaildropLease> _leases = [];
        private long _lastToken;

        public string Name => name;

        public int Overlaps { get; private set; }

        public int Regressions { get; private set; }

        public void Enter(MaildropLease lease)
        {
            lock (_leases)
            {
                // Two that share may come here in another order than they were granted in.
                if (lease.Access == MaildropAccess.Exclusive)
                {
                    Regressions += lease.IsHeld && lease.FencingToken <= _lastToken ? 1 : 0;
                }

                _lastToken = Math.Max(_lastToken, lease.FencingToken);
                _leases.Add(lease);
                Look();
            }
        }

        public void Look()
        {
            lock (_leases)
            {
                // Read in turn: who is held now was held when those before it were read.
                _leases.RemoveAll(lease => !lease.IsHeld);
                var exclusive = _leases.Count(lease => lease.Access == MaildropAccess.Exclusive);
                if (exclusive > 0 && _leases.Count > 1)
                {
                    Overlaps += _leases.Count(lease => lease.IsHeld) > 1 ? 1 : 0;
                }
            }
        }
    }
}
