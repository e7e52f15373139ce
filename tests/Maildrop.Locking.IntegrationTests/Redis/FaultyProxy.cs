using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A way to a server that can be cut, slowed down, or lose replies.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Socket> _sockets = [];
    private int _droppedFlows;

    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long replies take longer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>
    /// Whether replies vanish, on connections that seem well. A connection that lost one brings none any more, also when this is over:
    /// TCP ends a stream, and never leaves a piece of it out.
    /// </summary>
    public bool Swallow { get; set; }

    /// <summary>Whether new connections are refused.</summary>
    public bool Refuse { get; set; }

    /// <summary>The connections that there are lose all that is sent from now on, and nobody is told. New ones work.</summary>
    public void DropFlows() => Interlocked.Increment(ref _droppedFlows);

    public void Cut()
    {
        lock (_sockets)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_ending.Token);
                if (Refuse)
                {
                    client.Dispose();
                    continue;
                }

                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                lock (_sockets)
                {
                    _sockets.AddRange([client, server]);
                }

                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
                }
                catch (Exception ex) when (ex is SocketException or ObjectDisposedException && !_ending.IsCancellationRequested)
                {
                    // Cut while it was being connected: the next connection is another matter.
                    client.Dispose();
                    server.Dispose();
                    continue;
                }

                _ = PumpAsync(client, server, isReply: false);
                _ = PumpAsync(server, client, isReply: true);
            }
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[64 * 1024];
        var lost = false;
        var flow = Volatile.Read(ref _droppedFlows);
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is > 0 and var count)
            {
                if (isReply && Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, _ending.Token);
                }

                lost |= (isReply && Swallow) || flow != Volatile.Read(ref _droppedFlows);
                if (!lost)
                {
                    await to.SendAsync(buffer.AsMemory(0, count), _ending.Token);
                }
            }
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        from.Dispose();
        to.Dispose();
    }
}
