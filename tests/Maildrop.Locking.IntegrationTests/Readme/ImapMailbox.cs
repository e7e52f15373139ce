namespace Maildrop.Locking.Tests.Readme;

internal static class ImapMailbox
{
    public static ValueTask<MaildropLease> SelectAsync(IMaildropLock locks, string user, MaildropSession session, CancellationToken cancellationToken)
    {
        // README: begin
        var request = new MaildropLockRequest { Access = MaildropAccess.Shared, Session = session, IdleTimeout = TimeSpan.FromMinutes(30) };
        var lease = locks.AcquireAsync(user, request, cancellationToken);
        // README: end

        return lease;
    }

    public static async Task<MaildropLease> UpgradeAsync(IMaildropLock locks, MaildropLease lease, MaildropLockRequest request, CancellationToken cancellationToken)
    {
        // README: begin
        await lease.ReleaseAsync(cancellationToken);
        lease = await locks.AcquireAsync(lease.Maildrop, request with { Access = MaildropAccess.Exclusive, Wait = TimeSpan.FromSeconds(10) }, cancellationToken);
        // README: end

        return lease;
    }
}
