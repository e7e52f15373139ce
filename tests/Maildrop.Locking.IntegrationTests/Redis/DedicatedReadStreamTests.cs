using System.Net;
using System.Net.Sockets;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The stream under a connection of our own: no call of it waits for the other side on the caller's thread.</summary>
public sealed class DedicatedReadStreamTests : IDisposable
{
    private const int More = 32 * 1024 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public DedicatedReadStreamTests() => _listener.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_that_the_server_does_not_read_is_finished_when_it_does()
    {
        var (stream, server) = await ConnectAsync();
        using var both = server;
        await using var disposed = stream;
        var written = new byte[More];
        Random.Shared.NextBytes(written);
        var write = stream.WriteAsync(written, Cancel).AsTask();
        Assert.False(write.IsCompleted);
        var read = new byte[More];
        await using var other = new NetworkStream(server);
        await other.ReadExactlyAsync(read, Cancel);
        await write;
        Assert.Equal(written, read);
    }

    [Fact]
    public async Task Disposal_ends_the_write_and_the_read_that_are_under_way()
    {
        var (stream, server) = await ConnectAsync();
        using var both = server;
        var write = stream.WriteAsync(new byte[More], Cancel).AsTask();
        var read = stream.ReadAsync(new byte[1], Cancel).AsTask();
        Assert.False(write.IsCompleted || read.IsCompleted);
        await stream.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
        await Task.WhenAny(read).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task A_connection_that_is_refused_says_so()
    {
        var endpoint = _listener.LocalEndpoint;
        _listener.Stop();
        await using var stream = new DedicatedReadStream(endpoint);
        await Assert.ThrowsAnyAsync<SocketException>(stream.ConnectAsync);
    }

    [Fact]
    public async Task A_successor_closes_what_was_given_up()
    {
        using var reads = new DedicatedReads();
        var first = await reads.BeforeAuthenticateAsync(_listener.LocalEndpoint, StackExchange.Redis.ConnectionType.Interactive, null, Cancel);
        using var server = await _listener.AcceptSocketAsync(Cancel);
        await using var second = await reads.BeforeAuthenticateAsync(_listener.LocalEndpoint, StackExchange.Redis.ConnectionType.Interactive, null, Cancel);
        Assert.Equal(0, await server.ReceiveAsync(new byte[1], Cancel));
        await first!.DisposeAsync();
    }

    public void Dispose() => _listener.Dispose();

    private async Task<(DedicatedReadStream Stream, Socket Server)> ConnectAsync()
    {
        var stream = new DedicatedReadStream(_listener.LocalEndpoint);
        await stream.ConnectAsync();
        return (stream, await _listener.AcceptSocketAsync(Cancel));
    }
}
