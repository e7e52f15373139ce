using Maildrop.Locking.Tests.Histories;
using Maildrop.Locking.Tests.Nemesis.Faults;
using Maildrop.Locking.Tests.Nemesis.Servers;
using Maildrop.Locking.Tests.Nemesis.Worker;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>One run: faults for a time, then peace, then the check.</summary>
internal sealed class NemesisRun(NemesisOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public async Task<int> RunAsync()
    {
        if (options.Store == StoreKind.Redis && !RedisProcess.IsInstalled)
        {
            Console.Error.WriteLine("redis-server is not on PATH.");
            return 2;
        }

        if (options.StepsClocks && !SteppedClock.IsInstalled)
        {
            Console.Error.WriteLine("libfaketime is not installed.");
            return 2;
        }

        if (options.FillsDisk && !Signals.IsRoot)
        {
            Console.Error.WriteLine("Only root can mount a disk.");
            return 2;
        }

        Console.WriteLine($"store {options.Store}, {options.Duration.TotalSeconds} s, {options.Workers} workers, seed {options.Seed}");
        var scratch = Directory.CreateTempSubdirectory("maildrop-nemesis-");
        try
        {
            IReadOnlyList<double> afterKills = [];
            await using (var cluster = await NemesisCluster.StartAsync(options, scratch.FullName))
            {
                await MakeFaultsAsync(cluster);
                await EndAsync(cluster);
                afterKills = cluster.Probe?.Milliseconds ?? [];
            }

            var events = HistoryReader.ReadDirectory(Path.Combine(scratch.FullName, "history"));
            var report = HistoryChecker.Check(events, new()
            {
                LeaseDuration = LockFactory.LeaseDuration(options.Store),
                Recovery = LockFactory.Recovery(options.Store),
                PausesHoldUpOthers = options.Store == StoreKind.Files,
            });
            RunTable.Print(report, afterKills, options);
            return report.Violations.Count == 0 ? 0 : 1;
        }
        finally
        {
            if (options.Keep is { } keep)
            {
                Directory.CreateDirectory(keep);
                foreach (var path in Directory.EnumerateFiles(Path.Combine(scratch.FullName, "history")))
                {
                    File.Copy(path, Path.Combine(keep, Path.GetFileName(path)), overwrite: true);
                }
            }

            scratch.Delete(recursive: true);
        }
    }

    private async Task MakeFaultsAsync(NemesisCluster cluster)
    {
        var faults = FaultTable.For(options, cluster).SelectMany(fault => Enumerable.Repeat(fault, fault.Weight)).ToList();
        using var over = new CancellationTokenSource(options.Duration);
        await Task.WhenAll(Enumerable.Range(0, options.Lanes).Select(lane => MakeAsync(new Random(Seeds.Combine(options.Seed, lane)))));

        async Task MakeAsync(Random random)
        {
            await Task.Delay(500);
            while (!over.IsCancellationRequested)
            {
                if (faults.Count > 0)
                {
                    var host = cluster.Hosts[random.Next(cluster.Hosts.Count)];
                    var fault = faults[random.Next(faults.Count)];
                    await host.Gate.WaitAsync();
                    try
                    {
                        NoteCrash(cluster, host);
                        await fault.MakeAsync(host, random);
                    }
                    finally
                    {
                        host.Gate.Release();
                    }
                }

                await Task.Delay(random.Next(options.Rest / 6, options.Rest + 1));
            }
        }
    }

    private static void NoteCrash(NemesisCluster cluster, NemesisHost host)
    {
        if (host.Worker.HasEnded)
        {
            cluster.RecordRemains($"{host.Worker.Name} ended by itself.");
        }
    }

    private async Task EndAsync(NemesisCluster cluster)
    {
        // What the last faults left in doubt is settled, then all hosts end in peace.
        await Task.Delay(TimeSpan.FromSeconds(2));
        foreach (var wrong in await Task.WhenAll(cluster.Hosts.Select(host => host.Worker.EndAsync(Patience))))
        {
            if (wrong is not null)
            {
                cluster.RecordRemains(wrong);
            }
        }

        await Task.Delay(LockFactory.AfterKill(options.Store) + TimeSpan.FromMilliseconds(500));
        if (cluster.Target is { } target)
        {
            await LookForRemainsAsync(cluster, target);
        }
    }

    /// <summary>On a busy machine a list of all may take longer than a call may.</summary>
    private static async Task<List<MaildropHolder>> ListHoldersAsync(MaildropLock locks)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await locks.ListHoldersAsync().ToListAsync();
            }
            catch (MaildropStoreException) when (tries < 10)
            {
                await Task.Delay(500);
            }
        }
    }

    private async Task LookForRemainsAsync(NemesisCluster cluster, string target)
    {
        await using var locks = LockFactory.Create(options.Store, target, cluster.LeaseDuration);
        foreach (var holder in await ListHoldersAsync(locks))
        {
            cluster.RecordRemains($"{holder.Maildrop.Value} is held with token {holder.FencingToken} when all have gone.");
        }

        var maildrops = Enumerable.Range(0, WorkerOptions.Contended).Select(i => $"m{i}")
            .Concat(Enumerable.Range(0, WorkerOptions.Shared).Select(i => $"share-{i}"))
            .Concat(Enumerable.Range(0, options.Workers).SelectMany(host => Enumerable.Range(0, options.LongLeases).Select(i => $"long-w{host}-{i}")));
        foreach (var maildrop in maildrops)
        {
            await using var lease = await locks.AcquireAsync(maildrop);
            if (!lease.IsAcquired)
            {
                cluster.RecordRemains($"{maildrop} is {lease.Status} when all have gone. {lease.Error?.Message}");
            }
        }
    }
}
