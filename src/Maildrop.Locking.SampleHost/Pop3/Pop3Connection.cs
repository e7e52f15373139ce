using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A client's connection. Kestrel encrypts connections to the TLS port. On the other port STLS (RFC 2595) encrypts them later.</summary>
internal sealed class Pop3Connection(ConnectionContext connection) : IAsyncDisposable
{
    private SslStream? _tls;

    public Pop3LineReader Lines { get; } = new(connection.Transport.Input);

    public Pop3Output Output { get; } = new(connection.Transport.Output);

    public string Id => connection.ConnectionId;

    public IPAddress? ClientAddress { get; } = AddressOf(connection.RemoteEndPoint);

    public bool IsEncrypted { get; private set; } = connection.Features.Get<ITlsHandshakeFeature>() is not null;

    /// <summary>Whether a password may be sent: the connection is encrypted, or stays on this machine.</summary>
    public bool IsPrivate => IsEncrypted || (ClientAddress is { } address && IPAddress.IsLoopback(address));

    /// <summary>Is cancelled when the server stops.</summary>
    public CancellationToken Stopping { get; } = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <summary>The client's address, without the port; null if it has none.</summary>
    public static IPAddress? AddressOf(EndPoint? remote) => remote is IPEndPoint { Address: var address }
        ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
        : null;

    /// <summary>Encrypts the connection. Called after the answer to STLS.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The client does not agree on TLS.</exception>
    public async Task EncryptAsync(SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        _tls = new SslStream(new DuplexPipeStream(connection.Transport));
        await _tls.AuthenticateAsServerAsync(options, cancellationToken);
        Lines.SwitchTo(PipeReader.Create(_tls, new(leaveOpen: true)));
        Output.SwitchTo(PipeWriter.Create(_tls, new(leaveOpen: true)));
        IsEncrypted = true;
    }

    public void Abort(string reason) => connection.Abort(new ConnectionAbortedException(reason));

    public async ValueTask DisposeAsync()
    {
        if (_tls is not null)
        {
            try
            {
                await _tls.ShutdownAsync();
            }
            catch (Exception ex) when (ex is IOException or InvalidOperationException or OperationCanceledException)
            {
                // The client is gone, or the handshake did not complete.
            }

            await _tls.DisposeAsync();
        }
    }
}
