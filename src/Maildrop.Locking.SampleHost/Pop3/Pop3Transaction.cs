using System.Globalization;
using Maildrop.Locking.SampleHost.Maildirs;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The TRANSACTION state, and UPDATE, which QUIT enters from it. Nothing is removed before UPDATE.</summary>
internal sealed class Pop3Transaction(
    Pop3Output output, MaildropSessionLock sessionLock, MessageList messages, Capabilities capabilities, ILogger logger) : IPop3State
{
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
                await capabilities.ReplyAsync(output, cancellationToken);
                return new(this);
            case { Keyword: "QUIT", Argument.Length: 0 }:
                if (await UpdateAsync() is { } farewell)
                {
                    await output.ReplyAsync(farewell, cancellationToken);
                }

                return Pop3Step.Close;
            default:
                await output.ReplyAsync("-ERR not a command of this state", cancellationToken);
                return new(this, Understood: false);
        }
    }

    /// <summary>Whether an exception is about a file and not about the program.</summary>
    public static bool IsOfTheFile(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private async ValueTask<Pop3Step> ListAsync(string number, Func<MaildirMessage, string> tell, CancellationToken cancellationToken)
    {
        if (number.Length == 0)
        {
            await output.ReplyAsync("+OK", messages.Kept.Select(it => $"{it.Number} {tell(it.Message)}"), cancellationToken);
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

        await output.ReplyAsync("-ERR TOP takes a message and a number of lines", cancellationToken);
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
            await using var file = message.Open();
            var length = bodyLines is { } lines ? await MessageTop.FindEndAsync(file, lines, cancellationToken) : file.Length;
            file.Position = 0;
            var first = bodyLines is null ? $"+OK {message.Octets} octets" : "+OK";
            await output.ReplyAsync(first, file, length, sessionLock.RecordActivity, cancellationToken);
        }
        catch (Exception e) when (IsOfTheFile(e) && !output.IsInReply)
        {
            Pop3Log.MessageUnreadable(logger, message.Path, e);
            await output.ReplyAsync("-ERR [SYS/TEMP] the message cannot be read", cancellationToken);
        }

        return new(this);
    }

    /// <summary>RFC 1939's UPDATE state. The lock is gone when this returns, whether the removals worked or not.</summary>
    private async ValueTask<string?> UpdateAsync()
    {
        if (!await sessionLock.BeginUpdateAsync())
        {
            await sessionLock.DisposeAsync();
            return sessionLock.Reply;
        }

        var kept = 0;
        foreach (var (_, message) in messages.Marked)
        {
            try
            {
                // UPDATE has an end too, so it is asked each time.
                if (sessionLock.IsHeld)
                {
                    File.Delete(message.Path);
                    continue;
                }
            }
            catch (Exception e) when (IsOfTheFile(e))
            {
                Pop3Log.MessageNotRemoved(logger, message.Path, e);
            }

            kept++;
        }

        await sessionLock.DisposeAsync();
        return kept == 0 ? "+OK bye" : "-ERR some deleted messages not removed";
    }

    private const string NoSuchMessage = "-ERR no such message";

    private async ValueTask<Pop3Step> ReplyAsync(string line, CancellationToken cancellationToken)
    {
        await output.ReplyAsync(line, cancellationToken);
        return new(this);
    }
}
