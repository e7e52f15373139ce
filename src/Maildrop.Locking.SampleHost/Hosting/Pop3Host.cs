using System.Net;
using System.Security.Cryptography.X509Certificates;
using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Pop3;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>
/// A POP3 server on Kestrel. Read on in Pop3ConnectionHandler, Pop3Session, and its states Pop3Authorization and Pop3Transaction.
/// MaildropSessionLock has all their calls to Maildrop.Locking.
/// </summary>
internal sealed class Pop3Host : IAsyncDisposable
{
    /// <summary>The buffers between a session and its client are small, so that octets in buffers do not count as progress.</summary>
    private const int BufferSize = 16 * 1024;

    private const string AdminPath = "/locks";

    private readonly WebApplication _app;
    private readonly ListenOptions?[] _listening;

    private Pop3Host(WebApplication app, X509Certificate2 certificate, ListenOptions?[] listening)
    {
        _app = app;
        Certificate = certificate;
        _listening = listening;
    }

    /// <summary>The address of the POP3 listener.</summary>
    public IPEndPoint EndPoint => _listening[0]!.IPEndPoint!;

    /// <summary>The address of the TLS listener; null if there is none.</summary>
    public IPEndPoint? TlsEndPoint => _listening[1]?.IPEndPoint;

    /// <summary>The page that lists and revokes leases; null if there is none.</summary>
    public Uri? AdminPage => _listening[2]?.IPEndPoint is { } endPoint ? new($"http://{endPoint}{AdminPath}") : null;

    /// <summary>The certificate that clients must trust.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The lock that the sessions use.</summary>
    public IMaildropLock Locks => _app.Services.GetRequiredService<IMaildropLock>();

    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="MaildropStoreException">The store cannot keep leases.</exception>
    public static async Task<Pop3Host> StartAsync(Pop3HostOptions options, CancellationToken cancellationToken)
    {
        var certificate = options.Certificate ?? LoopbackCertificate.Create();
        var builder = WebApplication.CreateEmptyBuilder(new());
        options.Log(builder.Logging);
        AddServices(builder.Services, options, certificate);
        var listening = new ListenOptions?[3];
        builder.WebHost.UseKestrelCore().UseSockets(LimitBuffers).ConfigureKestrel(kestrel =>
        {
            // The handler refuses connections above its limit with a reply. Kestrel drops connections above this limit.
            kestrel.Limits.MaxConcurrentConnections = 2L * options.MaxConnections;
            kestrel.Listen(options.Bind, options.Port, listen =>
            {
                listen.UseConnectionHandler<Pop3ConnectionHandler>();
                listening[0] = listen;
            });
            if (options.TlsPort is { } tlsPort)
            {
                kestrel.Listen(options.Bind, tlsPort, listen =>
                {
                    listen.Protocols = HttpProtocols.None;
                    listen.UseHttps(certificate);
                    listen.UseConnectionHandler<Pop3ConnectionHandler>();
                    listening[1] = listen;
                });
            }

            if (options.AdminPort is { } adminPort)
            {
                kestrel.Listen(IPAddress.Loopback, adminPort, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listening[2] = listen;
                });
            }
        });

        var app = builder.Build();
        try
        {
            // The page asks for no password, so every program on this machine can list and revoke leases.
            app.MapMaildropLocking(AdminPath);

            // Read from the store once, so that an unreachable store fails the start. A bad folder fails without this read.
            await app.Services.GetRequiredService<IMaildropLock>().GetHoldersAsync("nobody", cancellationToken);
            await app.StartAsync(cancellationToken);
            return new(app, certificate, listening);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves until Ctrl-C, or until the system asks the program to end.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void AddServices(IServiceCollection services, Pop3HostOptions options, X509Certificate2 certificate)
    {
        services.AddSingleton(options.Time);
        services.AddSingleton<Pop3Options>(options);
        services.AddSingleton(new MaildropFolders(options.Maildrops, options.Password));
        services.AddSingleton(provider => new Capabilities(provider.GetRequiredService<IOptions<MaildropLockOptions>>().Value));
        services.AddSingleton(new System.Net.Security.SslServerAuthenticationOptions { ServerCertificate = certificate });
        services.AddSingleton<Pop3Services>();
        services.AddSingleton<Pop3ConnectionHandler>();
        services.AddRoutingCore();

        // The whole registration of the lock. The sessions get it as IMaildropLock.
        options.Store.AddTo(services.AddMaildropLocking(locking =>
        {
            locking.LeaseDuration = options.LeaseDuration;
            locking.IdleTimeout = options.IdleTimeout;
            locking.TakeoverIdleTime = options.TakeoverIdleTime;
            locking.LoginDelay = options.LoginDelay;
        }));
    }

    private static void LimitBuffers(SocketTransportOptions sockets)
    {
        sockets.MaxReadBufferSize = BufferSize;
        sockets.MaxWriteBufferSize = BufferSize;
        sockets.CreateBoundListenSocket = endPoint =>
        {
            // Accepted sockets inherit this size. By default the kernel buffers megabytes that a slow client has not read yet.
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            socket.SendBufferSize = BufferSize;
            return socket;
        };
    }
}
