using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.OperatorTests.Web;

/// <summary>A host with a lock in memory, on a loopback port of its own or a given one.</summary>
internal sealed class LockSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LockSite(WebApplication app)
    {
        _app = app;
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new() { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IMaildropLock Lock => _app.Services.GetRequiredService<IMaildropLock>();

    public static async Task<LockSite> StartAsync(int port = 0, Action<RouteGroupBuilder>? configure = null, IPAddress? from = null, IMaildropLock? locks = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddMaildropLocking().UseInMemory();
        if (locks is not null)
        {
            builder.Services.AddSingleton(locks);
        }

        builder.Services.AddKeyedMaildropLocking("incoming").UseInMemory();
        builder.Services.AddOpenApi();
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication("none").AddCookie("none", options => options.Events.OnRedirectToLogin = context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        var app = builder.Build();
        if (from is not null)
        {
            app.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = from;
                return next(context);
            });
        }

        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapOpenApi();
        var group = app.MapMaildropLocking("/locks");
        configure?.Invoke(group);
        app.MapMaildropLocking("/incoming", "incoming");
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    public async Task<IReadOnlyList<MaildropLease>> HoldAsync(params IEnumerable<string> maildrops)
    {
        var leases = new List<MaildropLease>();
        foreach (var maildrop in maildrops)
        {
            var lease = await Lock.AcquireAsync(new(maildrop), new() { Session = new("POP3", $"session-{leases.Count}", "192.0.2.7") });
            Assert.True(lease.IsAcquired);
            leases.Add(lease);
        }

        return leases;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
