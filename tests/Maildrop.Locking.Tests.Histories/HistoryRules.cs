using System.Diagnostics;

namespace Maildrop.Locking.Tests.Histories;

/// <summary>What the lock of a history promises.</summary>
public sealed record HistoryRules
{
    /// <summary>The lock's lease duration.</summary>
    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>The longest that a session may wait before a free maildrop (law 9, with room for the machine).</summary>
    /// <value>The default value is 1.5 seconds.</value>
    public TimeSpan MaxWaitBeforeFree { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long the way to the backend may still be bad after a fault, and how late a request that was given up may arrive.</summary>
    /// <value>The default value is zero.</value>
    public TimeSpan Recovery { get; init; }

    /// <summary>Whether a process that stands still may hold up all sessions of a maildrop that it uses: on files it may stand in the section of the record.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool PausesHoldUpOthers { get; init; }

    /// <summary>How long the backend may keep a record that nobody renews, with room for the machine.</summary>
    internal long Expiry => Ticks(LeaseDuration * 1.15 + TimeSpan.FromMilliseconds(500));

    internal long Lease => Ticks(LeaseDuration);

    internal static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
