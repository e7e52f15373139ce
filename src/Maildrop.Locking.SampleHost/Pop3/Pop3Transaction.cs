using System.Globalization;
using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Messages;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The TRANSACTION state, and the UPDATE state after QUIT. Nothing is removed before UPDATE.</summary>
internal sealed class Pop3Transaction(
    Pop3Connection connection, MaildropSessionLock sessionLock, Maildir maildir, MessageList messages, Pop3Services services) : IPop3State
{
    private const string NoSuchMessage = "-ERR no such message";

    private readonly Pop3Output _output = connection.Output;

    public async ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case { Keyword: "STAT", Argument.Length: 0 }:
                return await ReplyAsync($"+OK {messages.Kept.Count()} {messages.Kept.Sum(it => it.Message.Octets)}", cancellationToken);
            case { Keyword: "LIST" }:
                return await ListAsync(command.Argument, it => it.Octets.ToString(CultureInfo.InvariantCulture), cancellationToken);
            case { Keyword: "UIDL" }:
                return await ListAsync(command.Argument, it => it.UniqueId, cancellationToken);
            case { Keyword: "RETR" }:
                return await SendAsync(command.Argument, bodyLines: null, cancellationToken);
            case { Keyword: "TOP" }:
                return await TopAsync(command.Argument, cancellationToken);
            case { Keyword: "DELE" }:
                return await DeleteAsync(command.Argument, cancellationToken);
            case { Keyword: "RSET", Argument.Length: 0 }:
                messages.UnmarkAll();
                return await ReplyAsync("+OK", cancellationToken);
            case { Keyword: "NOOP", Argument.Length: 0 }:
                return await ReplyAsync("+OK", cancellationToken);
            case { Keyword: "CAPA", Argument.Length: 0 }:
                await services.Capabilities.ReplyAsync(connection, isLoggedIn: true, cancellationToken);
                return new(this);
            case { Keyword: "QUIT", Argument.Length: 0 }:
                return Pop3Step.Close(await UpdateAsync());
            default:
                await _output.ReplyAsync($"-ERR {command.Fault ?? "not a command of this state"}", cancellationToken);
                return new(this, Understood: false);
        }
    }

    private async ValueTask<Pop3Step> ListAsync(string number, Func<MaildirMessage, string> tell, CancellationToken cancellationToken)
    {
        if (number.Length == 0)
        {
            await _output.ReplyAsync("+OK", messages.Kept.Select(it => $"{it.Number} {tell(it.Message)}"), sessionLock.RecordActivity, cancellationToken);
            return new(this);
        }

        return await ReplyAsync(messages.Find(number, out var found) is { } message ? $"+OK {found} {tell(message)}" : NoSuchMessage, cancellationToken);
    }

    private async ValueTask<Pop3Step> DeleteAsync(string number, CancellationToken cancellationToken)
    {
        if (messages.Find(number, out var found) is null)
        {
            return await ReplyAsync(NoSuchMessage, cancellationToken);
        }

        messages.Mark(found);
        return await ReplyAsync($"+OK message {found} goes at QUIT", cancellationToken);
    }

    private async ValueTask<Pop3Step> TopAsync(string argument, CancellationToken cancellationToken)
    {
        if (argument.Split(' ') is [var number, var lines] && long.TryParse(lines, NumberStyles.None, CultureInfo.InvariantCulture, out var bodyLines))
        {
            return await SendAsync(number, bodyLines, cancellationToken);
        }

        await _output.ReplyAsync("-ERR TOP takes a message and a number of lines", cancellationToken);
        return new(this, Understood: false);
    }

    private async ValueTask<Pop3Step> SendAsync(string number, long? bodyLines, CancellationToken cancellationToken)
    {
        if (messages.Find(number, out _) is not { } message)
        {
            return await ReplyAsync(NoSuchMessage, cancellationToken);
        }

        try
        {
            await using var file = maildir.Open(message);
            var length = bodyLines is { } lines ? await MessageTop.FindEndAsync(file, lines, cancellationToken) : file.Length;
            file.Position = 0;
            var first = bodyLines is null ? $"+OK {message.Octets} octets" : "+OK";
            await _output.ReplyAsync(first, file, length, sessionLock.RecordActivity, cancellationToken);
        }
        catch (Exception ex) when (Maildir.IsFileError(ex) && !_output.IsInReply)
        {
            MaildirLog.MessageUnreadable(services.Logger, message.Path, ex);
            await _output.ReplyAsync("-ERR [SYS/TEMP] the message cannot be read", cancellationToken);
        }

        return new(this);
    }

    /// <summary>RFC 1939's UPDATE state. Releases the maildrop, even if removals fail.</summary>
    /// <returns>The reply to QUIT; null to close the connection without one.</returns>
    private async ValueTask<string?> UpdateAsync()
    {
        if (!await sessionLock.BeginUpdateAsync())
        {
            await sessionLock.DisposeAsync();
            return sessionLock.Reply;
        }

        // UPDATE has a timeout too, so check the lease before each removal.
        var areRemoved = maildir.Remove(messages.Marked.Select(it => it.Message), () => sessionLock.IsHeld);
        await sessionLock.DisposeAsync();
        return areRemoved ? "+OK bye" : "-ERR some deleted messages not removed";
    }

    private async ValueTask<Pop3Step> ReplyAsync(string line, CancellationToken cancellationToken)
    {
        await _output.ReplyAsync(line, cancellationToken);
        return new(this);
    }
}
