using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>Parses the arguments of serve.</summary>
internal sealed class ServeArguments
{
    public const string Usage = $"""
        Maildrop.Locking.SampleHost [--store STORE]
            Plays the ways in which a maildrop is found locked, on loopback. STORE is {LockStoreOption.Rule} (memory unless given).

        Maildrop.Locking.SampleHost serve --port PORT --maildrops FOLDER [options]
            Serves POP3 until Ctrl-C. Each sub-folder of FOLDER is a user's Maildir (with new, cur and tmp).
            --password TEXT          the password of every user (each user's own name unless given)
            --tls-port PORT          a second port, for TLS from the first octet on (none unless given; the first one has STLS)
            --certificate FILE       a certificate and its private key in PEM (unless given, one is made at start for loopback)
            --certificate-out FILE   where to write the certificate, without its key, for clients to trust (nowhere unless given)
            --bind ADDRESS           the address to listen on (127.0.0.1 unless given)
            --store STORE            where leases are kept: memory; files:FOLDER for several hosts on one machine;
                                     redis:HOST:PORT[/PREFIX] for hosts on many (memory unless given)
            --lease SECONDS          how long maildrops stay locked after this host died (30 unless given)
            --connections NUMBER     how many connections there may be (1000 unless given)
            --connections-per-address NUMBER
                                     how many of them from one address (100 unless given)
            --idle-timeout SECONDS   how long a silent client is kept (600 unless given)
            --wait SECONDS           how long a login waits for a locked maildrop (5 unless given)
            --access ACCESS          exclusive, or single for a host beside IMAP servers that share the maildrops (exclusive unless given)
            --takeover WHEN          whether a login takes the maildrop over from the same user's older session: never, idle for one
                                     whose client has fallen silent, or always (idle unless given)
            --takeover-idle SECONDS  how long a client has to be silent for that (60 unless given)
            --login-delay SECONDS    how long after a login the next one is let in, announced as LOGIN-DELAY (0, off, unless given)
            --admin-port PORT        a port for HTTP on loopback, open to every user of this machine: the page /locks shows the
                                     leases and revokes them (none unless given)
        """;

    private ServeArguments(Pop3HostOptions? options, string fault)
    {
        Options = options;
        Fault = fault;
    }

    /// <summary>The options; null when an argument is wrong.</summary>
    public Pop3HostOptions? Options { get; }

    /// <summary>The error in the arguments, as a sentence; empty if there is none.</summary>
    public string Fault { get; }

    public static ServeArguments Parse(string[] args)
    {
        var options = new Pop3HostOptions { Maildrops = "" };
        var given = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (Take(args[i], i + 1 < args.Length ? args[i + 1] : "", ref options) is { } fault)
            {
                return new(null, fault);
            }

            if (!given.Add(args[i]))
            {
                return new(null, $"{args[i]} is given twice.");
            }
        }

        return given switch
        {
            _ when !given.Contains("--port") => new(null, "--port is missing."),
            _ when !given.Contains("--maildrops") => new(null, "--maildrops is missing."),
            _ => new(options, ""),
        };
    }

    /// <summary>Sets one option, or returns its error.</summary>
    private static string? Take(string name, string value, ref Pop3HostOptions options)
    {
        var seconds = TimeSpan.FromSeconds(Number(value));
        switch (name)
        {
            case "--port":
                options = options with { Port = Number(value) };
                return CheckPort(name, value);
            case "--admin-port":
                options = options with { AdminPort = Number(value) };
                return CheckPort(name, value);
            case "--tls-port":
                options = options with { TlsPort = Number(value) };
                return CheckPort(name, value);
            case "--certificate":
                options = options with { Certificate = ReadCertificate(value, out var unreadable) };
                return CheckValue(name, value) ?? unreadable;
            case "--certificate-out":
                options = options with { CertificateOut = value };
                return CheckValue(name, value);
            case "--connections":
                options = options with { MaxConnections = Number(value) };
                return CheckNumber(name, value);
            case "--connections-per-address":
                options = options with { MaxConnectionsPerAddress = Number(value) };
                return CheckNumber(name, value);
            case "--maildrops":
                options = options with { Maildrops = value.Length == 0 ? "" : Path.GetFullPath(value) };
                return CheckValue(name, value) ?? (Directory.Exists(value) ? null : $"There is no folder '{value}'.");
            case "--password":
                options = options with { Password = value };
                return CheckValue(name, value);
            case "--bind":
                options = options with { Bind = IPAddress.TryParse(value, out var address) ? address : IPAddress.None };
                return CheckValue(name, value) ?? (options.Bind.Equals(IPAddress.None) ? $"--bind is an IP address, not '{value}'." : null);
            case "--store":
                options = options with { Store = LockStoreOption.Parse(value) ?? LockStoreOption.Memory };
                return CheckValue(name, value) ?? (LockStoreOption.Parse(value) is null ? $"--store is {LockStoreOption.Rule}, not '{value}'." : null);
            case "--lease":
                options = options with { LeaseDuration = seconds };
                return CheckSeconds(name, value, 1, MaildropLockOptions.MaxLeaseDuration);
            case "--idle-timeout":
                options = options with { IdleTimeout = seconds };
                return CheckSeconds(name, value, 1, MaildropLockOptions.MaxIdleTimeout);
            case "--wait":
                options = options with { LoginWait = seconds };
                return CheckSeconds(name, value, 0, MaildropLockRequest.MaxWait);
            case "--access":
                options = options with { Access = AccessOf(value) ?? MaildropAccess.Exclusive };
                return CheckValue(name, value) ?? (AccessOf(value) is null ? $"--access is exclusive or single, not '{value}'." : null);
            case "--takeover":
                options = options with { Takeover = TakeoverOf(value) ?? MaildropTakeover.Never };
                return CheckValue(name, value) ?? (TakeoverOf(value) is null ? $"--takeover is never, idle or always, not '{value}'." : null);
            case "--takeover-idle":
                options = options with { TakeoverIdleTime = seconds };
                return CheckSeconds(name, value, 1, MaildropLockOptions.MaxIdleTimeout);
            case "--login-delay":
                options = options with { LoginDelay = seconds };
                return CheckSeconds(name, value, 0, MaildropLockOptions.MaxLoginDelay);
            default:
                return $"There is no option '{name}'.";
        }
    }

    private static MaildropTakeover? TakeoverOf(string value) => value switch
    {
        "never" => MaildropTakeover.Never,
        "idle" => MaildropTakeover.WhenIdle,
        "always" => MaildropTakeover.Always,
        _ => null,
    };

    private static MaildropAccess? AccessOf(string value) => value switch
    {
        "exclusive" => MaildropAccess.Exclusive,
        "single" => MaildropAccess.Single,
        _ => null,
    };

    private static X509Certificate2? ReadCertificate(string path, out string? fault)
    {
        fault = null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPemFile(path);
            return LoopbackCertificate.Import(certificate);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            fault = $"--certificate is a PEM file with a certificate and its key. '{path}': {ex.Message}";
            return null;
        }
    }

    private static string? CheckValue(string name, string value) => value.Length == 0 ? $"{name} takes a value." : null;

    private static string? CheckPort(string name, string value) => CheckValue(name, value) ??
        (Number(value) is >= 0 and <= IPEndPoint.MaxPort ? null : $"{name} is a number from 0, any that is free, to {IPEndPoint.MaxPort}, not '{value}'.");

    private static string? CheckNumber(string name, string value) => CheckValue(name, value) ??
        (Number(value) > 0 ? null : $"{name} is a number from 1 on, not '{value}'.");

    private static string? CheckSeconds(string name, string value, int min, TimeSpan max) => CheckValue(name, value) ??
        (Number(value) >= min && Number(value) <= max.TotalSeconds ? null : $"{name} is a number of seconds from {min} to {max.TotalSeconds}, not '{value}'.");

    /// <summary>Parses a whole number. Returns -1, which no option accepts, for any other text.</summary>
    private static int Number(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
