using System.Diagnostics;
using System.Diagnostics.Metrics;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Tests.Engine;

/// <summary>Law 11: whatever the host's loggers, meters and callbacks do costs a line, never a lease, a login or the process.</summary>
public sealed class HostCodeTests : StoredLockTests
{
    private static readonly MaildropLockOptions Short = new() { LeaseDuration = TimeSpan.FromSeconds(6), IdleTimeout = TimeSpan.FromMinutes(1), TakeoverIdleTime = TimeSpan.FromSeconds(1) };

    public static readonly MatrixTheoryData<bool, bool> Kinds = new([true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Loggers_that_throw_or_block_cost_nobody_anything(bool inMemory, bool blocks)
    {
        using var sink = new BadLogger(blocks);
        await PlayInTimeAsync(() => inMemory ? new InMemoryMaildropLock(Short, Time, sink) : CreateHost(Short, sink));
        await UntilAsync(() => Task.FromResult(sink.Calls > 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Meter_listeners_that_throw_or_block_cost_nobody_anything(bool inMemory, bool blocks)
    {
        using var sink = new BadMeters(blocks);
        await PlayInTimeAsync(() => inMemory ? new InMemoryMaildropLock(Short, Time, meterFactory: sink) : CreateHost(Short, meters: sink));
        await UntilAsync(() => Task.FromResult(sink.Calls > 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Trace_listeners_that_throw_cost_nobody_anything(bool inMemory, bool atTheStart)
    {
        using var root = new Activity("a login").Start();
        var calls = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == MaildropLockingDiagnostics.ActivitySourceName,
            Sample = (ref options) => options.Parent.TraceId == root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStarted = activity => Throw(activity, atTheStart),
            ActivityStopped = activity => Throw(activity, !atTheStart),
        };
        ActivitySource.AddActivityListener(listener);
        await PlayInTimeAsync(() => inMemory ? new InMemoryMaildropLock(Short, Time) : CreateHost(Short));
        Assert.True(calls > 0);

        void Throw(Activity activity, bool now)
        {
            if (now && activity.TraceId == root.TraceId)
            {
                calls++;
                throw new InvalidOperationException("a host's mistake");
            }
        }
    }

    [Fact]
    public async Task A_logger_that_blocks_keeps_no_more_than_a_bounded_number_of_lines()
    {
        using var sink = new BadLogger(blocks: true);
        await using var locks = await Task.Run(BeginAsync, Cancel).WaitAsync(Patience * 3, Cancel);
        sink.Open();
        await locks.HostCalls.DrainAsync();
        Assert.InRange(sink.Calls, 100, 5000);

        async Task<InMemoryMaildropLock> BeginAsync()
        {
            var created = new InMemoryMaildropLock(Short, Time, sink);
            for (var i = 0; i < 10_000; i++)
            {
                var lease = await created.AcquireAsync("alice", cancellationToken: Cancel);
                await created.RevokeAsync("alice", lease.FencingToken, Cancel);
                await lease.ReleaseAsync(Cancel);
            }

            return created;
        }
    }

    /// <summary>On a thread of the pool, which may be blocked.</summary>
    private Task PlayInTimeAsync(Func<MaildropLock> create) => Task.Run(() => PlayAsync(create()), Cancel).WaitAsync(Patience, Cancel);

    /// <summary>All that is told: a grant, a refusal, a takeover, a revocation, losses, an outage, a watch that fails, a callback that throws.</summary>
    private async Task PlayAsync(MaildropLock locks)
    {
        await using (locks)
        {
            var survivor = await locks.AcquireAsync("survivor", cancellationToken: Cancel);
            Assert.True(survivor.IsHeld);
            var alice = await locks.AcquireAsync("alice", new() { Session = new("IMAP", "c1") }, Cancel);
            await using var throwing = alice.LostToken.Register(() => throw new InvalidOperationException("a host's mistake"));
            await using var letGo = alice.LostToken.Register(() => _ = alice.DisposeAsync().AsTask());
            Assert.Equal(MaildropLockStatus.InUse, (await locks.AcquireAsync("alice", cancellationToken: Cancel)).Status);
            await using var next = await locks.AcquireAsync("alice", new() { Takeover = MaildropTakeover.Always }, Cancel).AsTask().WaitAsync(Patience, Cancel);
            Assert.True(next.IsHeld);
            Assert.True(await next.BeginUpdateAsync(Cancel));
            var bob = await locks.AcquireAsync("bob", cancellationToken: Cancel);
            Assert.True(await locks.RevokeAsync("bob", bob.FencingToken, Cancel));
            await bob.ReleaseAsync(Cancel);
            Store.BeforeWatch = _ => Fail();
            Store.BeforeAcquire = _ => Fail();
            await using var carol = await locks.AcquireAsync("carol", cancellationToken: Cancel);
            Store.BeforeAcquire = null;

            // Far longer than a lease lives.
            for (var i = 0; i < 50; i++)
            {
                Store.BeforeRenew = i % 10 == 0 ? Fail : null;
                survivor.RecordActivity();
                Time.Advance(TimeSpan.FromSeconds(1));
                await ((locks as StoredMaildropLock)?.SettleRenewalsAsync() ?? Task.CompletedTask);
            }

            Assert.True(survivor.IsHeld, $"{survivor.Loss}");
            Assert.True(next.IsHeld, $"{next.Loss}");
            var wait = locks.AcquireAsync("survivor", new() { Wait = TimeSpan.FromMilliseconds(100) }, Cancel).AsTask();
            while (!wait.IsCompleted)
            {
                Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Delay(1, Cancel);
            }

            Assert.Equal(MaildropLockStatus.InUse, (await wait).Status);
        }
    }

    private sealed class BadLogger(bool blocks) : ILoggerFactory, ILogger
    {
        private readonly ManualResetEventSlim _open = new(!blocks);
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public void Open() => _open.Set();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose() => _open.Set();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => Fail();

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Fail();

        private bool Fail()
        {
            Interlocked.Increment(ref _calls);
            _open.Wait();
            throw new ObjectDisposedException("EventLog");
        }
    }

    private sealed class BadMeters : IMeterFactory
    {
        private readonly MeterListener _listener = new();
        private readonly ManualResetEventSlim _open;
        private readonly Meter _meter;
        private int _calls;

        public BadMeters(bool blocks)
        {
            _open = new(!blocks);
            _meter = new Meter("bad", version: null, tags: null, scope: this);
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == _meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Fail());
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Fail());
            _listener.Start();
        }

        public int Calls => Volatile.Read(ref _calls);

        public Meter Create(MeterOptions options) => _meter;

        public void Dispose()
        {
            _open.Set();
            _listener.Dispose();
            _meter.Dispose();
        }

        private void Fail()
        {
            Interlocked.Increment(ref _calls);
            _open.Wait();
            throw new ObjectDisposedException("exporter");
        }
    }
}
