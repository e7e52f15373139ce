namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>What a worker's sessions do all the time: fight for a few maildrops, hold others for long, share some until they are taken over.</summary>
internal sealed class Workload(WorkerOptions options, int host, Func<IMaildropLock> locks, SessionRunner runner)
{
    private static readonly MaildropAccess[] Accesses = Enum.GetValues<MaildropAccess>();

    // Hosts in memory know nothing of each other, nor of the one that had the name before.
    private readonly string _prefix = HasMaildropsOfItsOwn(options.Store) ? options.Name + "-" : "";

    private string Slot => options.Name.Split('-')[0] + (host == 0 ? "" : $"h{host}");

    public Task RunAsync(CancellationToken stopping) => Task.WhenAll(
    [
        .. Enumerable.Range(0, options.Fighters).Select(i => Repeat(i, Fight, stopping)),
        .. Enumerable.Range(0, options.LongLeases).Select(i => Repeat(100 + i, random => HoldLong(i, random), stopping)),
        .. Enumerable.Range(0, WorkerOptions.Shared).Select(i => Repeat(200 + i, random => Share(i, random), stopping)),
        .. Enumerable.Range(0, WorkerOptions.Shared).Where(IsTakenByThisWorker).Select(i => Repeat(300 + i, random => TakeOver(i, random), stopping)),
    ]);

    // One worker takes a shared maildrop over, so that each loss has one cause.
    private bool IsTakenByThisWorker(int maildrop) => HasMaildropsOfItsOwn(options.Store) ? host == maildrop % WorkerHost.HostsOf(options.Store) : Slot == $"w{maildrop % 3}";

    private static bool HasMaildropsOfItsOwn(StoreKind store) => store is StoreKind.Memory or StoreKind.Stored;

    private Task Repeat(int stream, Func<Random, (SessionPlan Plan, TimeSpan Pause)> next, CancellationToken stopping) => Task.Run(
        async () =>
        {
            var random = new Random(Seeds.Combine(options.Seed, host, stream));
            while (!stopping.IsCancellationRequested)
            {
                var (plan, pause) = next(random);
                await runner.RunAsync(locks(), plan, stopping);
                await Task.Delay(pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        },
        CancellationToken.None);

    private (SessionPlan Plan, TimeSpan Pause) Fight(Random random)
    {
        var maildrop = random.Next(WorkerOptions.Contended);
        var access = Accesses[random.Next(Accesses.Length)];
        return (new($"{_prefix}m{maildrop}", access)
        {
            Wait = Milliseconds(random.Next(4) switch { 0 => 200, 1 => 4000, _ => 0 }),
            Takeover = random.Next(20) switch { 0 => MaildropTakeover.Always, 1 => MaildropTakeover.WhenIdle, _ => MaildropTakeover.Never },
            CancelAfter = random.Next(10) == 0 ? Milliseconds(random.Next(20)) : null,
            // A few hold it through whole leases and what happens meanwhile, while others wait for it.
            Hold = random.Next(1000) == 0 ? options.LeaseDuration * (2.5 * random.NextDouble()) : Milliseconds(random.Next(4) == 0 ? random.Next(30) : 0),
            Updates = random.Next(10) == 0,
            Cell = access == MaildropAccess.Shared || HasMaildropsOfItsOwn(options.Store) ? null : maildrop,
        }, random.Next(8) == 0 ? Milliseconds(random.Next(10)) : TimeSpan.Zero);
    }

    private (SessionPlan Plan, TimeSpan Pause) HoldLong(int number, Random random) => (new($"{_prefix}long-{Slot}-{number}", MaildropAccess.Exclusive)
    {
        Wait = Milliseconds(2000),
        Hold = options.LeaseDuration * (7 + random.NextDouble()),
        LooksAgain = true,
        Cell = HasMaildropsOfItsOwn(options.Store) ? null : 1000 + (int.Parse(Slot.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) * options.LongLeases) + number,
    }, TimeSpan.Zero);

    // Silent for most of the time, so that they may be taken over; one of four wakes now and then.
    private (SessionPlan Plan, TimeSpan Pause) Share(int number, Random random) => (new($"{_prefix}share-{number}", MaildropAccess.Shared)
    {
        Wait = Milliseconds(1000),
        Hold = Milliseconds(3000 + random.Next(9000)),
        IsActive = random.Next(4) == 0,
    }, Milliseconds(random.Next(50)));

    private (SessionPlan Plan, TimeSpan Pause) TakeOver(int number, Random random) => (new($"{_prefix}share-{number}", MaildropAccess.Exclusive)
    {
        Takeover = random.Next(4) == 0 ? MaildropTakeover.Always : MaildropTakeover.WhenIdle,
        Hold = Milliseconds(random.Next(20)),
    }, Milliseconds(1500 + random.Next(1500)));

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}
