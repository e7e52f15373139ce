namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>All calls of a POP3 session to Maildrop.Locking, in their order. Copy this.</summary>
/// <param name="locks">The host's lock.</param>
/// <param name="session">The session, for the log and the list of holders.</param>
/// <param name="options">The access, wait and takeover of a login.</param>
internal sealed class MaildropSessionLock(IMaildropLock locks, MaildropSession session, Pop3Options options) : IAsyncDisposable
{
    private MaildropLease? _lease;

    /// <summary>The reply to the client: granted, refused or lost; null to close the connection without a reply.</summary>
    public string? Reply => _lease?.ToPop3Reply();

    /// <summary>The reason for the loss of the lease, for the host's log.</summary>
    public MaildropLeaseLoss Loss => _lease?.Loss ?? MaildropLeaseLoss.None;

    /// <summary>Whether this session holds the maildrop. Checked before each command in TRANSACTION and each removal in UPDATE.</summary>
    public bool IsHeld => _lease is { IsHeld: true };

    /// <summary>Is cancelled when the lease is lost. Ends the read of a command, and the sending of a message.</summary>
    public CancellationToken Lost => _lease?.LostToken ?? CancellationToken.None;

    /// <summary>
    /// Locks the maildrop. Called after the password check, so that only the same user can take over, and before the answer to the login.
    /// </summary>
    /// <param name="user">The user. Each user has one maildrop of the same name.</param>
    /// <param name="hungUp">Is cancelled when the client hangs up. The wait then ends.</param>
    public async ValueTask<MaildropLease> AcquireAsync(string user, CancellationToken hungUp)
    {
        var request = new MaildropLockRequest { Access = options.Access, Session = session, Wait = options.LoginWait, Takeover = options.Takeover };
        return _lease = await locks.AcquireAsync(user, request, hungUp);
    }

    /// <summary>Records activity. Called for each command, and while the client reads a long reply. Reading the Maildir is not activity.</summary>
    public void RecordActivity() => _lease?.RecordActivity();

    /// <summary>
    /// Enters UPDATE. Called at QUIT, before the first removal. False: the lease is lost, so remove nothing. A client that hangs up after
    /// QUIT does not cancel this call.
    /// </summary>
    public ValueTask<bool> BeginUpdateAsync() => _lease?.BeginUpdateAsync() ?? ValueTask.FromResult(false);

    /// <summary>
    /// Releases the maildrop. Called before the reply to QUIT, since the client may log in again at once. Also called before any -ERR after
    /// the grant, and when the connection is gone. Does nothing after a refusal.
    /// </summary>
    public ValueTask DisposeAsync() => _lease?.DisposeAsync() ?? ValueTask.CompletedTask;
}
