using Maildrop.Locking.SampleHost.Maildirs;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The AUTHORIZATION state: STLS, the password, and the lock between the right password and its +OK.</summary>
internal sealed class Pop3Authorization(Pop3Connection connection, MaildropSessionLock sessionLock, Pop3Services services) : IPop3State
{
    private readonly Pop3Output _output = connection.Output;
    private readonly Pop3Options _options = services.Options;
    private readonly ILogger _logger = services.Logger;

    private string? _user;
    private bool _awaitsSasl;
    private int _failures;

    public int MaxLineOctets => _awaitsSasl ? SaslPlain.MaxLineOctets : Pop3LineReader.MaxCommandOctets;

    public async ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken)
    {
        if (_awaitsSasl)
        {
            _awaitsSasl = false;
            return await AuthenticateAsync(command.Line, cancellationToken);
        }

        switch (command)
        {
            case { Keyword: "USER" or "PASS" or "AUTH" } when !connection.IsPrivate:
                return await RejectAsync("-ERR encrypt the connection first: STLS", cancellationToken);
            case { Keyword: "USER", Argument.Length: > 0 }:
                // Every name gets the same answer, so that clients cannot find out which maildrops exist.
                _user = command.Argument;
                return await ReplyAsync("+OK now the password", cancellationToken);
            case { Keyword: "PASS" } when _user is { } user:
                _user = null;
                return await LogInAsync(user, command.Argument);
            case { Keyword: "PASS" }:
                return await RejectAsync("-ERR say USER first", cancellationToken);
            case { Keyword: "AUTH" }:
                return await StartSaslAsync(command.Argument, cancellationToken);
            case { Keyword: "STLS", Argument.Length: 0 } when !connection.IsEncrypted:
                return await EncryptAsync(cancellationToken);
            case { Keyword: "CAPA", Argument.Length: 0 }:
                await services.Capabilities.ReplyAsync(connection, isLoggedIn: false, cancellationToken);
                return new(this);
            case { Keyword: "QUIT", Argument.Length: 0 }:
                return Pop3Step.Close("+OK bye");
            default:
                return await RejectAsync($"-ERR {command.Fault ?? "not a command of this state"}", cancellationToken);
        }
    }

    private async ValueTask<Pop3Step> EncryptAsync(CancellationToken cancellationToken)
    {
        // Do not treat clear text as encrypted commands.
        if (connection.Lines.HasMore)
        {
            return Pop3Step.Close("-ERR nothing may follow STLS before its answer");
        }

        _user = null;
        await _output.ReplyAsync("+OK begin TLS", cancellationToken);
        await connection.EncryptAsync(services.Tls, cancellationToken);
        return new(this);
    }

    private async ValueTask<Pop3Step> StartSaslAsync(string argument, CancellationToken cancellationToken)
    {
        switch (argument.Split(' '))
        {
            case [var mechanism] when mechanism.Equals("PLAIN", StringComparison.OrdinalIgnoreCase):
                _awaitsSasl = true;
                return await ReplyAsync("+ ", cancellationToken);
            case [var mechanism, var response] when mechanism.Equals("PLAIN", StringComparison.OrdinalIgnoreCase):
                return await AuthenticateAsync(response, cancellationToken);
            default:
                return await RejectAsync("-ERR the mechanism is PLAIN", cancellationToken);
        }
    }

    private async ValueTask<Pop3Step> AuthenticateAsync(string response, CancellationToken cancellationToken) =>
        SaslPlain.TryParse(response, out var user, out var password)
            ? await LogInAsync(user, password)
            : await RejectAsync(response == "*" ? "-ERR given up" : "-ERR that is no response of PLAIN", cancellationToken);

    /// <summary>Logs in. The wait and the client limit the time of a login. The login timer does not.</summary>
    private async ValueTask<Pop3Step> LogInAsync(string user, string password)
    {
        if (services.Folders.Authenticate(user, password) is not { } folder)
        {
            Pop3Log.LoginFailed(_logger, user);
            const string Failed = "-ERR [AUTH] wrong user name or password";
            return ++_failures < _options.MaxLoginFailures ? await ReplyAsync(Failed, connection.Stopping) : Pop3Step.Close(Failed);
        }

        try
        {
            return await connection.Lines.RunUnlessHungUpAsync(hungUp => OpenAsync(user, folder, hungUp), connection.Stopping);
        }
        catch (OperationCanceledException) when (!connection.Stopping.IsCancellationRequested)
        {
            // The lease is lost, or the client sent its FIN and may still read.
            var reply = sessionLock.Loss == MaildropLeaseLoss.None ? "-ERR [SYS/TEMP] the login was given up, since the connection was closed" : sessionLock.Reply;
            await sessionLock.DisposeAsync();
            return Pop3Step.Close(reply);
        }
    }

    private async ValueTask<Pop3Step> OpenAsync(string user, string folder, CancellationToken hungUp)
    {
        var lease = await sessionLock.AcquireAsync(user, hungUp);
        if (!lease.IsAcquired)
        {
            Pop3Log.Refused(_logger, user, lease.Status, Pop3Log.Explain(lease.RefusalCause), lease.RefusalCause, lease.BlockedBy, lease.RetryAfter, lease.Error);
            return await ReplyAsync(sessionLock.Reply ?? "-ERR", connection.Stopping);
        }

        Pop3Log.Granted(_logger, user, lease.FencingToken);
        try
        {
            var maildir = new Maildir(folder, _logger);
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(hungUp, sessionLock.Lost);
            var messages = new MessageList(await maildir.ListAsync(cut.Token));
            await _output.ReplyAsync(sessionLock.Reply ?? "-ERR", connection.Stopping);
            return new(new Pop3Transaction(connection, sessionLock, maildir, messages, services));
        }
        catch (Exception ex) when (Maildir.IsFileError(ex) && !_output.IsInReply)
        {
            await sessionLock.DisposeAsync();
            Pop3Log.MaildirUnreadable(_logger, user, ex);
            return await ReplyAsync("-ERR [SYS/PERM] the maildrop cannot be read", connection.Stopping);
        }
    }

    private async ValueTask<Pop3Step> ReplyAsync(string reply, CancellationToken cancellationToken)
    {
        await _output.ReplyAsync(reply, cancellationToken);
        return new(this);
    }

    private async ValueTask<Pop3Step> RejectAsync(string reply, CancellationToken cancellationToken)
    {
        await _output.ReplyAsync(reply, cancellationToken);
        return new(this, Understood: false);
    }
}
