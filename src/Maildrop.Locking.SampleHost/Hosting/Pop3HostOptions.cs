using System.Net;
using System.Security.Cryptography.X509Certificates;
using Maildrop.Locking.SampleHost.Pop3;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>The settings of a host.</summary>
internal sealed record Pop3HostOptions : Pop3Options
{
    /// <summary>The folder that contains the users' Maildirs.</summary>
    public required string Maildrops { get; init; }

    /// <summary>The password of every user; null when it is the user's own name.</summary>
    public string? Password { get; init; }

    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>The port; zero for any free port.</summary>
    public int Port { get; init; }

    /// <summary>The port for TLS from the first octet on; zero for any free port, null for none.</summary>
    public int? TlsPort { get; init; }

    /// <summary>The port of the operators' page, on loopback; zero for any free port, null for no such page.</summary>
    public int? AdminPort { get; init; }

    /// <summary>The server's certificate; null to create one for loopback at start.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>A file to write the certificate to, without its key; null for none.</summary>
    public string? CertificateOut { get; init; }

    public LockStoreOption Store { get; init; } = LockStoreOption.Memory;

    /// <summary>How long a client has to be silent before a login can take over its maildrop.</summary>
    public TimeSpan TakeoverIdleTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The LOGIN-DELAY of RFC 2449; zero for none.</summary>
    public TimeSpan LoginDelay { get; init; }

    /// <summary>How long maildrops stay locked after this host dies.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Adds log providers. The default is none.</summary>
    public Action<ILoggingBuilder> Log { get; init; } = _ => { };
}
