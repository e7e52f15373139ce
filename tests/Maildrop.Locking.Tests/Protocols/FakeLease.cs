namespace Maildrop.Locking.Tests.Protocols;

/// <summary>A lease as a host's own tests would fake it: from the public class alone.</summary>
internal sealed class FakeLease(MaildropLockStatus status, bool held = false, MaildropLeaseLoss loss = MaildropLeaseLoss.None) : MaildropLease
{
    public override MaildropName Maildrop => "alice@example.org";

    public override MaildropAccess Access => MaildropAccess.Exclusive;

    public override MaildropLockStatus Status => status;

    public override bool IsHeld => held;

    public override MaildropLeaseLoss Loss => loss;

    public override TimeSpan? RetryAfter => Retry;

    public override MaildropHolder? BlockedBy => Blocker;

    public override Exception? Error => Fault;

    public TimeSpan? Retry { get; init; }

    public MaildropHolder? Blocker { get; init; }

    public Exception? Fault { get; init; }
}
