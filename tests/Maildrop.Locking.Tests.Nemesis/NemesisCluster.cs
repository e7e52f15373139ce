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
    private FaultyProxy? _proxy;
    private int _servers;

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

    /// <summary>The server; another one after a failover.</summary>
    public RedisProcess? Redis { get; private set; }

    public List<NemesisHost> Hosts { get; } = [];

    /// <summary>The disk under the files, if the run fills it.</summary>
    public SmallDisk? Disk { get; private set; }

    /// <summary>The observer of kills; <see langword="null"/> in memory, where no other process sees the leases.</summary>
    public KillProbe? Probe { get; private set; }

    /// <summary>The backend without faults on the way to it; <see langword="null"/> in memory, where nobody else can look.</summary>
    public string? Target => _options.Store switch
    {
        StoreKind.Files => Path.Combine(Disk?.Path ?? _directory, "locks"),
        StoreKind.Redis => _proxy!.Address,
        _ => null,
    };

    public static async Task<NemesisCluster> StartAsync(NemesisOptions options, string directory)
    {
        var cluster = new NemesisCluster(options, directory);
        if (options.Store == StoreKind.Redis)
        {
            cluster.Redis = await cluster.StartServerAsync();
            cluster._proxy = new FaultyProxy(cluster.Redis.Port);
        }

        if (options.FillsDisk)
        {
            cluster.Disk = new SmallDisk(Path.Combine(directory, "disk"));
        }

        if (cluster.Target is { } target)
        {
            cluster._locks = LockFactory.Create(options.Store, target, cluster.LeaseDuration);
            cluster.Probe = new KillProbe(cluster, options.Store, options.LongLeases, cluster._locks);
        }

        for (var i = 0; i < options.Workers; i++)
        {
            var host = new NemesisHost(
                cluster,
                i,
                cluster.Redis is { } redis ? new FaultyProxy(redis.Port) : null,
                options.StepsClocks ? new SteppedClock(Path.Combine(directory, $"clock-{i}")) : null);
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
            LeaseDuration,
            _options.Fighters,
            _options.LongLeases,
            _options.Drift);
        host.Worker = await WorkerProcess.StartAsync(options, namespaces, host.Clock);
    }

    public async Task<RedisProcess> StartServerAsync()
    {
        var server = new RedisProcess(Directory.CreateDirectory(Path.Combine(_directory, $"redis-{_servers++}")).FullName);
        await server.StartAsync();
        return server;
    }

    /// <summary>Leads all ways to another server, and ends the one before.</summary>
    public async Task ReplaceServerAsync(RedisProcess server)
    {
        var old = Redis!;
        Redis = server;
        foreach (var proxy in Hosts.Select(host => host.Proxy!).Append(_proxy!))
        {
            proxy.Target = server.Port;
            proxy.Cut(reset: true);
        }

        await old.DisposeAsync();
    }

    /// <summary>Notes a fault, from now until the result is disposed of and a time after.</summary>
    public IDisposable Record(string name, string target, bool endsLeases, bool delaysWaiters, TimeSpan after = default) =>
        new Span(_history, Stopwatch.GetTimestamp(), name, target, endsLeases, delaysWaiters, after);

    /// <summary>Asks for a maildrop that nobody had before.</summary>
    public async Task<MaildropLease> AskForNewMaildropAsync(string maildrop)
    {
        await using var lease = await _locks!.AcquireAsync(maildrop);
        return lease;
    }

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
            await _proxy!.DisposeAsync();
            await Redis.DisposeAsync();
        }

        Disk?.Dispose();
        _history.Dispose();
    }

    private string HistoryPath(string name) => Path.Combine(HistoryDirectory, name + HistoryReader.Extension);

    private sealed class Span(HistoryWriter history, long from, string name, string target, bool endsLeases, bool delaysWaiters, TimeSpan after) : IDisposable
    {
        public void Dispose() =>
            history.Write(new Fault(from, name, target, Stopwatch.GetTimestamp() + (long)(after.TotalSeconds * Stopwatch.Frequency), endsLeases, delaysWaiters));
    }
}
