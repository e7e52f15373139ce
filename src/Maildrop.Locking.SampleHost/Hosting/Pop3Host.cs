using System.Net;
using Maildrop.Locking.SampleHost.Admin;
using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Pop3;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>A POP3 server on Kestrel, from its start to its end.</summary>
internal sealed class Pop3Host : IAsyncDisposable
{
    private const int MaxConnections = 1000;
    private const int MaxReadBuffer = 16 * 1024;

    private readonly WebApplication _app;

    private Pop3Host(WebApplication app, IPEndPoint endPoint, IPEndPoint? admin)
    {
        _app = app;
        EndPoint = endPoint;
        Admin = admin;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Where its operator asks who holds what; null where nobody may.</summary>
    public IPEndPoint? Admin { get; }

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
        services.AddSingleton(new Pop3Options { IdleTimeout = options.IdleTimeout, LoginWait = options.LoginWait, Takeover = options.Takeover });
        services.AddSingleton(provider => new Capabilities(provider.GetRequiredService<IOptions<MaildropLockOptions>>().Value));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        // All that it takes to have the lock; the sessions are given it as IMaildropLock.
        options.Store.AddTo(services.AddMaildropLocking(locking =>
        {
            locking.LeaseDuration = options.LeaseDuration;
            locking.IdleTimeout = options.IdleTimeout;
            locking.TakeoverIdleTime = options.TakeoverIdleTime;
            locking.LoginDelay = options.LoginDelay;
        }));
        services.AddHostedService<LeasesEndLast>();

        ListenOptions? listening = null, admin = null;
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.MaxReadBufferSize = MaxReadBuffer).ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(options.Bind, options.Port, listen =>
            {
                listening = listen;
                listen.UseConnectionHandler<Pop3ConnectionHandler>();
            });
            if (options.AdminPort is { } port)
            {
                AdminEndpoint.Listen(kestrel, port, listen => admin = listen);
            }
        });

        AdminEndpoint.AddTo(services);
        var app = builder.Build();
        AdminEndpoint.MapTo(app);
        try
        {
            // Made and asked before anybody can log in, so that a store that will not do is told of now.
            await app.Services.GetRequiredService<IMaildropLock>().GetHoldersAsync("nobody", cancellationToken);
            await app.StartAsync(cancellationToken);
            return new(app, listening?.IPEndPoint ?? throw new InvalidOperationException("Kestrel listens nowhere."), admin?.IPEndPoint);
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
