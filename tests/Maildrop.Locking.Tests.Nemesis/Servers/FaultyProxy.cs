using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>The way of one process to a server, which can be cut, slowed down, or swallow what is sent.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Connection> _connections = [];
    private readonly Task _accepting;

    public FaultyProxy(int target)
    {
        Target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The port that the connections lead to that are made from now on.</summary>
    public int Target { get; set; }

    /// <summary>How much later each reply arrives.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether the connections that are made from now on swallow everything too.</summary>
    public bool SwallowsNew { get; set; }

    /// <summary>Ends all connections, with a reset or with an orderly end.</summary>
    public void Cut(bool reset)
    {
        lock (_connections)
        {
            foreach (var connection in _connections)
            {
                connection.End(reset);
            }

            _connections.Clear();
        }
    }

    /// <summary>From now on the connections that there are bring nothing any more, and do not end: replies only, or both ways.</summary>
    public void Swallow(bool repliesOnly)
    {
        lock (_connections)
        {
            foreach (var connection in _connections)
            {
                connection.LosesReplies = true;
                connection.LosesRequests = !repliesOnly;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut(reset: true);
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_ending.Token);
                var connection = new Connection(client, new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }) { LosesReplies = SwallowsNew, LosesRequests = SwallowsNew };
                client.NoDelay = true;
                lock (_connections)
                {
                    _connections.Add(connection);
                }

                _ = ServeAsync(connection);
            }
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            await connection.Server.ConnectAsync(IPAddress.Loopback, Target, _ending.Token);
            await Task.WhenAny(
                PumpAsync(connection.Client, connection.Server, () => connection.LosesRequests, () => default),
                PumpAsync(connection.Server, connection.Client, () => connection.LosesReplies, () => Delay));
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        connection.Client.Dispose();
        connection.Server.Dispose();
        lock (_connections)
        {
            _connections.Remove(connection);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Func<bool> loses, Func<TimeSpan> delay)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is > 0 and var count)
            {
                if (delay() is { Ticks: > 0 } later)
                {
                    await Task.Delay(later, _ending.Token);
                }

                if (!loses())
                {
                    await to.SendAsync(buffer.AsMemory(0, count), _ending.Token);
                }
            }
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private sealed class Connection(Socket client, Socket server)
    {
        public Socket Client => client;

        public Socket Server => server;

        public volatile bool LosesReplies;

        public volatile bool LosesRequests;

        public void End(bool reset)
        {
            try
            {
                client.LingerState = reset ? new(true, 0) : new(false, 0);
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself meanwhile.
            }

            client.Dispose();
            server.Dispose();
        }
    }
}
