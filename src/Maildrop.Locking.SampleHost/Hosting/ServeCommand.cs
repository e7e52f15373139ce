using System.Net;
using System.Net.Sockets;
using Maildrop.Locking.SampleHost.Maildirs;
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
        catch (Exception ex) when (ex is IOException or SocketException)
        {
            var tls = options.TlsPort is { } tlsPort ? $" or {new IPEndPoint(options.Bind, tlsPort)}" : "";
            var admin = options.AdminPort is { } adminPort ? $" or {new IPEndPoint(IPAddress.Loopback, adminPort)}" : "";
            await error.WriteLineAsync($"{new IPEndPoint(options.Bind, options.Port)}{tls}{admin} cannot be listened on: {ex.Message}");
            return 1;
        }
        catch (Exception ex) when (ex is MaildropStoreException or OptionsValidationException)
        {
            await error.WriteLineAsync($"{options.Store} cannot keep leases: {ex.Message}");
            return 1;
        }

        await using (host)
        {
            if (options.CertificateOut is { } path && !await TryWriteAsync(path, host.Certificate.ExportCertificatePem() + "\n", error))
            {
                return 1;
            }

            await output.WriteLineAsync($"""
                POP3 on {host.EndPoint}, maildrops in {options.Maildrops}, leases in {options.Store}. Ctrl-C ends it.
                This is a sample: {(options.Password is null ? "the password of each user is the user's name" : "there is one password for all")}.
                """);
            if (host.TlsEndPoint is { } tls)
            {
                await output.WriteLineAsync($"POP3 over TLS on {tls}.");
            }

            if (host.AdminPage is { } page)
            {
                await output.WriteLineAsync($"The page for operators: {page} (open to every user of this machine).");
            }

            if (!IPAddress.IsLoopback(options.Bind))
            {
                await output.WriteLineAsync("It is open to other machines, and takes their passwords over TLS only.");
            }

            await host.RunAsync(cancellationToken);
        }

        return 0;
    }

    private static async Task<bool> TryWriteAsync(string path, string text, TextWriter error)
    {
        try
        {
            await File.WriteAllTextAsync(path, text);
            return true;
        }
        catch (Exception ex) when (Maildir.IsFileError(ex))
        {
            await error.WriteLineAsync($"--certificate-out: {ex.Message}");
            return false;
        }
    }

    private static void LogToConsole(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        })
        .AddFilter("Microsoft", LogLevel.Warning)

        // The catch blocks above report a failed start, without a stack trace.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
}
