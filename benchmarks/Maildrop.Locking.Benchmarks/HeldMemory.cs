using System.Globalization;

namespace Maildrop.Locking.Benchmarks;

/// <summary>What a held lease costs in bytes, its name and the host's reference to it aside. A weighing, not a timing.</summary>
internal static class HeldMemory
{
    public static async Task<string> RunAsync(string[] args)
    {
        var count = args.Length == 0 ? 1_000_000 : int.Parse(args[0], CultureInfo.InvariantCulture);
        var names = Names.Make("held", count);
        var leases = new MaildropLease[count];
        await using var locks = new InMemoryMaildropLock();

        // The first lease pays for what is made once.
        await (await locks.AcquireAsync("warm-up")).ReleaseAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
        {
            leases[i] = await locks.AcquireAsync(names[i]);
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(leases);
        GC.KeepAlive(names);
        return string.Create(CultureInfo.InvariantCulture, $"{(double)(after - before) / count:F1} B a held lease, with {count:N0} held in memory");
    }
}
