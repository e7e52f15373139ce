using System.Globalization;
using CsCheck;
using Maildrop.Locking.Redis;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The scripts answer what the pure decisions answer, in random histories of one maildrop.</summary>
public sealed class RedisDecisionTests(GarnetFixture garnet) : RedisServerTests
{
    private const int OwnerCount = 6;

    private static readonly Gen<int> Seconds = Gen.Int[1, 12];

    // Whole seconds, since a renewal tells of activity only when a second has passed since it was told last.
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency((4, Gen.Const("acquire")), (4, Gen.Const("renew")), (1, Gen.Const("release")), (1, Gen.Const("revoke"))),
        Gen.Int[0, OwnerCount - 1],
        Gen.Select(Gen.Enum<MaildropAccess>(), Gen.Enum<MaildropTakeover>(), Gen.Bool),
        Gen.Select(Seconds, Gen.Frequency((1, Gen.Const(0)), (2, Seconds)), Gen.Int[0, 12], Gen.Int[0, 8]),
        Gen.Select(Gen.Int[0, 12], Gen.Frequency((4, Gen.Const(-1)), (1, Gen.Int[0, 8])), Gen.Int[1, 3]),
        Gen.Bool,
        Gen.Frequency((1, Gen.Const(0)), (2, Gen.Int[0, 5])),
        (kind, owner, how, times, renewal, delivered, advance) => new Step(
            kind, owner, how.Item1, how.Item2, how.Item3, times.Item1, times.Item2, times.Item3, times.Item4, renewal.Item1, renewal.Item2, renewal.Item3, delivered, advance));

    private static readonly Gen<History> Histories = Gen.Select(
        Gen.Frequency((2, Gen.Const(0)), (1, Seconds)), Gen.Frequency((1, Gen.Const(int.MaxValue)), (1, Gen.Int[1, 3])), Seconds, Steps.Array[1, 80], (delay, max, protection, steps) => new History(delay, max, protection, steps));

    private int _steps;

    [Fact]
    public Task On_Redis_the_scripts_answer_as_the_decisions_do() => CompareAsync(Database, 100_000);

    [Fact]
    public async Task On_Garnet_the_scripts_answer_as_the_decisions_do()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(garnet.Configuration);
        await CompareAsync(connection.GetDatabase(), 5_000);
    }

    private async Task CompareAsync(IDatabase database, int steps)
    {
        var scripts = new VirtualClockScripts(database);
        await Histories.SampleAsync(history => PlayAsync(scripts, history), iter: Iterations.Of(steps, 10 * steps) / 36, threads: 16);
        TestContext.Current.SendDiagnosticMessage("{0} steps, the same answers.", _steps);
        Assert.True(_steps >= steps, $"{_steps}");
    }

    private async Task PlayAsync(VirtualClockScripts scripts, History history)
    {
        var keys = new RedisKeys($"{Prefix}:{Guid.NewGuid():n}", "");
        var record = new MaildropRecord("alice");
        var owners = Enumerable.Range(0, OwnerCount).Select(_ => LeaseOwner.New()).ToList();
        var now = 1_800_000_000_000L;
        var waitedUntil = 0L;
        foreach (var step in history.Steps)
        {
            Interlocked.Increment(ref _steps);
            now += step.Advance * 1000;
            record.Advance(TimeSpan.FromSeconds(step.Advance));
            if (record.LastLogin is { } login && login.Age >= TimeSpan.FromSeconds(history.LoginDelay))
            {
                // Remembered for LOGIN-DELAY and no longer.
                record.LastLogin = null;
            }

            // The script says by which clock it read what it answers.
            SetReadAt(record, DateTimeOffset.FromUnixTimeMilliseconds(now));
            var (expected, change) = Decide(record, history, step, owners, now);
            SetReadAt(record, null);
            var (actual, told, found) = await RunAsync(scripts, keys, record, history, step, owners, now);
            Assert.Equal(expected, actual);
            Assert.Equal(record.Holders, RedisMaildropStore.Read(found, out _).Select(static holder => holder with { ReadAt = null }));
            var woken = told.Any(line => line.StartsWith(keys.PublishedChannelOf(Bucket) + " ", StringComparison.Ordinal));
            Assert.Equal(
                change.HoldersToNotify.Select(owner => owner.ToString()).Order(StringComparer.Ordinal),
                told.Where(line => line.StartsWith(keys.ProcessChannels, StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).Order(StringComparer.Ordinal));

            // The script tells only where a session waits.
            Assert.True(change.WakesWaiters || !woken, "It woke waiters for nothing.");
            Assert.True(woken || !change.WakesWaiters || waitedUntil <= now, "It did not wake a waiter.");
            waitedUntil = actual is AcquireResult { Status: MaildropLockStatus.InUse } ? Math.Max(waitedUntil, now + (Math.Min(step.Wait, step.Expiry) * 1000)) : waitedUntil;
        }
    }

    private static int Bucket => RedisKeys.BucketOf("alice");

    private static void SetReadAt(MaildropRecord record, DateTimeOffset? readAt)
    {
        for (var i = 0; i < record.Holders.Count; i++)
        {
            record.Holders[i] = record.Holders[i] with { ReadAt = readAt };
        }
    }

    private static (object Answer, RecordChange Change) Decide(MaildropRecord record, History history, Step step, List<LeaseOwner> owners, long now)
    {
        switch (step.Kind)
        {
            case "acquire":
                var (result, acquired) = AcquireDecision.Decide(record, ToRequest(history, step, owners[step.Owner]), now * 1000);
                return (result, acquired);

            case "renew":
                var results = new List<RenewResult>();
                var (notified, wakes) = (new List<LeaseOwner>(), false);
                foreach (var request in ToRenewals(step, owners))
                {
                    var (renewed, change) = RenewDecision.Decide(record, request);
                    results.Add(renewed);
                    notified.AddRange(change.HoldersToNotify);
                    wakes |= change.WakesWaiters;
                }

                return (string.Join(' ', results), new(true, notified, wakes));

            case "release":
                return ("", ReleaseDecision.Decide(record, new("alice", owners[step.Owner], step.Delivered)));

            default:
                var (revoked, revocation) = RevokeDecision.Decide(record, TokenOf(record, step));
                return (revoked, revocation);
        }
    }

    private static async Task<(object Answer, string[] Told, RedisResult Found)> RunAsync(
        VirtualClockScripts scripts, RedisKeys keys, MaildropRecord record, History history, Step step, List<LeaseOwner> owners, long now)
    {
        RedisKey key = keys.KeyOf(Bucket, "alice");
        switch (step.Kind)
        {
            case "acquire":
                var (acquireKeys, acquireValues) = AcquireScript.Write(ToRequest(history, step, owners[step.Owner]), keys, "process");
                var acquired = await scripts.EvaluateAsync("acquire", acquireKeys, acquireValues, now);
                return (AcquireScript.Read(acquired.Answer), acquired.Told, acquired.Found);

            case "renew":
                var requests = ToRenewals(step, owners);
                var results = new RenewResult[requests.Length];
                var (renewKeys, renewValues) = RenewScript.Write(requests, keys);
                var renewed = await scripts.EvaluateAsync("renew", renewKeys, renewValues, now);
                RenewScript.Read(renewed.Answer, results);
                return (string.Join(' ', results), renewed.Told, renewed.Found);

            case "release":
                RedisKey[] releaseKeys = history.LoginDelay > 0 && !step.Delivered ? [key, keys.LoginKeyOf(Bucket, "alice")] : [key];
                var released = await scripts.EvaluateAsync("release", releaseKeys, [owners[step.Owner].ToString(), keys.PublishedChannelOf(Bucket)], now);
                return ("", released.Told, released.Found);

            default:
                var token = TokenOf(record, step).ToString("D16", CultureInfo.InvariantCulture);
                var revoked = await scripts.EvaluateAsync("revoke", [key], [token, keys.PublishedProcessChannels, keys.PublishedChannelOf(Bucket)], now);
                return ((bool)revoked.Answer, revoked.Told, revoked.Found);
        }
    }

    private static long TokenOf(MaildropRecord record, Step step) => record.Holders.Count == 0 ? step.Owner : record.Holders[step.Owner % record.Holders.Count].FencingToken;

    private static RenewRequest[] ToRenewals(Step step, List<LeaseOwner> owners) => Enumerable.Range(0, step.Renewals)
        .Select(i => new RenewRequest(
            "alice", owners[(step.Owner + i) % OwnerCount], TimeSpan.FromSeconds(step.Expiry), TimeSpan.FromSeconds(step.Silence), step.UpdateFor < 0 ? null : TimeSpan.FromSeconds(step.UpdateFor)))
        .ToArray();

    private static AcquireRequest ToRequest(History history, Step step, LeaseOwner owner) => new()
    {
        Maildrop = "alice",
        Owner = owner,
        Access = step.Access,
        Expiry = TimeSpan.FromSeconds(step.Expiry),
        WaitRemaining = TimeSpan.FromSeconds(Math.Min(step.Wait, step.Expiry)),
        Takeover = step.Takeover,
        TakeoverProtection = TimeSpan.FromSeconds(history.Protection),
        TakeoverIdleTime = step.TakeoverIdleTime == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(step.TakeoverIdleTime),
        IdleTimeout = step.IdleTimeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(step.IdleTimeout),
        GrantedByTakeover = step.GrantedByTakeover,
        LoginDelay = step.Access == MaildropAccess.Shared ? TimeSpan.Zero : TimeSpan.FromSeconds(history.LoginDelay),
        MaxShared = history.MaxShared,
        Session = step.Delivered ? new("POP3", "7", "192.0.2.1") : null,
        Host = "here",
        ProcessId = 7,
    };

    private sealed record History(int LoginDelay, int MaxShared, int Protection, Step[] Steps)
    {
        public override string ToString() => $"LoginDelay {LoginDelay}, MaxShared {MaxShared}, Protection {Protection}:\n{string.Join('\n', (object[])Steps)}";
    }

    private sealed record Step(
        string Kind, int Owner, MaildropAccess Access, MaildropTakeover Takeover, bool GrantedByTakeover, int Expiry, int Wait, int IdleTimeout, int TakeoverIdleTime, int Silence, int UpdateFor, int Renewals, bool Delivered, int Advance);
}
