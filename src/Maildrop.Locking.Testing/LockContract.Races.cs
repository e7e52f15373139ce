namespace Maildrop.Locking.Testing;

public abstract partial class LockContract
{
    /// <summary>Ten sharers on two hosts fall silent. One becomes active while an exclusive session tries to take over from them.</summary>
    protected async Task TakeOverFromTenAsync(MaildropLock one, MaildropLock other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        for (var race = 0; race < Backend.Races; race++)
        {
            var sharers = new List<MaildropLease>();
            for (var i = 0; i < 10; i++)
            {
                // A refused takeover removes its marks in the background. Until then the marks block new sharers.
                sharers.Add(await GrantedAsync((i % 2 == 0 ? one : other).AcquireAsync("alice", WaitLong(MaildropAccess.Shared), Cancel)));
                ReleaseWhenLost(sharers[i]);
            }

            await Backend.AdvanceAsync(MaildropLockOptions.MinDuration * 1.1);
            var asking = Task.Run(() => one.AcquireAsync("alice", WhenIdle, Cancel).AsTask(), Cancel);
            Thread.SpinWait(race % 20 * 500);
            sharers[race % 10].RecordActivity();
            var newcomer = await asking.WaitAsync(Patience, Cancel);
            var held = sharers.Count(lease => lease.IsHeld);
            Assert.True(held == (newcomer.IsHeld ? 0 : 10), $"Race {race}: the newcomer is told {newcomer.Status}, and {held} of ten sharers still hold the maildrop.");
            foreach (var lease in sharers.Append(newcomer))
            {
                await lease.DisposeAsync();
            }
        }
    }
}
