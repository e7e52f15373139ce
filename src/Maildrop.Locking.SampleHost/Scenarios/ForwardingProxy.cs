using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>
/// Forwards connections to a server. While the proxy is paused, it forwards neither octets nor the end of a connection, and both sides see
/// a connection that seems healthy, as in a tunnel. When it resumes, the octets sent meanwhile arrive, as TCP would resend them.
/// </summary>
internal sealed class ForwardingProxy : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _tasks = [];

    private volatile TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ForwardingProxy(IPEndPoint server)
    {
        _server = server;
        _resumed.SetResult();
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _tasks.Add(AcceptAsync());
    }

    /// <summary>The address for clients.</summary>
    public IPEndPoint EndPoint { get; }

    public void Pause() => _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _resumed.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        while (_tasks.Count > 0)
        {
            var tasks = _tasks.ToArray();
            await Task.WhenAll(tasks);
            _tasks.RemoveAll(tasks.Contains);
        }

        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_ending.Token);
                _tasks.Add(CarryAsync(client));
            }
        }
        catch (Exception ex) when (IsEnd(ex))
        {
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                await server.ConnectAsync(_server, _ending.Token);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception ex) when (IsEnd(ex))
            {
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            do
            {
                count = await from.ReceiveAsync(buffer, _ending.Token);
                await _resumed.Task.WaitAsync(_ending.Token);
                if (count > 0)
                {
                    await to.SendAsync(buffer.AsMemory(0, count), _ending.Token);
                }
            }
            while (count > 0);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ex) when (IsEnd(ex))
        {
            // A broken connection on one side breaks the other.
            to.Dispose();
        }
    }

    private static bool IsEnd(Exception ex) => ex is OperationCanceledException or SocketException or ObjectDisposedException;
}
