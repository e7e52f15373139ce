using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>A host in a process of its own. It is told of faults line by line, and ends with its standard input.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly WorkerOptions _options;
    private readonly BadLoggers _loggers = new();
    private readonly HistoryWriter _history;
    private readonly FencedStore _store;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Random _random;
    private volatile MaildropLock _locks;

    public WorkerHost(WorkerOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _history = new HistoryWriter(options.History);
        _store = new FencedStore(options.FencedStore);
        _locks = CreateLock();
    }

    public async Task RunAsync()
    {
        var workload = new Workload(_options, () => _locks, new SessionRunner(_options.Name, _history, _store)).RunAsync(_stopping.Token);
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
                case "dispose": await ReplaceLockAsync(); break;
                case "revoke": await RevokeAsync(); break;
            }
        }

        await _stopping.CancelAsync();
        await workload;
    }

    public async ValueTask DisposeAsync()
    {
        await _locks.DisposeAsync();
        _stopping.Dispose();
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

    private MaildropLock CreateLock() => LockFactory.Create(_options.Store, _options.Target, _options.LeaseDuration, _loggers);

    private async Task ReplaceLockAsync()
    {
        // Told before it begins, with more time than it takes.
        var now = Stopwatch.GetTimestamp();
        _history.Write(new Fault(now, "dispose", _options.Name, now + (3 * Stopwatch.Frequency), EndsLeases: false, DelaysWaiters: true));
        if (_options.Store == StoreKind.Memory)
        {
            // Two of them know nothing of each other.
            await _locks.DisposeAsync();
            _locks = CreateLock();
            return;
        }

        var old = _locks;
        _locks = CreateLock();
        await old.DisposeAsync();
    }

    private async Task RevokeAsync()
    {
        try
        {
            var holders = new List<MaildropHolder>();
            await foreach (var holder in _locks.ListHoldersAsync(_stopping.Token))
            {
                holders.Add(holder);
            }

            if (holders.Count > 0)
            {
                var holder = holders[_random.Next(holders.Count)];
                _history.Write(new Revoked(Stopwatch.GetTimestamp(), holder.Maildrop.Value, holder.FencingToken));
                await _locks.RevokeAsync(holder.Maildrop, holder.FencingToken, _stopping.Token);
            }
        }
        catch (MaildropStoreException)
        {
            // Another fault is being made.
        }
    }
}
