using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.Readme;

internal static class GuidePage
{
    public static void Configure(IServiceCollection services, IConfiguration configuration)
    {
        // README: begin
        services.AddMaildropLocking(options => configuration.GetSection("Maildrops").Bind(options))
                .UseFiles(options => configuration.GetSection("Maildrops:Files").Bind(options));
        // README: end
    }

    public static void AddKeyed(IServiceCollection services)
    {
        // README: begin
        services.AddKeyedMaildropLocking("incoming").UseFiles("/run/mail/incoming");
        services.AddKeyedMaildropLocking("archive").UseRedis("localhost:6379");
        // README: end
    }

    // README: begin
    public sealed class Mailboxes([FromKeyedServices("incoming")] IMaildropLock incoming, [FromKeyedServices("archive")] IMaildropLock archive)
    // README: end
    {
        public IEnumerable<IMaildropLock> Locks => [incoming, archive];
    }

    public static async Task<MaildropLease> LogInBesideImapAsync(IMaildropLock locks, string user, MaildropSession session, CancellationToken cancellationToken)
    {
        // README: begin
        var request = new MaildropLockRequest { Access = MaildropAccess.Single, Session = session, Wait = TimeSpan.FromSeconds(5), Takeover = MaildropTakeover.WhenIdle };
        // README: end

        return await locks.AcquireAsync(user, request, cancellationToken);
    }

    public static async Task<MaildropLease> SelectAsync(IMaildropLock locks, string user, MaildropSession session, CancellationToken cancellationToken)
    {
        // README: begin
        var request = new MaildropLockRequest
        {
            Access = MaildropAccess.Shared,
            Session = session,
            IdleTimeout = TimeSpan.FromMinutes(30),           // RFC 9051 asks for that at least
            TakeoverIdleTime = Timeout.InfiniteTimeSpan,      // IDLE is silent by design
        };
        var lease = await locks.AcquireAsync(user, request, cancellationToken);
        // README: end

        // README: begin
        await lease.ReleaseAsync(cancellationToken);
        lease = await locks.AcquireAsync(user, request with { Access = MaildropAccess.Exclusive, Wait = TimeSpan.FromSeconds(10) }, cancellationToken);
        // README: end

        return lease;
    }

    public static string? Announce(IServiceProvider services)
    {
        // README: begin
        var capability = services.GetRequiredService<IOptions<MaildropLockOptions>>().Value.ToLoginDelayCapability();   // "LOGIN-DELAY 60", or null
        // README: end

        return capability;
    }

    public static void AnswerByCallback(IMaildropLock locks, string user, MaildropLockRequest request, Action<string?, string> reject)
    {
        // README: begin
        var lease = locks.AcquireAsync(user, request).AsTask().GetAwaiter().GetResult();
        if (lease.GetPop3Reply() is { Status: MaildropReplyStatus.Err } reply)
        {
            reject(reply.ResponseCode, reply.Text);                               // "IN-USE", "maildrop is locked by another session"
        }
        // README: end

        lease.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    // README: begin
    public sealed class PopHandler(IMaildropLock locks) : ConnectionHandler        // Kestrel: listen.UseConnectionHandler<PopHandler>()
    {
        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            await using var input = connection.Transport.Input.AsStream();
            await using var output = connection.Transport.Output.AsStream();
            await ServeAsync(locks, input, output, connection.Abort, connection.ConnectionClosed);
        }
    }

    public static async Task AcceptAsync(IMaildropLock locks, Socket listening, CancellationToken stopping)   // a plain socket
    {
        using var socket = await listening.AcceptAsync(stopping);
        await using var stream = new NetworkStream(socket);
        await ServeAsync(locks, stream, stream, socket.Dispose, stopping);
    }
    // README: end

    /// <summary>The host's own part: it greets the client, asks for the password, and runs the session of the front page.</summary>
    private static async Task ServeAsync(IMaildropLock locks, Stream input, Stream output, Action abort, CancellationToken aborted)
    {
        using var connection = new TinyPop3(input, output, abort);
        if (await connection.LogInAsync(aborted) is { } user)
        {
            await new FrontPage(locks, connection).ServeAsync(user, aborted);
        }
    }

    public static async Task<bool> EndSessionsOfAsync(IMaildropLock locks, string user, CancellationToken cancellationToken)
    {
        var ended = false;

        // README: begin
        foreach (var holder in await locks.GetHoldersAsync(user, cancellationToken))
        {
            Console.WriteLine($"{holder.Session?.Protocol} {holder.Session?.RemoteAddress} on {holder.Host}, last active at {holder.LastActivityAt:t}");
            ended = await locks.RevokeAsync(user, holder.FencingToken, cancellationToken);
        }
        // README: end

        return ended;
    }

    public static void AddHealthChecks(IServiceCollection services)
    {
        // README: begin
        services.AddHealthChecks().AddMaildropLocking().AddMaildropLocking("incoming");
        // README: end
    }
}
