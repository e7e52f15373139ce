namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>Which faults there are for which backend.</summary>
internal static class FaultTable
{
    public static IReadOnlyList<NemesisFault> For(NemesisOptions options, NemesisCluster cluster)
    {
        List<NemesisFault> faults = [.. ProcessFaults.For(options.Store, cluster)];
        if (options.Store == StoreKind.Redis)
        {
            faults.AddRange(NetworkFaults.For(cluster));
            faults.AddRange(ServerFaults.For(cluster));
        }

        if (options.StepsClocks)
        {
            faults.AddRange(ClockFaults.All);
        }

        if (options.FillsDisk)
        {
            faults.AddRange(DiskFaults.For(cluster));
        }

        return [.. faults.Where(fault => (options.Only.Count == 0 || options.Only.Contains(fault.Name)) && !options.Without.Contains(fault.Name))];
    }
}
