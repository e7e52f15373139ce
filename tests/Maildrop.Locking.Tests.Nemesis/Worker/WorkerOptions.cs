using System.Globalization;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>What a worker is told when it is started.</summary>
/// <param name="Name">Its name in the history.</param>
/// <param name="Target">The directory of the files, or the address of Redis.</param>
/// <param name="History">The file of its history.</param>
/// <param name="FencedStore">The file of the store that refuses stale writes.</param>
internal sealed record WorkerOptions(StoreKind Store, string Name, string Target, string History, string FencedStore, int Seed, TimeSpan LeaseDuration)
{
    /// <summary>How many leases a worker holds for long.</summary>
    public const int LongLeases = 20;

    /// <summary>How many maildrops are fought for.</summary>
    public const int Contended = 12;

    /// <summary>How many maildrops sessions share until another takes them over.</summary>
    public const int Shared = 6;

    public static WorkerOptions Parse(string[] args) => new(
        Enum.Parse<StoreKind>(args[0]), args[1], args[2], args[3], args[4], Number(args[5]), TimeSpan.FromMilliseconds(Number(args[6])));

    public string[] ToArguments() =>
        ["worker", $"{Store}", Name, Target, History, FencedStore, Seed.ToString(CultureInfo.InvariantCulture), ((int)LeaseDuration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
