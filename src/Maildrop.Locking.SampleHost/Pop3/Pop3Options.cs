namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The settings of a host's sessions.</summary>
internal record Pop3Options
{
    /// <summary>How long a silent client stays connected. The lock uses the same value, so that a session and its lease end together.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a client may take to log in, besides the time that its login waits.</summary>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a login waits for a locked maildrop. The default is enough for a spam checker beside the mail client.</summary>
    public TimeSpan LoginWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The access of a session. The default, Exclusive, is for a host without IMAP.</summary>
    public MaildropAccess Access { get; init; } = MaildropAccess.Exclusive;

    /// <summary>Whether a login may take the maildrop over from the same user's older session.</summary>
    public MaildropTakeover Takeover { get; init; } = MaildropTakeover.WhenIdle;

    /// <summary>How many wrong passwords a connection may send.</summary>
    public int MaxLoginFailures { get; init; } = 3;

    /// <summary>How many invalid commands in a row a client may send.</summary>
    public int MaxBadCommands { get; init; } = 10;

    /// <summary>How many connections there may be.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>How many connections there may be from one address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 100;
}
