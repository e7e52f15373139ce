using System.Globalization;
using System.Net;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>A mail client of a person's own: MailKit, telling the timeline what it does.</summary>
internal sealed class MailClient : IDisposable
{
    private readonly LastReply _reply;
    private readonly Pop3Client _client;

    private readonly string _name;
    private readonly Stage _stage;

    public MailClient(string name, Stage stage)
    {
        _name = name;
        _stage = stage;
        _reply = new LastReply();
        _client = new Pop3Client(_reply);
    }

    public int Count => _client.Count;

    /// <summary>What the server announced of LOGIN-DELAY.</summary>
    public TimeSpan LoginDelay => TimeSpan.FromSeconds(_client.LoginDelay);

    /// <summary>Logs in. When the maildrop is refused, the connection is closed, as mail clients do.</summary>
    /// <param name="intent">What the timeline says before.</param>
    /// <param name="refusedAs">The response code of a refusal, should it be one.</param>
    public async Task<Login> LogInAsync(string intent = "logs in", string refusedAs = "[IN-USE]")
    {
        _stage.Tell(_name, intent);
        await _client.ConnectAsync(IPAddress.Loopback.ToString(), _stage.Host.EndPoint.Port, SecureSocketOptions.None, _stage.End);
        var asked = _stage.Time.GetTimestamp();
        try
        {
            await _client.AuthenticateAsync(new NetworkCredential(Stage.User, Stage.User), _stage.End);
            var login = new Login(true, _stage.Time.GetElapsedTime(asked));
            _stage.Tell(_name, $"<- +OK, {(Count == 1 ? "1 message" : $"{Count} messages")}, after {Timeline.Format(login.Took)}");
            return login;
        }
        catch (AuthenticationException)
        {
            var login = new Login(false, _stage.Time.GetElapsedTime(asked), RetryAfterOf(_reply.Line));
            _stage.Tell(_name, $"<- {_reply.Line}, after {Timeline.Format(login.Took)}");
            Stage.Expect(_reply.Line.Contains(refusedAs, StringComparison.Ordinal), $"a refusal says {refusedAs}");
            await _client.DisconnectAsync(quit: false, _stage.End);
            return login;
        }
    }

    public async Task FetchAsync()
    {
        for (var i = 0; i < _client.Count; i++)
        {
            using var message = await _client.GetMessageAsync(i, _stage.End);
            _stage.Tell(_name, $"fetches \"{message.Subject}\"");
        }
    }

    public async Task QuitAsync(string what = "QUIT")
    {
        _stage.Tell(_name, what);
        await _client.DisconnectAsync(quit: true, _stage.End);
    }

    /// <summary>Deletes a message; it goes at QUIT.</summary>
    public async Task DeleteAsync(int index)
    {
        await _client.DeleteMessageAsync(index, _stage.End);
        _stage.Tell(_name, $"DELE {index + 1}");
    }

    public void Dispose()
    {
        _client.Dispose();
        _reply.Dispose();
    }

    /// <summary>"... try again in 3 seconds"</summary>
    private static TimeSpan? RetryAfterOf(string reply) =>
        reply.Split(' ') is [.., "in", var number, "second" or "seconds"] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}

/// <summary>How a login ended.</summary>
/// <param name="IsLetIn">Whether it got the maildrop.</param>
/// <param name="Took">How long the answer took.</param>
/// <param name="RetryAfter">How long to wait, where the server said so.</param>
internal readonly record struct Login(bool IsLetIn, TimeSpan Took, TimeSpan? RetryAfter = null);
