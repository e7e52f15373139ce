using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Law 3: what happens to one lease, call, node or host never ends another lease.</summary>
public sealed class RenewalTests : StoredLockTests
{
    private static readonly double[] LeaseSeconds = [0.1, 1, 6, 15, 30, 300, 3600];
    private static readonly double[] TimeoutSeconds = [0.1, 1, 5, 20, 60];

    public static readonly MatrixTheoryData<double, double> Pairs = new(LeaseSeconds, TimeoutSeconds);

    [Fact]
    public async Task A_batch_is_of_one_group_whatever_happens_and_no_lease_is_lost()
    {
        Store.Groups = 8;
        await using var locks = CreateHost();
        var random = new Random(1);
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 200; i++)
        {
            leases.Add(await locks.AcquireAsync($"user{i}", new() { TakeoverIdleTime = TimeSpan.FromSeconds(12) }, Cancel));
        }

        for (var step = 0; step < 100; step++)
        {
            // Faults of four seconds, with as many between them.
            Store.BeforeRenew = step % 8 >= 4 ? null : random.Next(3) switch { 0 => Fail, 1 => Never, _ => null };
            var lease = leases[random.Next(leases.Count)];
            switch (random.Next(4))
            {
                case 0:
                    Store.Restore();
                    break;
                case 1:
                    lease.RecordActivity();
                    await Direct.AcquireAsync(ForSilence(lease.Maildrop), Cancel);
                    break;
                case 2:
                    _ = lease.BeginUpdateAsync(Cancel).AsTask();
                    break;
            }

            Time.Advance(TimeSpan.FromSeconds(1));
            await locks.SettleAsync();
        }

        Assert.Equal(1, Store.MaxGroupsInACall);
        Assert.All(Store.Renewals, call => Assert.InRange(call.Count, 1, 256));
        Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{lease.Maildrop}: {lease.Loss}"));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_renewal_that_is_never_answered_ends_no_lease(double leaseSeconds, double timeoutSeconds)
    {
        var duration = TimeSpan.FromSeconds(leaseSeconds);
        await using var locks = CreateHost(Options(leaseSeconds, timeoutSeconds));
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 20; i++)
        {
            leases.Add(await locks.AcquireAsync($"user{i}", cancellationToken: Cancel));
        }

        // The first renewal of each lease after one that was confirmed; each that follows it is answered.
        var unanswered = new HashSet<LeaseOwner>();
        Store.BeforeRenewalOf = requests => requests.Where(request => unanswered.Add(request.Owner)).ToList().Count > 0 ? Never() : Confirm(requests);
        for (var time = TimeSpan.Zero; time < duration * 2; time += duration / 50)
        {
            Time.Advance(duration / 50);
            leases.ForEach(lease => lease.RecordActivity());
            await locks.SettleAsync();
        }

        Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{lease.Loss}"));
        Assert.True(Store.Renewals.SelectMany(call => call).GroupBy(request => request.Owner).All(lease => lease.Count() >= 4));

        Task Confirm(IReadOnlyList<RenewRequest> requests)
        {
            foreach (var request in requests)
            {
                unanswered.Remove(request.Owner);
            }

            return Task.CompletedTask;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_confirmation_of_update_that_is_never_answered_is_asked_for_again(double leaseSeconds, double timeoutSeconds)
    {
        await using var locks = CreateHost(Options(leaseSeconds, timeoutSeconds));
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var calls = 0;
        Store.BeforeRenew = () => Interlocked.Increment(ref calls) == 1 ? Never() : Task.CompletedTask;
        var begin = lease.BeginUpdateAsync(Cancel).AsTask();
        for (var i = 0; i < 40 && !begin.IsCompleted; i++)
        {
            await locks.SettleAsync();
            Time.Advance(TimeSpan.FromSeconds(leaseSeconds) / 40);
            await Task.Delay(1, Cancel);
        }

        Assert.True(begin.IsCompleted);
        Assert.True(await begin);
    }

    [Fact]
    public async Task A_failed_call_for_many_leases_does_not_fail_those_that_the_backend_can_renew()
    {
        Store.Groups = 1;
        await using var locks = CreateHost();
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 100; i++)
        {
            leases.Add(await locks.AcquireAsync($"user{i}", cancellationToken: Cancel));
        }

        // One of them fails each call that it is in.
        Store.BeforeRenewalOf = requests => requests.Any(request => request.Maildrop == "user37") ? Fail() : Task.CompletedTask;
        for (var i = 0; i < 60; i++)
        {
            Time.Advance(Lease / 30);
            await locks.SettleAsync();
        }

        Assert.Equal(["user37"], leases.Where(lease => !lease.IsHeld).Select(lease => lease.Maildrop.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backend_that_is_slow_for_many_leases_does_not_get_a_call_for_each(bool answersLate)
    {
        Store.Groups = 64;
        await using var locks = CreateHost();
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 6400; i++)
        {
            leases.Add(await locks.AcquireAsync($"user{i}", cancellationToken: Cancel));
        }

        Store.BeforeRenew = answersLate ? Never : Fail;
        var before = Store.RenewCalls;
        for (var time = TimeSpan.Zero; time < Lease * 0.8; time += Lease / 100)
        {
            Time.Advance(Lease / 100);
            await locks.SettleAsync();
        }

        // Up to 1,024 leases may be tried one by one, for the one that fails the others.
        Assert.InRange(Store.RenewCalls - before, 128, 5000);
        Store.BeforeRenew = null;
        for (var time = TimeSpan.Zero; time < Lease / 6; time += Lease / 100)
        {
            Time.Advance(Lease / 100);
            await locks.SettleAsync();
        }

        Assert.All(leases, lease => Assert.True(lease.IsHeld, $"{lease.Maildrop}: {lease.Loss}"));
    }

    [Fact]
    public async Task What_failed_at_one_moment_is_not_renewed_at_one_moment()
    {
        var (locks, outage) = await BeginOutageAsync();
        await using var _ = locks;
        var sent = new List<(DateTimeOffset At, LeaseOwner Owner)>();
        Store.BeforeRenewalOf = requests =>
        {
            sent.AddRange(requests.Select(request => (Time.GetUtcNow(), request.Owner)));
            return Fail();
        };
        for (var time = TimeSpan.Zero; time < Lease / 6; time += TimeSpan.FromMilliseconds(100))
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await locks.SettleAsync();
        }

        var retries = sent.Where(it => outage.Contains(it.Owner)).GroupBy(it => it.Owner).Select(lease => lease.First().At).ToList();
        Assert.True(retries.Count > 50);
        Assert.True(retries.GroupBy(at => at).Max(moment => moment.Count()) < retries.Count / 3);
    }

    [Fact]
    public async Task When_the_backend_is_back_every_doubtful_lease_is_renewed_at_once()
    {
        var (locks, outage) = await BeginOutageAsync();
        await using var _ = locks;
        var renewed = new HashSet<LeaseOwner>();
        Store.BeforeRenewalOf = requests =>
        {
            renewed.UnionWith(requests.Select(request => request.Owner));
            return Task.CompletedTask;
        };

        // The clock stands still.
        Store.Restore();
        await locks.SettleAsync();
        Assert.Superset(outage, renewed);
        Assert.Equal(1, Store.MaxGroupsInACall);
    }

    [Fact]
    public async Task A_hundred_leases_that_a_restored_backend_renews_go_in_few_calls()
    {
        Store.Groups = 1;
        var (locks, _) = await BeginOutageAsync();
        await using var _locks = locks;
        Store.BeforeRenewalOf = null;
        var before = Store.RenewCalls;
        Store.Restore();
        await locks.SettleAsync();
        Assert.Equal(1, Store.RenewCalls - before);
    }

    [Fact]
    public async Task An_older_renewal_that_is_confirmed_late_does_not_shorten_a_lease()
    {
        var lease = await GrantedAsync();
        var first = new TaskCompletionSource();
        Store.AfterRenew = () => first.Task;
        while (Store.RenewCalls == 0)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        Store.AfterRenew = null;
        var before = Store.RenewCalls;
        while (Store.RenewCalls == before)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        var until = lease.ExpiresAt;
        first.SetResult();
        await Locks.SettleAsync();
        Assert.Equal(until, lease.ExpiresAt);
    }

    [Fact]
    public async Task Activity_after_the_end_brings_nothing_back()
    {
        var lease = await GrantedAsync(request: new() { IdleTimeout = TimeSpan.FromSeconds(5) });
        Time.Advance(TimeSpan.FromSeconds(5));

        // Nobody has looked yet.
        lease.RecordActivity();
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
    }

    private static MaildropLockOptions Options(double leaseSeconds, double timeoutSeconds) =>
        new() { LeaseDuration = TimeSpan.FromSeconds(leaseSeconds), BackendTimeout = TimeSpan.FromSeconds(timeoutSeconds), IdleTimeout = TimeSpan.FromDays(1) };

    private static AcquireRequest ForSilence(MaildropName maildrop) => new()
    {
        Maildrop = maildrop,
        Owner = LeaseOwner.New(),
        Access = MaildropAccess.Exclusive,
        Expiry = Lease,
        Takeover = MaildropTakeover.WhenIdle,
        WaitRemaining = TimeSpan.FromSeconds(5),
        Host = "elsewhere",
        ProcessId = 1,
    };

    /// <summary>A host whose backend has just failed all renewals of 100 leases. Says which.</summary>
    private async Task<(StoredMaildropLock Locks, HashSet<LeaseOwner> Failed)> BeginOutageAsync()
    {
        var locks = CreateHost();
        for (var i = 0; i < 100; i++)
        {
            await locks.AcquireAsync($"user{i}", cancellationToken: Cancel);
        }

        var failed = new HashSet<LeaseOwner>();
        Store.BeforeRenewalOf = requests =>
        {
            failed.UnionWith(requests.Select(request => request.Owner));
            return Fail();
        };
        Time.Advance(Lease / 3);
        await locks.SettleAsync();
        Assert.True(failed.Count > 50);
        return (locks, failed);
    }
}
