using Maildrop.Locking.SampleHost.Maildirs;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The AUTHORIZATION state: USER and PASS, and the lock between the right password and its +OK.</summary>
internal sealed class Pop3Authorization(
    Pop3Output output,
    MaildropSessionLock sessionLock,
    MaildropFolders folders,
    Capabilities capabilities,
    Pop3Options options,
    ILogger logger,
    CancellationToken clientGone) : IPop3State
{
    private string? _user;
    private int _failures;

    public async ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case { Keyword: "USER", Argument.Length: > 0 }:
                // The same answer for every name, so that nobody learns who has a maildrop here.
                _user = command.Argument;
                await output.ReplyAsync("+OK now the password", cancellationToken);
                return new(this);
            case { Keyword: "PASS" } when _user is not null:
                return await LogInAsync(_user, command.Argument, cancellationToken);
            case { Keyword: "PASS" }:
                await output.ReplyAsync("-ERR say USER first", cancellationToken);
                return new(this, Understood: false);
            case { Keyword: "CAPA", Argument.Length: 0 }:
                await capabilities.ReplyAsync(output, cancellationToken);
                return new(this);
            case { Keyword: "QUIT", Argument.Length: 0 }:
                await output.ReplyAsync("+OK bye", cancellationToken);
                return Pop3Step.Close;
            default:
                await output.ReplyAsync("-ERR not a command of this state", cancellationToken);
                return new(this, Understood: false);
        }
    }

    private async ValueTask<Pop3Step> LogInAsync(string user, string password, CancellationToken cancellationToken)
    {
        _user = null;
        if (folders.Authenticate(user, password) is not { } folder)
        {
            Pop3Log.LoginFailed(logger, user);
            await output.ReplyAsync("-ERR [AUTH] wrong user name or password", cancellationToken);
            return ++_failures < options.MaxLoginFailures ? new(this) : Pop3Step.Close;
        }

        var lease = await sessionLock.AcquireAsync(user, clientGone);
        if (!lease.IsAcquired)
        {
            Pop3Log.Refused(logger, user, lease.Status, Pop3Log.Explain(lease.RefusalCause), lease.RefusalCause, lease.BlockedBy, lease.RetryAfter, lease.Error);
            await output.ReplyAsync(sessionLock.Reply ?? "-ERR", cancellationToken);
            return new(this);
        }

        Pop3Log.Granted(logger, user, lease.FencingToken);
        try
        {
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, sessionLock.Lost);
            var messages = new MessageList(await Maildir.ReadAsync(folder, sessionLock.RecordActivity, cut.Token));
            await output.ReplyAsync(sessionLock.Reply ?? "-ERR", cancellationToken);
            return new(new Pop3Transaction(output, sessionLock, messages, capabilities, logger));
        }
        catch (Exception e) when (Pop3Transaction.IsOfTheFile(e))
        {
            await sessionLock.DisposeAsync();
            Pop3Log.MaildirUnreadable(logger, user, e);
            await output.ReplyAsync("-ERR [SYS/PERM] the maildrop cannot be read", cancellationToken);
            return new(this);
        }
    }
}
