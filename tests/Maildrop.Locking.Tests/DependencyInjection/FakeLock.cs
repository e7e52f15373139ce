namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>A host's own lock, made from the public interface alone.</summary>
internal class FakeLock : IMaildropLock
{
    public ValueTask<MaildropLease> AcquireAsync(MaildropName maildrop, MaildropLockRequest? request = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<MaildropHolder>> GetHoldersAsync(MaildropName maildrop, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<MaildropHolder> ListHoldersAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
