using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Maildrop.Locking.Tests.Nemesis.Faults;

namespace Maildrop.Locking.Tests.Nemesis;

internal enum StoreKind
{
    Files,
    Memory,
    Redis,

    /// <summary>The example of a store, shared by the hosts of one process, that loses requests and replies.</summary>
    Stored,
}

/// <summary>What a run is asked for on the command line.</summary>
internal sealed record NemesisOptions
{
    private const string Usage = """
        --store files|memory|redis|stored   the backend (files)
        --minutes N, --seconds N     how long faults are made (1 minute)
        --seed N                     what the faults are drawn from (a random one; it is printed)
        --workers N                  how many processes (3)
        --fighters N                 how many sessions of each of them fight for a few maildrops (8)
        --long N                     how many leases each of them holds for long (20)
        --lanes N                    how many faults are made at once (2)
        --rest N                     how many milliseconds pass between two of them at the most (600)
        --drift N                    by how many percent the clocks of hosts on "stored" go too slow and too fast (0)
        --only A,B  --without A,B    which faults; "none" is a run without any; "clock-stepped" and "disk-full" are made only where they are named
        --keep DIRECTORY             keeps the history there
        """;

    public StoreKind Store { get; private init; }

    public TimeSpan Duration { get; private init; } = TimeSpan.FromMinutes(1);

    public int Seed { get; private init; } = Random.Shared.Next();

    public int Workers { get; private init; } = 3;

    public int Fighters { get; private init; } = 8;

    public int LongLeases { get; private init; } = 20;

    public int Lanes { get; private init; } = 2;

    public int Rest { get; private init; } = 600;

    /// <summary>In percent. A clock that is not the system's needs the thread pool, so the pool must not be starved with it.</summary>
    public int Drift { get; private init; }

    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Whether the hosts have wall clocks of their own. A process that libfaketime is loaded into is another than the one that users have, so it must be asked for.</summary>
    public bool StepsClocks => Only.Contains(ClockFaults.ClockStepped);

    /// <summary>Whether the files are on a disk of their own, which only root can mount. A host cannot start while it is full.</summary>
    public bool FillsDisk => Store == StoreKind.Files && Only.Contains(DiskFaults.DiskFull);

    public IReadOnlyList<string> Without { get; private init; } = [];

    public string? Keep { get; private init; }

    public static bool TryParse(string[] args, out NemesisOptions options, [NotNullWhen(false)] out string? error)
    {
        options = new();
        error = null;
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0;
            NemesisOptions? next = args[i] switch
            {
                "--store" when Enum.TryParse<StoreKind>(value, ignoreCase: true, out var store) => options with { Store = store },
                "--minutes" when isNumber => options with { Duration = TimeSpan.FromMinutes(number) },
                "--seconds" when isNumber => options with { Duration = TimeSpan.FromSeconds(number) },
                "--seed" when isNumber => options with { Seed = (int)number },
                "--workers" when isNumber && number >= 1 => options with { Workers = (int)number },
                "--fighters" when isNumber => options with { Fighters = (int)number },
                "--long" when isNumber && number >= 1 => options with { LongLeases = (int)number },
                "--lanes" when isNumber && number >= 1 => options with { Lanes = (int)number },
                "--rest" when isNumber => options with { Rest = (int)number },
                "--drift" when isNumber && number < 100 => options with { Drift = (int)number },
                "--only" => options with { Only = value.Split(',') },
                "--without" => options with { Without = value.Split(',') },
                "--keep" when value.Length > 0 => options with { Keep = value },
                _ => null,
            };
            if (next is null)
            {
                error = $"Not understood: {args[i]} {value}\n{Usage}";
                return false;
            }

            options = next;
        }

        return true;
    }
}
