using System.Globalization;
using System.Net;
using MailKit;
using MailKit.Net.Pop3;
using MailKit.Security;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>A person's mail client. It uses MailKit and reports to the timeline.</summary>
internal sealed class MailClient : IDisposable
{
    private readonly LastReply _reply;
    private readonly Pop3Client _client;

    private readonly string _name;
    private readonly ScenarioHost _host;

    public MailClient(string name, ScenarioHost host)
    {
        _name = name;
        _host = host;
        _reply = new LastReply();
        _client = new Pop3Client(_reply);
    }

    public int Count => _client.Count;

    /// <summary>The LOGIN-DELAY that the server announced.</summary>
    public TimeSpan LoginDelay => TimeSpan.FromSeconds(_client.LoginDelay);

    /// <summary>Logs in. Closes the connection if the maildrop is refused, as mail clients do.</summary>
    /// <param name="intent">The line of the timeline before the login.</param>
    /// <param name="refusedAs">The response code to expect if the login is refused.</param>
    public async Task<Login> LogInAsync(string intent = "logs in", string refusedAs = "[IN-USE]")
    {
        _host.Report(_name, intent);
        await _client.ConnectAsync(IPAddress.Loopback.ToString(), _host.Host.EndPoint.Port, SecureSocketOptions.None, _host.End);
        var asked = _host.Time.GetTimestamp();
        try
        {
            await _client.AuthenticateAsync(new NetworkCredential(ScenarioHost.User, ScenarioHost.User), _host.End);
            var login = new Login(true, _host.Time.GetElapsedTime(asked));
            _host.Report(_name, $"<- +OK, {(Count == 1 ? "1 message" : $"{Count} messages")}, after {Timeline.Format(login.Took)}");
            return login;
        }
        catch (AuthenticationException)
        {
            var login = new Login(false, _host.Time.GetElapsedTime(asked), RetryAfterOf(_reply.Line));
            _host.Report(_name, $"<- {_reply.Line}, after {Timeline.Format(login.Took)}");
            ScenarioHost.Expect(_reply.Line.Contains(refusedAs, StringComparison.Ordinal), $"a refusal says {refusedAs}");
            await _client.DisconnectAsync(quit: false, _host.End);
            return login;
        }
    }

    public async Task FetchAsync()
    {
        for (var i = 0; i < _client.Count; i++)
        {
            using var message = await _client.GetMessageAsync(i, _host.End);
            _host.Report(_name, $"fetches \"{message.Subject}\"");
        }
    }

    public async Task QuitAsync(string what = "QUIT")
    {
        _host.Report(_name, what);
        await _client.DisconnectAsync(quit: true, _host.End);
    }

    /// <summary>Marks a message as deleted. The server removes it at QUIT.</summary>
    public async Task DeleteAsync(int index)
    {
        await _client.DeleteMessageAsync(index, _host.End);
        _host.Report(_name, $"DELE {index + 1}");
    }

    public void Dispose()
    {
        _client.Dispose();
        _reply.Dispose();
    }

    /// <summary>Parses "... try again in 3 seconds".</summary>
    private static TimeSpan? RetryAfterOf(string reply) =>
        reply.Split(' ') is [.., "in", var number, "second" or "seconds"] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}

/// <summary>The outcome of a login.</summary>
/// <param name="IsLetIn">Whether the login got the maildrop.</param>
/// <param name="Took">How long the answer took.</param>
/// <param name="RetryAfter">How long to wait before the next login; null if the server did not say.</param>
internal readonly record struct Login(bool IsLetIn, TimeSpan Took, TimeSpan? RetryAfter = null);
