using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Readme;

internal sealed class FrontPage(IMaildropLock locks, IConnection connection)
{
    public static void Add(IServiceCollection services)
    {
        // README: begin
        services.AddMaildropLocking();    // in memory; or .UseFiles("/run/mail/locks"), or .UseRedis("localhost:6379")
        // README: end
    }

    // README: begin
    public async Task ServeAsync(string user, CancellationToken aborted)   // the user and the password were right
    {
        var session = new MaildropSession("POP3", connection.Id, connection.RemoteAddress);
        var request = new MaildropLockRequest { Session = session, Wait = TimeSpan.FromSeconds(5), Takeover = MaildropTakeover.WhenIdle };
        await using var lease = await locks.AcquireAsync(user, request, aborted);
        await connection.ReplyAsync(lease.ToPop3Reply());                  // +OK, or -ERR [IN-USE] and the like
        using var lost = lease.LostToken.Register(connection.Abort);       // silent for too long, taken over, revoked
        while (lease.IsHeld && await connection.ReadCommandAsync(aborted) is { } command)
        {
            lease.RecordActivity();                                        // also as the client takes a long RETR
            if (command != "QUIT")
            {
                await connection.AnswerAsync(command, aborted);            // DELE only marks
                continue;
            }

            var mayRemove = await lease.BeginUpdateAsync(aborted);         // false: the lease is lost, so remove nothing
            var reply = mayRemove ? await connection.RemoveMarkedAsync(() => lease.IsHeld) : lease.ToPop3Reply();
            await lease.ReleaseAsync(CancellationToken.None);              // before the reply: the client may be back at once
            await connection.ReplyAsync(reply);                            // null: close without a word
        }
    }
    // README: end
}
