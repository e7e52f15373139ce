namespace Maildrop.Locking.Tests.Api;

/// <summary>Calls that cannot be meant: each has a clear answer, and changes nothing.</summary>
public sealed class BadCallTests : IAsyncLifetime
{
    private readonly InMemoryMaildropLock _locks = new();
    private MaildropLease _lease = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static CancellationToken Cancelled { get; } = new(canceled: true);

    public async ValueTask InitializeAsync() =>
        _lease = await _locks.AcquireAsync("alice", new() { Session = new MaildropSession("POP3", "1") }, Cancel);

    public ValueTask DisposeAsync() => _locks.DisposeAsync();

    [Fact]
    public async Task The_default_name_is_refused_everywhere_at_once()
    {
        foreach (var token in (CancellationToken[])[Cancel, Cancelled])
        {
            Assert.Throws<ArgumentException>("maildrop", () => { _ = _locks.AcquireAsync(default, cancellationToken: token).AsTask(); });
            Assert.Throws<ArgumentException>("maildrop", () => { _ = _locks.GetHoldersAsync(default, token).AsTask(); });
            Assert.Throws<ArgumentException>("maildrop", () => { _ = _locks.RevokeAsync(default, 1, token).AsTask(); });
        }

        await AssertUnchanged();
    }

    [Theory]
    [InlineData(MaildropAccess.Exclusive, 0)]
    [InlineData(MaildropAccess.Exclusive, 5)]
    [InlineData(MaildropAccess.Shared, 0)]
    [InlineData(MaildropAccess.Shared, 5)]
    public async Task A_cancelled_token_is_a_cancelled_task_and_takes_nothing(MaildropAccess access, int wait)
    {
        foreach (var maildrop in (string[])["alice", "bob"])
        {
            await AssertCancelled(_locks.AcquireAsync(maildrop, new() { Access = access, Wait = TimeSpan.FromSeconds(wait) }, Cancelled));
        }

        Assert.Empty(await _locks.GetHoldersAsync("bob", Cancel));
        await AssertUnchanged();
    }

    [Fact]
    public async Task A_cancelled_token_neither_revokes_nor_lists_nor_begins_an_update()
    {
        await AssertCancelled(_locks.RevokeAsync("alice", _lease.FencingToken, Cancelled));
        await AssertCancelled(_locks.GetHoldersAsync("alice", Cancelled));
        await AssertCancelled(_lease.BeginUpdateAsync(Cancelled));
        var refusal = await _locks.AcquireAsync("alice", cancellationToken: Cancel);
        await AssertCancelled(refusal.BeginUpdateAsync(Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Count(Cancelled));
        await AssertUnchanged();

        // Not even half: the lease is not in UPDATE, which would bar this.
        Assert.True(await _locks.RevokeAsync("alice", _lease.FencingToken, Cancel));
    }

    [Fact]
    public async Task Cancelling_after_the_grant_does_not_touch_the_lease()
    {
        using var source = new CancellationTokenSource();
        var lease = await _locks.AcquireAsync("bob", new() { Wait = TimeSpan.FromSeconds(1) }, source.Token);
        await source.CancelAsync();
        Assert.True(lease.IsHeld);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task A_fencing_token_that_was_never_given_revokes_nothing(long token)
    {
        Assert.False(await _locks.RevokeAsync("alice", token, Cancel));
        Assert.False(await _locks.RevokeAsync("nobody", token, Cancel));
        await AssertUnchanged();
    }

    [Fact]
    public async Task A_refusal_does_nothing_however_it_is_used()
    {
        var refusal = await _locks.AcquireAsync("alice", cancellationToken: Cancel);
        refusal.RecordActivity();
        Assert.False(await refusal.BeginUpdateAsync(Cancel));
        await refusal.ReleaseAsync(Cancel);
        await refusal.ReleaseAsync(Cancel);
        await refusal.DisposeAsync();
        await refusal.DisposeAsync();
        Assert.Equal((0L, false, default, MaildropLeaseLoss.None), (refusal.FencingToken, refusal.IsHeld, refusal.ExpiresAt, refusal.Loss));
        Assert.False(refusal.LostToken.CanBeCanceled);
        await AssertUnchanged();
    }

    [Fact]
    public async Task A_disposed_lock_says_so()
    {
        var waiting = _locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel);
        await _locks.DisposeAsync();
        await _locks.DisposeAsync();
        _locks.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.AsTask());
        foreach (var token in (CancellationToken[])[Cancel, Cancelled])
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _locks.AcquireAsync("bob", cancellationToken: token));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _locks.GetHoldersAsync("alice", token));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _locks.RevokeAsync("alice", _lease.FencingToken, token));
            await Assert.ThrowsAsync<ObjectDisposedException>(() => Count(token));
        }
    }

    [Fact]
    public async Task A_lease_outlives_its_lock_without_throwing()
    {
        await _locks.DisposeAsync();
        Assert.False(_lease.IsHeld);
        Assert.Equal(MaildropLeaseLoss.Disposed, _lease.Loss);
        Assert.True(_lease.LostToken.IsCancellationRequested);
        _lease.RecordActivity();
        Assert.False(await _lease.BeginUpdateAsync(Cancel));
        await _lease.ReleaseAsync(Cancel);
        await _lease.DisposeAsync();
    }

    [Fact]
    public async Task A_released_lease_is_over_without_a_loss()
    {
        await _lease.ReleaseAsync(Cancel);
        _lease.RecordActivity();
        Assert.False(await _lease.BeginUpdateAsync(Cancel));
        Assert.False(_lease.IsHeld);
        Assert.False(_lease.LostToken.IsCancellationRequested);
        Assert.Equal(MaildropLeaseLoss.None, _lease.Loss);
        await using var next = await _locks.AcquireAsync("alice", cancellationToken: Cancel);
        await _lease.ReleaseAsync(Cancel);
        await _lease.DisposeAsync();
        Assert.True(next.IsHeld);
    }

    private static async Task AssertCancelled<T>(ValueTask<T> call)
    {
        Assert.True(call.IsCanceled);
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.AsTask());
        Assert.Equal(Cancelled, thrown.CancellationToken);
    }

    private async Task<int> Count(CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var _ in _locks.ListHoldersAsync(cancellationToken))
        {
            count++;
        }

        return count;
    }

    private async Task AssertUnchanged()
    {
        Assert.True(_lease.IsHeld);
        Assert.False(_lease.LostToken.IsCancellationRequested);
        var holder = Assert.Single(await _locks.GetHoldersAsync("alice", Cancel));
        Assert.Equal(_lease.FencingToken, holder.FencingToken);
        Assert.Equal(1, await Count(Cancel));
    }
}
