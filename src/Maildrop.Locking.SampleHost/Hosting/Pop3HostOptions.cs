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

    public Store Store { get; init; } = Store.Memory;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public TimeSpan LoginWait { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the log goes; nowhere unless told.</summary>
    public Action<ILoggingBuilder> Log { get; init; } = _ => { };
}
