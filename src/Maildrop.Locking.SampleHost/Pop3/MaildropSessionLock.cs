namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// Everything a POP3 session does with Maildrop.Locking, in the order in which it does it. Each session has one of these;
/// it is meant to be copied.
/// </summary>
internal sealed class MaildropSessionLock(IMaildropLock locks, MaildropSession session, TimeSpan wait, MaildropTakeover takeover) : IAsyncDisposable
{
    private MaildropLease? _lease;

    /// <summary>
    /// After the password was right, and before PASS is answered: only the same user's next login may take over. The token says that
    /// the client has hung up, so that nobody waits for it.
    /// </summary>
    public async ValueTask<MaildropLease> AcquireAsync(string user, CancellationToken clientGone)
    {
        var request = new MaildropLockRequest { Session = session, Wait = wait, Takeover = takeover };
        return _lease = await locks.AcquireAsync(user, request, clientGone);
    }

    /// <summary>What the lease has to say to the client: granted, refused, lost. Null: close without a word.</summary>
    public string? Reply => _lease?.ToPop3Reply();

    /// <summary>Why the lease was lost: for the host's log.</summary>
    public MaildropLeaseLoss Loss => _lease?.Loss ?? MaildropLeaseLoss.None;

    /// <summary>Looked at before each command of TRANSACTION.</summary>
    public bool IsHeld => _lease is { IsHeld: true };

    /// <summary>Ends whatever the session is doing in TRANSACTION: reading a command, or sending a message.</summary>
    public CancellationToken Lost => _lease?.LostToken ?? CancellationToken.None;

    /// <summary>On each command, and as a long reply makes progress: the client is there.</summary>
    public void RecordActivity() => _lease?.RecordActivity();

    /// <summary>
    /// At QUIT, before the first message is removed. False: the lease was lost, so remove nothing. A client that hangs up after
    /// QUIT has said what it wants, so nothing cancels this.
    /// </summary>
    public ValueTask<bool> BeginUpdateAsync() => _lease?.BeginUpdateAsync() ?? ValueTask.FromResult(false);

    /// <summary>
    /// Before any -ERR after the grant, at the end of QUIT whether the removals worked or not, and when the connection is gone.
    /// A session that was refused frees nothing by it.
    /// </summary>
    public ValueTask DisposeAsync() => _lease?.DisposeAsync() ?? ValueTask.CompletedTask;
}
