using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>What people read at the end of a run.</summary>
internal static class RunTable
{
    private const int MaxViolationsOfARule = 12;

    public static void Print(HistoryReport report, IReadOnlyList<double> afterKills, NemesisOptions options)
    {
        Row("grants", report.Grants);
        Row("refusals", report.Refusals);
        Row("waits", report.Waits);
        Row("grants that could take over", report.Takeovers);
        Row("leases held for 20 renewals", report.LongLeases);
        Row("writes accepted", report.AcceptedWrites);
        Row("writes rejected", report.RejectedWrites);
        foreach (var (cause, count) in report.Losses.OrderBy(loss => loss.Key, StringComparer.Ordinal))
        {
            Row("lost: " + cause, count);
        }

        foreach (var (fault, count) in report.Faults.OrderBy(fault => fault.Key, StringComparer.Ordinal))
        {
            Row("fault: " + fault, count);
        }

        if (afterKills.Count > 0)
        {
            Row("next grants after a kill", afterKills.Count);
            Row("  ms, median", (long)afterKills.Order().ElementAt(afterKills.Count / 2));
            Row("  ms, max", (long)afterKills.Max());
        }

        foreach (var (rule, count) in report.Violations.CountBy(violation => violation.Rule))
        {
            Row("VIOLATIONS: " + rule, count);
        }

        foreach (var violation in report.Violations.GroupBy(violation => violation.Rule).SelectMany(rule => rule.Take(MaxViolationsOfARule)))
        {
            Console.WriteLine($"  {violation.Rule}: {violation.Text}");
        }

        Console.WriteLine($"{report.Violations.Count} violations (seed {options.Seed})");
    }

    private static void Row(string what, long count) => Console.WriteLine($"| {what,-32} | {count,10:N0} |");
}
