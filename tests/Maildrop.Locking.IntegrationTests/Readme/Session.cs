namespace Maildrop.Locking.Tests.Readme;

internal sealed class Session(IMaildropLock locks, IConnection connection)
{
    // README: begin
    // The user and the password were right.
    public async Task RunAsync(string user, CancellationToken aborted)
    {
        var session = new MaildropSession("POP3", connection.Id, connection.RemoteAddress);
        var request = new MaildropLockRequest { Session = session, Wait = TimeSpan.FromSeconds(2), Takeover = MaildropTakeover.WhenIdle };
        await using var lease = await locks.AcquireAsync(user, request, aborted);
        await connection.WriteLineAsync(lease.ToPop3Reply());        // +OK, or -ERR [IN-USE] and the like
        using var lost = lease.LostToken.Register(connection.Abort); // silent for too long, taken over, revoked
        while (lease.IsHeld && await connection.ReadCommandAsync(aborted) is { } command)
        {
            lease.RecordActivity();                                  // as does a long RETR on its way
            if (command != "QUIT")
            {
                await connection.AnswerAsync(command, aborted);      // DELE only marks
                continue;
            }

            var update = await lease.BeginUpdateAsync(aborted);      // false: the lease is lost, so remove nothing
            var goodbye = update ? await connection.RemoveMarkedAsync() : lease.ToPop3Reply();
            await lease.ReleaseAsync(CancellationToken.None);        // before the last line: the client may be back at once
            await connection.WriteLineAsync(goodbye);
        }
    }
    // README: end
}
