namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>All calls of a POP3 session to Maildrop.Locking, in their order. Copy this.</summary>
/// <param name="locks">The host's lock.</param>
/// <param name="session">The session, for the log and the list of holders.</param>
/// <param name="options">The access, wait and takeover of a login.</param>
internal sealed class MaildropSessionLock(IMaildropLock locks, MaildropSession session, Pop3Options options) : IAsyncDisposable
{
    private MaildropLease? _lease;

    /// <summary>The reply to the client: granted, refused or lost. Null: close the connection without a reply.</summary>
    public string? Reply => _lease?.ToPop3Reply();

    /// <summary>Why the lease was lost: for the host's log.</summary>
    public MaildropLeaseLoss Loss => _lease?.Loss ?? MaildropLeaseLoss.None;

    /// <summary>Whether the maildrop is this session's. Asked before each command of TRANSACTION, and before each removal of UPDATE.</summary>
    public bool IsHeld => _lease is { IsHeld: true };

    /// <summary>Is cancelled when the lease is lost. It ends a read of a command and the sending of a message.</summary>
    public CancellationToken Lost => _lease?.LostToken ?? CancellationToken.None;

    /// <summary>
    /// Locks the maildrop. Called after the password was right, so that only the same user's next login can take over, and before the login is
    /// answered.
    /// </summary>
    /// <param name="user">The user. Each has one maildrop, of the same name.</param>
    /// <param name="hungUp">Is cancelled when the client has hung up: then the wait ends.</param>
    public async ValueTask<MaildropLease> AcquireAsync(string user, CancellationToken hungUp)
    {
        var request = new MaildropLockRequest { Access = options.Access, Session = session, Wait = options.LoginWait, Takeover = options.Takeover };
        return _lease = await locks.AcquireAsync(user, request, hungUp);
    }

    /// <summary>Notes that the client is there. Called for each command, and as the client takes a long reply. Reading the Maildir is no activity.</summary>
    public void RecordActivity() => _lease?.RecordActivity();

    /// <summary>
    /// Called at QUIT, before the first message is removed. False: the lease is lost, so remove nothing. Nothing cancels it, since a client may
    /// hang up after QUIT.
    /// </summary>
    public ValueTask<bool> BeginUpdateAsync() => _lease?.BeginUpdateAsync() ?? ValueTask.FromResult(false);

    /// <summary>
    /// Releases the maildrop. Called before the reply to QUIT, since the client may be back at once, before any -ERR that follows the grant, and
    /// when the connection is gone. After a refusal it does nothing.
    /// </summary>
    public ValueTask DisposeAsync() => _lease?.DisposeAsync() ?? ValueTask.CompletedTask;
}
