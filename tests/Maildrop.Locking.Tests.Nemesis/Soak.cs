using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking.Tests.Nemesis.Servers;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>
/// <c>soak STORE LEASES MINUTES</c>: one host holds many leases of 30 seconds. Each of its sessions does something about every five minutes, as mail clients do: one of ten
/// stays the whole time, the others end and come back. Each minute it prints what a leak would raise; it fails when a lease is refused or lost, or when one of these figures has grown since the first sixth.
/// </summary>
internal sealed class Soak(IMaildropLock locks, int count)
{
    private const int Churners = 4;
    private const int Staying = 10;

    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(5);

    private readonly MaildropLease[] _leases = new MaildropLease[count];
    private long _grants;
    private long _refusals;
    private long _losses;

    public static async Task<int> RunAsync(string[] args)
    {
        var store = Enum.Parse<StoreKind>(args[0], ignoreCase: true);
        var minutes = int.Parse(args[2], CultureInfo.InvariantCulture);
        var scratch = Directory.CreateTempSubdirectory("maildrop-soak-");
        await using var redis = new RedisProcess(scratch.FullName) { IsInMemoryOnly = true };
        if (store == StoreKind.Redis)
        {
            await redis.StartAsync();
        }

        bool isFlat;
        await using (var locks = LockFactory.Create(store, store == StoreKind.Redis ? $"127.0.0.1:{redis.Port}" : scratch.FullName, TimeSpan.FromSeconds(30)))
        {
            isFlat = await new Soak(locks, int.Parse(args[1], CultureInfo.InvariantCulture)).HoldAsync(minutes);
        }

        await redis.DisposeAsync();
        scratch.Delete(recursive: true);
        return isFlat ? 0 : 1;
    }

    private string Counts => $"{Interlocked.Read(ref _grants):N0} grants, {Interlocked.Read(ref _refusals)} refused, {Interlocked.Read(ref _losses)} lost";

    private async Task<bool> HoldAsync(int minutes)
    {
        for (var i = 0; i < _leases.Length; i++)
        {
            _leases[i] = await GrantAsync(i);
        }

        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(minutes));
        var churn = Task.WhenAll(Enumerable.Range(0, Churners).Select(number => ChurnAsync(number, over.Token)));
        Figures? early = null, last = null;
        for (var minute = 1; minute <= minutes; minute++)
        {
            await Task.Delay(TimeSpan.FromMinutes(1));
            last = Figures.Take();
            Console.WriteLine($"minute {minute}: {last}; {Counts}");
            if (minute == Math.Max(1, minutes / 6))
            {
                early = last;
            }
        }

        await churn;
        await Parallel.ForEachAsync(_leases, async (lease, _) => await EndAsync(lease));

        var isFlat = last!.IsFlatSince(early!);
        Console.WriteLine($"{Counts}, {(isFlat ? "flat" : "NOT FLAT")}");
        return isFlat && _losses + _refusals == 0;
    }

    private async Task ChurnAsync(int number, CancellationToken over)
    {
        var pause = Poll / (count / (double)Churners);
        for (var i = number; !over.IsCancellationRequested; i = i + Churners < count ? i + Churners : number)
        {
            if (i % Staying == 0)
            {
                _leases[i].RecordActivity();
            }
            else
            {
                await EndAsync(_leases[i]);
                _leases[i] = await GrantAsync(i);
            }

            await Task.Delay(pause, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<MaildropLease> GrantAsync(int number)
    {
        var lease = await locks.AcquireAsync($"user{number}@example.org", new() { Session = new("POP3", $"session-{number}", "192.0.2.1") });
        Interlocked.Increment(ref lease.IsAcquired ? ref _grants : ref _refusals);
        return lease;
    }

    private async Task EndAsync(MaildropLease lease)
    {
        if (lease.IsAcquired && !lease.IsHeld)
        {
            Interlocked.Increment(ref _losses);
        }

        await lease.DisposeAsync();
    }

    private sealed record Figures(long Heap, int Descriptors, int Threads, double Processor)
    {
        public static Figures Take()
        {
            using var process = Process.GetCurrentProcess();
            return new(GC.GetTotalMemory(forceFullCollection: true), Directory.GetFiles("/proc/self/fd").Length, process.Threads.Count, process.TotalProcessorTime.TotalSeconds);
        }

        public bool IsFlatSince(Figures early) => Heap <= early.Heap * 1.1 && Descriptors <= early.Descriptors + 10 && Threads <= early.Threads + 10;

        public override string ToString() => FormattableString.Invariant(
            $"{Heap / 1048576.0:F1} MB of objects, {Descriptors} descriptors, {Threads} threads, {Processor:F0} s of processor");
    }
}
