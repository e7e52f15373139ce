using System.Net;
using Maildrop.Locking.SampleHost.Maildirs;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// One connection, from the greeting to its end: reads commands, gives them to the state that the session is in, and notices when the
/// client falls silent or the lease is lost.
/// </summary>
internal sealed class Pop3Session : IDisposable
{
    private readonly ConnectionContext _connection;
    private readonly Pop3Options _options;
    private readonly ILogger _logger;
    private readonly Pop3LineReader _lines;
    private readonly Pop3Output _output;
    private readonly MaildropSessionLock _lock;

    // RFC 1939's autologout timer, where there is no lease that has its own.
    private readonly CancellationTokenSource _silence;
    private readonly CancellationToken _stopping;

    private IPop3State _state;

    public Pop3Session(
        ConnectionContext connection, IMaildropLock locks, MaildropFolders folders, Capabilities capabilities, Pop3Options options, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _options = options;
        _logger = logger;
        _lines = new(connection.Transport.Input);
        _output = new(connection.Transport.Output);
        _lock = new(locks, new MaildropSession("POP3", connection.ConnectionId, AddressOf(connection.RemoteEndPoint)), options.LoginWait, options.Takeover);
        _silence = new(options.IdleTimeout, time);
        _stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        _state = new Pop3Authorization(_output, _lock, folders, capabilities, options, logger, connection.ConnectionClosed);
    }

    /// <summary>Ends whatever needs the lease; once that is known, there is nothing left to end.</summary>
    private CancellationToken Lost => _state is Pop3Transaction ? _lock.Lost : CancellationToken.None;

    /// <summary>In TRANSACTION, silence is the lease's to notice.</summary>
    private CancellationToken Silence => _state is Pop3Transaction ? CancellationToken.None : _silence.Token;

    /// <summary>Runs the session. Whatever ends it, it throws nothing, and its lease is released when it returns.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _output.ReplyAsync("+OK Maildrop.Locking sample POP3 server ready", _stopping);
            await AnswerCommandsAsync();
        }
        catch (OperationCanceledException)
        {
            // Lost, silent or stopping in the middle of something: no reply would be whole, so there is none. The lease is let go at
            // once, also of a client that takes nothing: whoever took the maildrop over waits for that.
            if (_lock.Loss is not MaildropLeaseLoss.None and var loss)
            {
                Pop3Log.Lost(_logger, loss);
            }

            CutOff("cancelled");
        }
        catch (IOException e)
        {
            CutOff(e.Message);
        }
#pragma warning disable CA1031 // A fault of one session must not become the server's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Pop3Log.Failed(_logger, e);
            CutOff("failed");
        }
        finally
        {
            await _lock.DisposeAsync();
        }
    }

    public void Dispose() => _silence.Dispose();

    private async Task AnswerCommandsAsync()
    {
        var badCommands = 0;
        while (await ReadAsync() is { Kind: not Pop3LineKind.End } line)
        {
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(_stopping, Lost);
            var step = line.Kind switch
            {
                _ when _state is LostState => await _state.HandleAsync(default, cut.Token),
                Pop3LineKind.Text => await _state.HandleAsync(Pop3Command.Parse(line.Text), cut.Token),
                Pop3LineKind.TooLong => await RejectAsync($"-ERR a line has at most {Pop3LineReader.MaxOctets} octets", cut.Token),
                _ => await RejectAsync("-ERR that is no text", cut.Token),
            };

            badCommands = step.Understood ? 0 : badCommands + 1;
            if (step.Next is not { } next || badCommands >= _options.MaxBadCommands)
            {
                return;
            }

            _state = next;
        }
    }

    /// <summary>The next line. The end, when there is none, and when the client has been silent for too long.</summary>
    private async ValueTask<Pop3Line> ReadAsync()
    {
        while (true)
        {
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(_stopping, Silence, Lost);
            try
            {
                var line = await _lines.ReadAsync(wake.Token);
                _silence.CancelAfter(_options.IdleTimeout);
                _lock.RecordActivity();
                if (_state is not Pop3Transaction || _lock.IsHeld || await EndTransactionAsync())
                {
                    return line;
                }
            }
            catch (OperationCanceledException) when (Lost.IsCancellationRequested && !_stopping.IsCancellationRequested)
            {
                if (await EndTransactionAsync())
                {
                    continue;
                }
            }
            catch (OperationCanceledException) when (Silence.IsCancellationRequested)
            {
                Pop3Log.Ended(_logger, "silent");
            }

            return new(Pop3LineKind.End);
        }
    }

    /// <summary>
    /// The lease is lost, and nothing that needs it is under way: lets go of it, so that the next session is let in at once. False
    /// when there is nothing to tell the client.
    /// </summary>
    private async ValueTask<bool> EndTransactionAsync()
    {
        Pop3Log.Lost(_logger, _lock.Loss);
        await _lock.DisposeAsync();
        if (_lock.Reply is not { } reply)
        {
            return false;
        }

        _state = new LostState(reply, _output);
        _silence.CancelAfter(_options.IdleTimeout);
        return true;
    }

    private async ValueTask<Pop3Step> RejectAsync(string reply, CancellationToken cancellationToken)
    {
        await _output.ReplyAsync(reply, cancellationToken);
        return new(_state, Understood: false);
    }

    private void CutOff(string reason)
    {
        Pop3Log.Ended(_logger, reason);
        _connection.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>The address without the port, by which a returning client is known; null where it has none.</summary>
    private static string? AddressOf(EndPoint? remote) => remote switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped => mapped.Address.MapToIPv4().ToString(),
        IPEndPoint ip => ip.Address.ToString(),
        _ => null,
    };
}
