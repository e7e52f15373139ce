using System.Globalization;
using System.Net;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>The arguments of serve: what they ask for, or what is wrong with them.</summary>
internal sealed class ServeArguments
{
    public const string Usage = """
        Maildrop.Locking.SampleHost
            Plays the ways in which a maildrop is found locked, on loopback.

        Maildrop.Locking.SampleHost serve --port PORT --maildrops FOLDER [options]
            Serves POP3 until Ctrl-C. Each sub-folder of FOLDER is a user's Maildir (with new, cur and tmp).
            --password TEXT         everybody's password (each user's own name unless given)
            --bind ADDRESS          the address to listen on (127.0.0.1 unless given)
            --idle-timeout SECONDS  how long a silent client is kept (600 unless given)
            --wait SECONDS          how long a login waits for a locked maildrop (0 unless given)
            --store STORE           where leases are kept: memory, or files:FOLDER for several hosts on one machine (memory unless given)
        """;

    private ServeArguments(Pop3HostOptions? options, string fault)
    {
        Options = options;
        Fault = fault;
    }

    /// <summary>What is asked for; null when something is wrong.</summary>
    public Pop3HostOptions? Options { get; }

    /// <summary>What is wrong, as a sentence.</summary>
    public string Fault { get; }

    public static ServeArguments Parse(string[] args)
    {
        var options = new Pop3HostOptions { Maildrops = "" };
        var given = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (Take(args[i], i + 1 < args.Length ? args[i + 1] : null, ref options) is { } fault)
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

    /// <summary>Takes one option, or says what is wrong with it.</summary>
    private static string? Take(string name, string? value, ref Pop3HostOptions options)
    {
        switch (name)
        {
            case "--port" or "--maildrops" or "--password" or "--bind" or "--idle-timeout" or "--wait" or "--store" when string.IsNullOrEmpty(value):
                return $"{name} takes a value.";
            case "--port":
                options = options with { Port = Number(value) };
                return options.Port is >= 0 and <= IPEndPoint.MaxPort ? null : $"--port is a number from 0, any that is free, to {IPEndPoint.MaxPort}, not '{value}'.";
            case "--maildrops":
                options = options with { Maildrops = Path.GetFullPath(value!) };
                return Directory.Exists(value) ? null : $"There is no folder '{value}'.";
            case "--password":
                options = options with { Password = value };
                return null;
            case "--bind":
                options = options with { Bind = IPAddress.TryParse(value, out var address) ? address : IPAddress.None };
                return options.Bind == IPAddress.None ? $"--bind is an IP address, not '{value}'." : null;
            case "--idle-timeout":
                options = options with { IdleTimeout = TimeSpan.FromSeconds(Number(value)) };
                return options.IdleTimeout >= TimeSpan.FromSeconds(1) && options.IdleTimeout <= MaildropLockOptions.MaxIdleTimeout
                    ? null
                    : $"--idle-timeout is a number of seconds from 1 to {MaildropLockOptions.MaxIdleTimeout.TotalSeconds}, not '{value}'.";
            case "--wait":
                options = options with { LoginWait = TimeSpan.FromSeconds(Number(value)) };
                return options.LoginWait >= TimeSpan.Zero && options.LoginWait <= MaildropLockRequest.MaxWait
                    ? null
                    : $"--wait is a number of seconds from 0 to {MaildropLockRequest.MaxWait.TotalSeconds}, not '{value}'.";
            case "--store":
                options = options with { Store = Store.Parse(value!) ?? Store.Memory };
                return Store.Parse(value!) is null ? $"--store is memory or files:FOLDER, not '{value}'." : null;
            default:
                return $"There is no option '{name}'.";
        }
    }

    /// <summary>A whole number; -1, which no option takes, for anything else.</summary>
    private static int Number(string? value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
