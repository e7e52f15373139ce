using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.InMemory;

/// <summary>What ends by itself in memory is told, and lets waiters in.</summary>
public sealed class SweptLeaseTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryMaildropLock _locks;

    public SweptLeaseTests() => _locks = new(new() { IdleTimeout = Minute * 60, UpdateTimeout = Minute }, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _locks.DisposeAsync();

    [Fact]
    public async Task Each_lease_is_told_at_its_own_end()
    {
        // So many that they are in all shards.
        var lost = new List<CancellationToken>();
        for (var i = 1; i <= 200; i++)
        {
            var lease = await _locks.AcquireAsync($"user{i}", new() { IdleTimeout = Minute * i }, Cancel);
            lost.Add(lease.LostToken);
        }

        for (var i = 1; i <= 200; i++)
        {
            _time.Advance(Minute);
            Assert.Equal(i, lost.Count(token => token.IsCancellationRequested));
        }
    }

    [Fact]
    public async Task A_waiter_is_let_in_when_an_update_ends_that_began_while_it_waited()
    {
        var holder = await _locks.AcquireAsync("alice", cancellationToken: Cancel);
        var waiting = _locks.AcquireAsync("alice", new() { Wait = Minute * 59 }, Cancel).AsTask();
        Assert.True(await holder.BeginUpdateAsync(Cancel));
        _time.Advance(Minute);
        Assert.True((await waiting).IsHeld);
        Assert.Equal(MaildropLeaseLoss.Expired, holder.Loss);
    }

    [Fact]
    public async Task A_waiter_is_let_in_a_lease_duration_after_a_holder_was_revoked_that_does_not_release()
    {
        var holder = await _locks.AcquireAsync("alice", cancellationToken: Cancel);
        var waiting = _locks.AcquireAsync("alice", new() { Wait = Minute * 59 }, Cancel).AsTask();
        Assert.True(await _locks.RevokeAsync("alice", holder.FencingToken, Cancel));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await waiting).IsHeld);
    }

    [Fact]
    public async Task Holders_come_in_the_order_of_their_grants()
    {
        for (var i = 0; i < 4; i++)
        {
            await _locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        }

        var tokens = (await _locks.GetHoldersAsync("alice", Cancel)).Select(holder => holder.FencingToken).ToList();
        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(4, tokens.Count);
    }
}
