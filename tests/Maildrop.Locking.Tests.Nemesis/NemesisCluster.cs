using System.Diagnostics;
using Maildrop.Locking.Tests.Histories;
using Maildrop.Locking.Tests.Nemesis.Servers;
using Maildrop.Locking.Tests.Nemesis.Worker;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>The backend of a run, its hosts, and the history of the faults.</summary>
internal sealed class NemesisCluster : IAsyncDisposable
{
    private readonly NemesisOptions _options;
    private readonly string _directory;
    private readonly HistoryWriter _history;
    private MaildropLock? _locks;

    private NemesisCluster(NemesisOptions options, string directory)
    {
        _options = options;
        _directory = directory;
        HistoryDirectory = Directory.CreateDirectory(Path.Combine(directory, "history")).FullName;
        _history = new HistoryWriter(HistoryPath("nemesis"));
        LeaseDuration = LockFactory.LeaseDuration(options.Store);
    }

    public string HistoryDirectory { get; }

    public TimeSpan LeaseDuration { get; }

    public RedisProcess? Redis { get; private set; }

    public List<NemesisHost> Hosts { get; } = [];

    /// <summary>The observer of kills; <see langword="null"/> in memory, where no other process sees the leases.</summary>
    public KillProbe? Probe { get; private set; }

    /// <summary>The backend without faults on the way to it; <see langword="null"/> in memory, where nobody else can look.</summary>
    public string? Target => _options.Store switch
    {
        StoreKind.Files => Path.Combine(_directory, "locks"),
        StoreKind.Redis => $"127.0.0.1:{Redis!.Port}",
        _ => null,
    };

    public static async Task<NemesisCluster> StartAsync(NemesisOptions options, string directory)
    {
        var cluster = new NemesisCluster(options, directory);
        if (options.Store == StoreKind.Redis)
        {
            cluster.Redis = new RedisProcess(Directory.CreateDirectory(Path.Combine(directory, "redis")).FullName);
            await cluster.Redis.StartAsync();
        }

        if (cluster.Target is { } target)
        {
            cluster._locks = LockFactory.Create(options.Store, target, cluster.LeaseDuration);
            cluster.Probe = new KillProbe(cluster, options.Store, cluster._locks);
        }

        for (var i = 0; i < options.Workers; i++)
        {
            var host = new NemesisHost(cluster, i, cluster.Redis is { } redis ? new FaultyProxy(redis.Port) : null);
            cluster.Hosts.Add(host);
            await cluster.StartWorkerAsync(host, []);
        }

        return cluster;
    }

    public async Task StartWorkerAsync(NemesisHost host, IReadOnlyList<string> namespaces)
    {
        host.Incarnation++;
        var name = $"w{host.Number}-{host.Incarnation}";
        var options = new WorkerOptions(
            _options.Store,
            name,
            host.Proxy?.Address ?? Target ?? "-",
            HistoryPath(name),
            Path.Combine(_directory, "fenced"),
            Seeds.Combine(_options.Seed, host.Number, host.Incarnation),
            LeaseDuration);
        host.Worker = await WorkerProcess.StartAsync(options, namespaces);
    }

    /// <summary>Notes a fault, from now until the result is disposed of and a time after.</summary>
    public IDisposable Record(string name, string target, bool endsLeases, bool delaysWaiters, TimeSpan after = default) =>
        new Span(_history, Stopwatch.GetTimestamp(), name, target, endsLeases, delaysWaiters, after);

    public void RecordRemains(string what) => _history.Write(new Remains(Stopwatch.GetTimestamp(), what));

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Hosts)
        {
            await host.DisposeAsync();
        }

        if (_locks is not null)
        {
            await _locks.DisposeAsync();
        }

        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        _history.Dispose();
    }

    private string HistoryPath(string name) => Path.Combine(HistoryDirectory, name + HistoryReader.Extension);

    private sealed class Span(HistoryWriter history, long from, string name, string target, bool endsLeases, bool delaysWaiters, TimeSpan after) : IDisposable
    {
        public void Dispose() =>
            history.Write(new Fault(from, name, target, Stopwatch.GetTimestamp() + (long)(after.TotalSeconds * Stopwatch.Frequency), endsLeases, delaysWaiters));
    }
}
