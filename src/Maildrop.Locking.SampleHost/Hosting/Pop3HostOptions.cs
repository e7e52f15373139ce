using System.Net;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>What a host is told when it starts.</summary>
internal sealed record Pop3HostOptions
{
    /// <summary>The folder whose sub-folders are the users' Maildirs.</summary>
    public required string Maildrops { get; init; }

    /// <summary>Everybody's password; null when it is the user's own name.</summary>
    public string? Password { get; init; }

    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>The port; zero for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>The admin endpoint's port, on loopback; zero for any that is free, null for no such endpoint.</summary>
    public int? AdminPort { get; init; }

    public LockStoreOption Store { get; init; } = LockStoreOption.Memory;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public TimeSpan LoginWait { get; init; }

    /// <summary>Whether a login may take the maildrop over from the same user's older session.</summary>
    public MaildropTakeover Takeover { get; init; } = MaildropTakeover.WhenIdle;

    /// <summary>How long a client has to be silent to be taken over from.</summary>
    public TimeSpan TakeoverIdleTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The LOGIN-DELAY of RFC 2449; zero for none.</summary>
    public TimeSpan LoginDelay { get; init; }

    /// <summary>How long maildrops stay locked after this host died.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the log goes; nowhere unless told.</summary>
    public Action<ILoggingBuilder> Log { get; init; } = _ => { };
}
