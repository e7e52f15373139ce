namespace Maildrop.Locking.Diagnostics;

/// <summary>The tags of metrics and traces. Each has few values, and never a maildrop's name.</summary>
internal static class TagValues
{
    public const string Backend = "maildrop.lock.backend";
    public const string LockName = "maildrop.lock.name";
    public const string Access = "maildrop.lock.access";
    public const string Status = "maildrop.lock.status";
    public const string Ending = "maildrop.lock.end";
    public const string Reason = "maildrop.lock.reason";
    public const string Outcome = "maildrop.lock.outcome";
    public const string Wait = "maildrop.lock.wait";
    public const string FencingToken = "maildrop.lock.fencing_token";
    public const string ErrorType = "error.type";

    /// <summary>The status of a request that its caller cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The status of a request that ended in another exception: its lock was disposed of.</summary>
    public const string Failed = "failed";

    /// <summary>The end of a lease that its session released.</summary>
    public const string Released = "released";

    /// <summary>The outcome of a request to enter UPDATE that was granted.</summary>
    public const string Begun = "begun";

    /// <summary>The outcome of a request to enter UPDATE whose lease is lost.</summary>
    public const string LeaseLost = "lost";

    public static string For(MaildropAccess access) => access switch
    {
        MaildropAccess.Shared => "shared",
        MaildropAccess.Single => "single",
        _ => "exclusive",
    };

    public static string For(MaildropLockStatus status) => status switch
    {
        MaildropLockStatus.Acquired => "acquired",
        MaildropLockStatus.InUse => "in_use",
        MaildropLockStatus.LoginDelay => "login_delay",
        MaildropLockStatus.LimitReached => "limit_reached",
        _ => "unavailable",
    };

    public static string For(MaildropLeaseLoss loss) => loss switch
    {
        MaildropLeaseLoss.None => "none",
        MaildropLeaseLoss.Idle => "idle",
        MaildropLeaseLoss.Revoked => "revoked",
        MaildropLeaseLoss.TakenOver => "taken_over",
        MaildropLeaseLoss.Disposed => "shutdown",
        _ => "expired",
    };
}
