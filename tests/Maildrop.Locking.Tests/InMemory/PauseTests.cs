using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>A process that is paused, in memory: time jumps between two instructions.</summary>
public sealed class PauseTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_look_after_a_pause_is_right()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        time.Skip(Idle);
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task Activity_after_the_end_brings_nothing_back_though_nobody_has_looked()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        time.Skip(Idle);
        lease.RecordActivity();
        Assert.Equal((false, MaildropLeaseLoss.Idle), (lease.IsHeld, lease.Loss));
    }

    [Fact]
    public async Task A_lease_that_ended_during_a_pause_is_not_handed_out_after_a_wait()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var holder = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var waiting = locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromHours(1) }, Cancel).AsTask();

        // The waiter's try is the first look; the pause falls between its grant and the look before it is handed out.
        time.DuringNextLook(() => time.DuringNextLook(() => time.Skip(Idle)));
        await holder.ReleaseAsync(Cancel);
        var lease = await waiting;
        Assert.True(lease.IsAcquired && lease.IsHeld);
    }

    [Fact]
    public async Task A_look_that_update_overtakes_does_not_say_that_the_lease_is_lost()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var begun = false;
        time.Skip(Idle - TimeSpan.FromTicks(1));
        time.DuringNextLook(() =>
        {
            begun = lease.BeginUpdateAsync(Cancel).AsTask().Result;
            time.Skip(TimeSpan.FromTicks(1));
        });
        Assert.True(lease.IsHeld);
        Assert.True(begun && lease.IsHeld);
    }

    [Fact]
    public async Task A_look_that_a_revocation_overtakes_says_that_the_lease_is_lost()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        time.DuringNextLook(() => Assert.True(locks.RevokeAsync("alice", lease.FencingToken, Cancel).AsTask().Result));
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public async Task Ten_minutes_are_ten_minutes_whatever_the_wall_clock_does()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        time.SetWallClock(time.GetUtcNow().AddHours(5));
        Assert.True(lease.IsHeld);
        time.SetWallClock(time.GetUtcNow().AddHours(-9));
        Assert.True(lease.IsHeld);
        time.Skip(Idle);
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public async Task The_fencing_token_does_not_fall_when_the_wall_clock_is_set_back()
    {
        var time = new PausingTime();
        await using var locks = new InMemoryMaildropLock(timeProvider: time);
        var first = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await first.ReleaseAsync(Cancel);
        time.SetWallClock(time.GetUtcNow().AddYears(-1));
        time.Skip(TimeSpan.FromSeconds(10));
        var second = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(second.FencingToken > first.FencingToken);
    }

    /// <summary>A clock that jumps without firing timers, as a stopped process sees it.</summary>
    private sealed class PausingTime : TimeProvider
    {
        private readonly FakeTimeProvider _wall = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.Zero };
        private long _now;
        private Action? _during;
        private TimeSpan _wallOffset;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Skip(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);

        /// <summary>Has something happen between a look at the lease and the look at the clock.</summary>
        public void DuringNextLook(Action happens) => _during = happens;

        public void SetWallClock(DateTimeOffset to) => _wallOffset = to - _wall.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _wall.GetUtcNow() + _wallOffset;

        public override long GetTimestamp()
        {
            Interlocked.Exchange(ref _during, null)?.Invoke();
            return Interlocked.Read(ref _now);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _wall.CreateTimer(callback, state, dueTime, period);
    }
}
