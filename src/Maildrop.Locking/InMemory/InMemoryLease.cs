using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>A lease that is its own record: the table holds these and nothing else.</summary>
internal sealed class InMemoryLease(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, long now)
    : GrantedLease(owner, maildrop, request, now)
{
    /// <summary>The next lease of the same bucket. A field, so that the table can change a link in its place; guarded by the stripe.</summary>
    public InMemoryLease? Next;

    public override ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        if (!TryBeginUpdate())
        {
            return new(false);
        }

        // UPDATE may end before the silence would have.
        ((InMemoryMaildropLock)Owner).SweepBy(EndsAt);
        return new(true);
    }

    public override ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        Release();
        return ValueTask.CompletedTask;
    }

#pragma warning disable CA2215 // Short enough to be compiled into the caller's await using, which then has nothing to await.
    public override ValueTask DisposeAsync()
    {
        Release();
        return ValueTask.CompletedTask;
    }
#pragma warning restore CA2215

    private void Release()
    {
        if (TryRelease())
        {
            ((InMemoryMaildropLock)Owner).Remove(this);
        }
    }
}
