namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>How the sessions of a host behave.</summary>
internal sealed record Pop3Options
{
    /// <summary>How long a silent client is kept: the lock's own idle timeout, so that a session and its lease end together.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>How long PASS waits for a maildrop that is locked.</summary>
    public TimeSpan LoginWait { get; init; }

    /// <summary>Whether a login may take the maildrop over from the same user's older session.</summary>
    public MaildropTakeover Takeover { get; init; } = MaildropTakeover.WhenIdle;

    /// <summary>How many wrong passwords a connection may give.</summary>
    public int MaxLoginFailures { get; init; } = 3;

    /// <summary>How many commands in a row may make no sense.</summary>
    public int MaxBadCommands { get; init; } = 10;
}
