using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>A place for one worker after another, and its way to the backend.</summary>
internal sealed class NemesisHost(NemesisCluster cluster, int number, FaultyProxy? proxy, SteppedClock? clock) : IAsyncDisposable
{
    private WorkerProcess? _worker;

    public int Number => number;

    public FaultyProxy? Proxy => proxy;

    /// <summary>Its wall clock, if the run steps clocks.</summary>
    public SteppedClock? Clock => clock;

    /// <summary>Held by the fault that is being made here.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    public int Incarnation { get; set; }

    public WorkerProcess Worker
    {
        get => _worker ?? throw new InvalidOperationException("No worker was started.");
        set => _worker = value;
    }

    /// <summary>Notes a fault of this host's worker, from now until the result is disposed of and a time after.</summary>
    public IDisposable Record(string name, bool endsLeases, bool delaysWaiters, TimeSpan after = default) => cluster.Record(name, Worker.Name, endsLeases, delaysWaiters, after);

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
        }

        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }

        Gate.Dispose();
    }
}
