using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>Serves maildrops until Ctrl-C.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(Pop3HostOptions options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        Pop3Host host;
        try
        {
            host = await Pop3Host.StartAsync(options with { Log = LogToConsole }, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            var admin = options.AdminPort is { } port ? $" or {new IPEndPoint(IPAddress.Loopback, port)}" : "";
            await error.WriteLineAsync($"{new IPEndPoint(options.Bind, options.Port)}{admin} cannot be listened on: {e.Message}");
            return 1;
        }
        catch (Exception e) when (e is MaildropStoreException or OptionsValidationException)
        {
            await error.WriteLineAsync($"{options.Store} cannot keep leases: {e.Message}");
            return 1;
        }

        await using (host)
        {
            await output.WriteLineAsync($"""
                POP3 on {host.EndPoint}, maildrops in {options.Maildrops}, leases in {options.Store}. Ctrl-C ends it.
                This is a sample: no TLS, no mail queue, {(options.Password is null ? "and every user's password is the user's name" : "and one password for all")}.
                """);
            if (host.Admin is { } admin)
            {
                await output.WriteLineAsync($"Who holds what: http://{admin}/holders, for everybody on this machine.");
            }

            if (!IPAddress.IsLoopback(options.Bind))
            {
                await output.WriteLineAsync("It is open to other machines. Passwords and mail travel in clear text.");
            }

            await host.RunAsync(cancellationToken);
        }

        return 0;
    }

    private static void LogToConsole(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        })
        .AddFilter("Microsoft", LogLevel.Warning)

        // What keeps the host from starting is told above, without a stack trace.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
}
