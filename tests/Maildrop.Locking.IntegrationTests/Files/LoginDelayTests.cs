using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Files;

/// <summary>What counts as a login where the record of one is all that tells.</summary>
public sealed class LoginDelayTests : FileLockFixture
{
    [Fact]
    public async Task A_grant_whose_session_was_gone_before_it_was_handed_out_is_no_login()
    {
        var direct = NewStore();
        var store = new ScriptedStore(NewStore());
        await using var locks = new StoredMaildropLock(store, new() { LeaseDuration = Lease, LoginDelay = TimeSpan.FromHours(1) }, Time);
        var sharer = Ask("alice", MaildropAccess.Shared);
        await direct.AcquireAsync(sharer, Cancel);
        using var source = new CancellationTokenSource();
        var waiting = locks.AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, source.Token).AsTask();
        for (var tries = 0; tries < 10_000 && (!locks.IsWaitedFor("alice") || store.Acquires < 2); tries++)
        {
            await Task.Delay(1, Cancel);
        }

        store.AfterAcquire = async _ => await source.CancelAsync();
        await direct.ReleaseAsync(new("alice", sharer.Owner), Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        store.AfterAcquire = null;
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status}, {lease.RetryAfter}");
    }
}
