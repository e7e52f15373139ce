using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Maildrop.Locking.Storage;

/// <summary>
/// Has each connection read by a thread of its own: where the host's work starves the thread pool, the answers to renewals still come in.
/// The sockets are made here, because one that was ever used asynchronously has the pool told of each packet, for nothing.
/// </summary>
internal sealed class DedicatedReads : Tunnel, IDisposable
{
    private readonly Dictionary<(EndPoint, ConnectionType), DedicatedReadStream> _streams = [];
    private bool _disposed;

    /// <summary>What the configuration does with sockets before they connect.</summary>
    public Action<EndPoint, ConnectionType, Socket>? BeforeConnect { get; init; }

    /// <summary>Is told, on any thread, of each endpoint that could not be connected to.</summary>
    public Action<EndPoint>? Unreached { get; init; }

    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

    public override async ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        var stream = new DedicatedReadStream(endpoint);
        try
        {
            BeforeConnect?.Invoke(endpoint, connectionType, stream.Socket);
            Replace(endpoint, connectionType, stream);
            await stream.ConnectAsync().ConfigureAwait(false);
            return stream;
        }
        catch
        {
            Unreached?.Invoke(endpoint);
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose()
    {
        DedicatedReadStream[] streams;
        lock (_streams)
        {
            _disposed = true;
            streams = [.. _streams.Values];
            _streams.Clear();
        }

        Array.ForEach(streams, stream => stream.Dispose());
    }

    /// <summary>There is one connection of a kind at a time. Nobody closes one that was given up, so its successor does.</summary>
    private void Replace(EndPoint endpoint, ConnectionType connectionType, DedicatedReadStream stream)
    {
        DedicatedReadStream? last;
        lock (_streams)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _streams.Remove((endpoint, connectionType), out last);
            _streams.Add((endpoint, connectionType), stream);
        }

        last?.Dispose();
    }
}
