using Maildrop.Locking.Engine;

namespace Maildrop.Locking.InMemory;

/// <summary>A lease that is its own record: the table holds these and nothing else.</summary>
internal sealed class InMemoryLease(InMemoryMaildropLock owner, MaildropName maildrop, MaildropLockRequest request, long now)
    : GrantedLease(owner, maildrop, request, now)
{
    /// <summary>The first lease of the next maildrop of the bucket. Links are fields, for references to them. The shard's lock guards them.</summary>
    public InMemoryLease? NextMaildrop;

    public InMemoryLease? NextHolder;
    public InMemoryLease? PreviousHolder;

    /// <summary>The number of leases of the maildrop. Only the first lease keeps it.</summary>
    public int HolderCount;

    public override ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        using var activity = StartUpdateActivity();
        var begun = ((InMemoryMaildropLock)Owner).TryBeginUpdate(this);
        ReportUpdate(begun);
        return new(begun);
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
