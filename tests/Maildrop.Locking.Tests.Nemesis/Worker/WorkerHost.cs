using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Histories;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>A host in a process of its own. It is told of faults line by line, and ends with its standard input.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly WorkerOptions _options;
    private readonly BadLoggers _loggers = new();
    private readonly HistoryWriter _history;
    private readonly StallWatch _stalls;
    private readonly FencedStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Random _random;
    private readonly SharedState _state = new(TimeProvider.System);
    private readonly StoreFaults[] _storeFaults;
    private readonly MaildropLock[] _locks;

    public WorkerHost(WorkerOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _history = new HistoryWriter(options.History);
        _stalls = new StallWatch(_history, options.Name);
        _store = new FencedStore(options.FencedStore);
        _storeFaults = [.. Enumerable.Range(0, HostsOf(options.Store)).Select(_ => new StoreFaults(what => _history.Write(new Remains(Stopwatch.GetTimestamp(), what))))];
        _locks = [.. Enumerable.Range(0, HostsOf(options.Store)).Select(CreateLock)];
    }

    /// <summary>How many locks a worker has.</summary>
    public static int HostsOf(StoreKind store) => store == StoreKind.Stored ? 3 : 1;

    public async Task RunAsync()
    {
        // It compiles and connects first, which takes its time on a busy machine.
        var now = Stopwatch.GetTimestamp();
        _history.Write(new Fault(now, "start", _options.Name, now + (3 * Stopwatch.Frequency), EndsLeases: false, DelaysWaiters: true));
        var runner = new SessionRunner(_options.Name, _history, _store);
        var workload = Task.WhenAll(_locks.Select((_, host) => new Workload(_options, host, () => Volatile.Read(ref _locks[host]), runner).RunAsync(_stopping.Token)));
        _ = workload.ContinueWith(
            failed => Environment.FailFast("The workload of " + _options.Name + " failed.", failed.Exception), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ');
            var time = TimeSpan.FromMilliseconds(words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 0);
            switch (words[0])
            {
                case "starve": Starve(time); break;
                case "throw": _loggers.Throw(time); break;
                case "block": _loggers.Block(time); break;
                case "lose": Array.ForEach(_storeFaults, faults => faults.Lose(time)); break;
                case "hang": _storeFaults[_random.Next(_storeFaults.Length)].Hang(time); break; // the others take its maildrops
                case "slow": Array.ForEach(_storeFaults, faults => faults.Slow(time)); break;
                case "dispose": await ReplaceLockAsync(); break;
                case "revoke": await RevokeAsync(); break;
            }
        }

        await _stopping.CancelAsync();
        await workload;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_locks.Select(locks => locks.DisposeAsync().AsTask()));
        _stopping.Dispose();
        _stalls.Dispose();
        _history.Dispose();
        _store.Dispose();
        _loggers.Dispose();
    }

    private static void Starve(TimeSpan time)
    {
        // More than there are threads, and more than are added meanwhile.
        for (var i = 0; i < 200; i++)
        {
            var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
            ThreadPool.UnsafeQueueUserWorkItem(_ => Thread.Sleep((int)Math.Max(0, until - Environment.TickCount64)), null);
        }
    }

    private MaildropLock CreateLock(int host) => _options.Store == StoreKind.Stored
        ? LockFactory.CreateStored(new UnreliableStore(new DictionaryStore(_state).Join(), _storeFaults[host]), _options.LeaseDuration, ClockOf(host), _loggers)
        : LockFactory.Create(_options.Store, _options.Target, _options.LeaseDuration, _loggers);

    private TimeProvider ClockOf(int host) => (_options.Drift, host) switch
    {
        ( > 0, 1) => new DriftingClock(1 - (_options.Drift / 100.0)),
        ( > 0, 2) => new DriftingClock(1 + (_options.Drift / 100.0)),
        _ => TimeProvider.System,
    };

    private async Task ReplaceLockAsync()
    {
        // Told before it begins, with more time than it takes.
        var now = Stopwatch.GetTimestamp();
        _history.Write(new Fault(now, "dispose", _options.Name, now + (3 * Stopwatch.Frequency), EndsLeases: false, DelaysWaiters: true));
        if (_options.Store == StoreKind.Memory)
        {
            // Two of them know nothing of each other.
            await _locks[0].DisposeAsync();
            Volatile.Write(ref _locks[0], CreateLock(0));
            return;
        }

        var which = _random.Next(_locks.Length);
        var old = _locks[which];
        Volatile.Write(ref _locks[which], CreateLock(which));
        await old.DisposeAsync();
    }

    private async Task RevokeAsync()
    {
        try
        {
            var holders = new List<MaildropHolder>();
            await foreach (var holder in _locks[0].ListHoldersAsync(_stopping.Token))
            {
                holders.Add(holder);
            }

            if (holders.Count > 0)
            {
                var holder = holders[_random.Next(holders.Count)];
                _history.Write(new Revoked(Stopwatch.GetTimestamp(), holder.Maildrop.Value, holder.FencingToken));
                await _locks[0].RevokeAsync(holder.Maildrop, holder.FencingToken, _stopping.Token);
            }
        }
        catch (MaildropStoreException)
        {
            // Another fault is being made.
        }
    }
}
