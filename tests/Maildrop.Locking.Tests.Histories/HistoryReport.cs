namespace Maildrop.Locking.Tests.Histories;

/// <summary>One thing that a fenced lock could not have done.</summary>
/// <param name="Rule">The rule that it breaks: the name of its check.</param>
/// <param name="Text">What was seen.</param>
public sealed record Violation(string Rule, string Text);

/// <summary>What was counted in a history, and what is wrong with it.</summary>
public sealed record HistoryReport
{
    public required IReadOnlyList<Violation> Violations { get; init; }

    public required long Grants { get; init; }

    public required long Refusals { get; init; }

    public required long Waits { get; init; }

    /// <summary>Grants of requests that would take over.</summary>
    public required long Takeovers { get; init; }

    /// <summary>Leases that were seen held for 20 renewals, which are 20 thirds of a lease duration.</summary>
    public required long LongLeases { get; init; }

    public required long AcceptedWrites { get; init; }

    public required long RejectedWrites { get; init; }

    /// <summary>How many leases were lost, by cause.</summary>
    public required IReadOnlyDictionary<string, int> Losses { get; init; }

    /// <summary>How many faults were made, by name.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }
}
