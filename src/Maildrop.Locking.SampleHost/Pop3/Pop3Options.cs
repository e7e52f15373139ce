namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The settings of a host's sessions.</summary>
internal record Pop3Options
{
    /// <summary>How long a silent client is kept. It is the lock's own idle timeout, so that a session and its lease end together.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a client may take to log in, besides the time that its login waits.</summary>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a login waits for a maildrop that is locked. Enough for a spam checker that works beside the mail client.</summary>
    public TimeSpan LoginWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Exclusive for a host that speaks POP3 only.</summary>
    public MaildropAccess Access { get; init; } = MaildropAccess.Exclusive;

    /// <summary>Whether a login may take the maildrop over from the same user's older session.</summary>
    public MaildropTakeover Takeover { get; init; } = MaildropTakeover.WhenIdle;

    /// <summary>How many wrong passwords a connection may send.</summary>
    public int MaxLoginFailures { get; init; } = 3;

    /// <summary>How many commands in a row may make no sense.</summary>
    public int MaxBadCommands { get; init; } = 10;

    /// <summary>How many connections there may be.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>How many connections there may be from one address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 100;
}
