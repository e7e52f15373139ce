using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>What happens to the wall clock of one host.</summary>
internal static class ClockFaults
{
    public const string ClockStepped = "clock-stepped";

    public static IEnumerable<NemesisFault> All => [new(ClockStepped, StepAsync)];

    private static async Task StepAsync(NemesisHost host, Random random)
    {
        // Half of the steps are seconds, the others hours and days; both ways.
        var seconds = Math.Pow(10, random.Next(2) == 0 ? random.NextDouble() : 3 + (2 * random.NextDouble()));
        using (host.Record(ClockStepped, endsLeases: false, delaysWaiters: false, after: SteppedClock.Delay))
        {
            host.Clock!.Set(TimeSpan.FromSeconds(random.Next(2) == 0 ? seconds : -seconds));
            await Task.Delay(SteppedClock.Delay);
        }
    }
}
