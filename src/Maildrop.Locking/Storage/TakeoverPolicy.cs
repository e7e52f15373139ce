namespace Maildrop.Locking.Storage;

/// <summary>Decides when a lease may be taken over.</summary>
public static class TakeoverPolicy
{
    /// <summary>The answer if no waiting time allows the takeover.</summary>
    public static readonly TimeSpan Never = TimeSpan.MaxValue;

    /// <summary>Returns the time until a lease that is in the way may be taken over.</summary>
    /// <param name="takeover">The takeover that the new session asked for.</param>
    /// <param name="holder">The lease in the way.</param>
    /// <param name="protection">How long a lease that was itself granted by a takeover is safe from <see cref="MaildropTakeover.Always"/>.</param>
    /// <returns>The time from now; zero: now; <see cref="Never"/>: not by waiting.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="holder"/> is <see langword="null"/>.</exception>
    public static TimeSpan TimeUntilAllowed(MaildropTakeover takeover, HolderEntry holder, TimeSpan protection)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return takeover switch
        {
            _ when holder.IsInUpdate => Never,
            MaildropTakeover.WhenIdle when holder.TakeoverIdleTime == Timeout.InfiniteTimeSpan => Never,
            MaildropTakeover.WhenIdle => Remaining(holder.TakeoverIdleTime, holder.Silence),
            MaildropTakeover.Always => holder.GrantedByTakeover ? Remaining(protection, holder.Age) : TimeSpan.Zero,
            _ => Never,
        };
    }

    private static TimeSpan Remaining(TimeSpan wanted, TimeSpan elapsed) => wanted > elapsed ? wanted - elapsed : TimeSpan.Zero;
}
