using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>A client on a plain socket. Unlike the clients in libraries, it can disappear without QUIT.</summary>
internal sealed class VanishingClient(string name, ScenarioHost host, IPEndPoint? server = null) : IDisposable
{
    private readonly TcpClient _client = new();
    private StreamReader? _replies;

    public async Task LogInAsync()
    {
        host.Report(name, "logs in");
        await _client.ConnectAsync(server ?? host.Host.EndPoint, host.End);
        _replies = new StreamReader(_client.GetStream(), Encoding.ASCII);
        ScenarioHost.Expect(await _replies.ReadLineAsync(host.End) is ['+', ..]);
        await CommandAsync($"USER {ScenarioHost.User}");
        host.Report(name, $"<- {await CommandAsync($"PASS {ScenarioHost.User}")}");
    }

    public async Task DeleteAsync(int number)
    {
        host.Report(name, $"DELE {number}");
        host.Report(name, $"<- {await CommandAsync($"DELE {number}")}");
    }

    /// <summary>Sends QUIT, and returns the reply.</summary>
    public async Task<string> QuitAsync()
    {
        host.Report(name, "QUIT");
        var reply = await AskAsync("QUIT");
        host.Report(name, $"<- {reply}");
        return reply ?? "";
    }

    /// <summary>Sends a FIN without QUIT, as the system does for a crashed program.</summary>
    public void Close()
    {
        host.Report(name, "is gone without QUIT; the connection is closed");
        _client.Close();
    }

    /// <summary>Whether the server has closed the connection without a further reply.</summary>
    public async Task<bool> IsClosedWithoutWordAsync()
    {
        try
        {
            return await _replies!.ReadLineAsync(host.End) is null;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> CommandAsync(string line)
    {
        var reply = await AskAsync(line);
        ScenarioHost.Expect(reply is ['+', ..], $"{line.Split(' ')[0]} is answered +OK");
        return reply;
    }

    private async Task<string?> AskAsync(string line)
    {
        await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), host.End);
        return await _replies!.ReadLineAsync(host.End);
    }
}
