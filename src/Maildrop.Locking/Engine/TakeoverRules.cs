namespace Maildrop.Locking.Engine;

/// <summary>When a lease may be taken over; a backend with a language of its own says the same in that.</summary>
internal static class TakeoverRules
{
    /// <summary>Never, as long as things are as they are.</summary>
    public const long Never = long.MaxValue;

    /// <summary>How long until a lease may be taken over, in whatever units it is asked in; zero or less: now.</summary>
    /// <param name="takeover">What the newcomer asked for.</param>
    /// <param name="isInUpdate">Whether the holder is in UPDATE.</param>
    /// <param name="silence">How long its client has been silent.</param>
    /// <param name="isAfterTakeover">Whether it was itself granted by a takeover.</param>
    /// <param name="age">How long ago it was granted.</param>
    /// <param name="idleTime">The options' <see cref="MaildropLockOptions.TakeoverIdleTime"/>.</param>
    public static long AllowedIn(MaildropTakeover takeover, bool isInUpdate, long silence, bool isAfterTakeover, long age, long idleTime) => takeover switch
    {
        _ when isInUpdate => Never,
        MaildropTakeover.WhenIdle => idleTime - silence,
        MaildropTakeover.Always => isAfterTakeover ? idleTime - age : 0,
        _ => Never,
    };
}
