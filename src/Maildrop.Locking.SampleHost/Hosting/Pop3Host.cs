using System.Net;
using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Pop3;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>A POP3 server on Kestrel, from its start to its end.</summary>
internal sealed class Pop3Host : IAsyncDisposable
{
    private const int MaxConnections = 1000;
    private const int MaxReadBuffer = 16 * 1024;

    private readonly WebApplication _app;

    private Pop3Host(WebApplication app, IPEndPoint endPoint)
    {
        _app = app;
        EndPoint = endPoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The lock that its sessions share, for whoever else has to do with the maildrops.</summary>
    public IMaildropLock Locks => _app.Services.GetRequiredService<IMaildropLock>();

    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="MaildropStoreException">The store will not do.</exception>
    public static async Task<Pop3Host> StartAsync(Pop3HostOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        options.Log(builder.Logging);
        var services = builder.Services;
        services.AddSingleton(options.Time);
        services.AddSingleton(new MaildropFolders(options.Maildrops, options.Password));
        services.AddSingleton(new Pop3Options { IdleTimeout = options.IdleTimeout, LoginWait = options.LoginWait });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        // All that it takes to have the lock; the sessions are given it as IMaildropLock.
        options.Store.AddTo(services.AddMaildropLocking(locking => locking.IdleTimeout = options.IdleTimeout));
        services.AddHostedService<LeasesEndLast>();

        ListenOptions? listening = null;
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.MaxReadBufferSize = MaxReadBuffer).ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(options.Bind, options.Port, listen =>
            {
                listening = listen;
                listen.UseConnectionHandler<Pop3ConnectionHandler>();
            });
        });

        var app = builder.Build();
        try
        {
            // Made before anybody can log in, so that a store that will not do is told of now.
            app.Services.GetRequiredService<IMaildropLock>();
            await app.StartAsync(cancellationToken);
            return new(app, listening?.IPEndPoint ?? throw new InvalidOperationException("Kestrel listens nowhere."));
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves until Ctrl-C, or until the system asks for the end.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
