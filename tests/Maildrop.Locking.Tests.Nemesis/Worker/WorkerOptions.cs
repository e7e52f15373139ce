using System.Globalization;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>What a worker is told when it is started.</summary>
/// <param name="Name">Its name in the history.</param>
/// <param name="Target">The directory of the files, or the address of Redis.</param>
/// <param name="History">The file of its history.</param>
/// <param name="FencedStore">The file of the store that refuses stale writes.</param>
/// <param name="Fighters">How many of its sessions fight for a few maildrops.</param>
/// <param name="LongLeases">How many leases it holds for long.</param>
/// <param name="Drift">By how many percent the clocks of its second and third lock go too slow and too fast.</param>
internal sealed record WorkerOptions(StoreKind Store, string Name, string Target, string History, string FencedStore, int Seed, TimeSpan LeaseDuration, int Fighters, int LongLeases, int Drift)
{
    /// <summary>How many maildrops are fought for.</summary>
    public const int Contended = 12;

    /// <summary>How many maildrops sessions share until another takes them over.</summary>
    public const int Shared = 6;

    public static WorkerOptions Parse(string[] args) => new(
        Enum.Parse<StoreKind>(args[0]), args[1], args[2], args[3], args[4], Number(args[5]), TimeSpan.FromMilliseconds(Number(args[6])), Number(args[7]), Number(args[8]), Number(args[9]));

    public string[] ToArguments() =>
        ["worker", $"{Store}", Name, Target, History, FencedStore, Text(Seed), Text((int)LeaseDuration.TotalMilliseconds), Text(Fighters), Text(LongLeases), Text(Drift)];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
