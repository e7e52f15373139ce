namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// One connection, from the greeting to its end. Reads commands, passes them to the session's state, and notices when the client falls
/// silent or the lease is lost.
/// </summary>
internal sealed class Pop3Session : IDisposable
{
    /// <summary>How long the last reply may take.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(10);

    private readonly Pop3Connection _connection;
    private readonly Pop3Services _services;
    private readonly ILogger _logger;
    private readonly MaildropSessionLock _lock;

    private IPop3State _state;
    private CancellationTokenSource _timer;

    public Pop3Session(Pop3Connection connection, Pop3Services services)
    {
        _connection = connection;
        _services = services;
        _logger = services.Logger;
        _lock = new(services.Locks, new MaildropSession("POP3", connection.Id, connection.ClientAddress?.ToString()), services.Options);
        _state = new Pop3Authorization(connection, _lock, services);
        _timer = StartTimer(services.Options.LoginTimeout + services.Options.LoginWait);
    }

    private CancellationToken Stopping => _connection.Stopping;

    /// <summary>Ends a command or a reply that needs the lease.</summary>
    private CancellationToken Lost => _state is Pop3Transaction ? _lock.Lost : CancellationToken.None;

    /// <summary>Ends a session that has no lease. In TRANSACTION the lease itself ends with the client's silence.</summary>
    private CancellationToken TimeUp => _state is Pop3Transaction ? CancellationToken.None : _timer.Token;

    /// <summary>Runs the session. It throws nothing, and its lease is released when it returns.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _connection.Output.ReplyAsync("+OK Maildrop.Locking sample POP3 server ready", Stopping);
            await AnswerCommandsAsync();
        }
        catch (OperationCanceledException)
        {
            // Cancelled in the middle of a reply. Do not finish the reply: a client that reads nothing must not keep the lease.
            if (_lock.Loss is not MaildropLeaseLoss.None and var loss)
            {
                Pop3Log.Lost(_logger, loss);
            }

            CutOff("cancelled");
        }
        catch (Exception ex) when (ex is IOException or System.Security.Authentication.AuthenticationException)
        {
            CutOff(ex.Message);
        }
        catch (Exception ex)
        {
            // A bug in one session must not end the server.
            Pop3Log.Failed(_logger, ex);
            CutOff("failed");
        }
        finally
        {
            await _lock.DisposeAsync();
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task AnswerCommandsAsync()
    {
        var badCommands = 0;
        while (await ReadAsync() is { } command)
        {
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(Stopping, TimeUp, Lost);
            var step = await _state.HandleAsync(command, cut.Token);
            if (step.Farewell is { } farewell)
            {
                using var timer = StartTimer(FarewellTimeout);
                await _connection.Output.ReplyAsync(farewell, timer.Token);
            }

            badCommands = step.Understood ? 0 : badCommands + 1;
            if (step.Next is not { } next || badCommands >= _services.Options.MaxBadCommands)
            {
                return;
            }

            _state = next;
        }
    }

    /// <summary>Reads the next command; null if there is none, or if the client was silent for too long.</summary>
    private async ValueTask<Pop3Command?> ReadAsync()
    {
        while (true)
        {
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(Stopping, TimeUp, Lost);
            try
            {
                var command = await _connection.Lines.ReadAsync(_state.MaxLineOctets, wake.Token);
                if (command is not null)
                {
                    _lock.RecordActivity();
                }

                if (_state is not Pop3Transaction || _lock.IsHeld || await EndTransactionAsync())
                {
                    return command;
                }
            }
            catch (OperationCanceledException) when (Lost.IsCancellationRequested && !Stopping.IsCancellationRequested)
            {
                if (await EndTransactionAsync())
                {
                    continue;
                }
            }
            catch (OperationCanceledException) when (TimeUp.IsCancellationRequested)
            {
                Pop3Log.Ended(_logger, "silent");
            }

            return null;
        }
    }

    /// <summary>Releases a lease that was lost between two commands, so that the next session is let in at once.</summary>
    /// <returns>Whether the client's next command gets a reply.</returns>
    private async ValueTask<bool> EndTransactionAsync()
    {
        Pop3Log.Lost(_logger, _lock.Loss);
        await _lock.DisposeAsync();
        if (_lock.Reply is not { } reply)
        {
            return false;
        }

        _state = new LostState(reply);
        _timer.Dispose();
        _timer = StartTimer(_services.Options.IdleTimeout);
        return true;
    }

    private CancellationTokenSource StartTimer(TimeSpan duration) => new(duration, _services.Time);

    private void CutOff(string reason)
    {
        Pop3Log.Ended(_logger, reason);
        _connection.Abort(reason);
    }
}
