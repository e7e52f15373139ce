using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking;
using Maildrop.Locking.Tests.Worker;

// A host in a process of its own, which a test tells what to do, line by line, and may kill or stop at any moment. It ends when its
// standard input does, so that it never outlives the test.
var options = new FileMaildropLockOptions { Directory = args[0], LeaseDuration = TimeSpan.FromMilliseconds(Number(args[1])) };
await using var locks = new FileMaildropLock(options);
MaildropLease? lease = null;
Console.WriteLine("ready");
while (await Console.In.ReadLineAsync() is { } line)
{
    var words = line.Split(' ');
    Console.WriteLine(words[0] switch
    {
        "acquire" => await AcquireAsync(words[1], words[2] == "shared", TimeSpan.FromMilliseconds(Number(words[3]))),
        "held" => $"{lease!.IsHeld} {lease.Loss}",
        "release" => await ReleaseAsync(),
        "wait-lost" => await WaitForLossAsync(),
        "update" => (await lease!.BeginUpdateAsync()).ToString(),
        "cpu" => Process.GetCurrentProcess().TotalProcessorTime.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture),
        "cycle" => await Cycle.RunAsync(locks, words[1]),
        "stress" => await Stress.RunAsync(locks, words[1], Number(words[2]), Number(words[3]), Number(words[4])),
        "hold-many" => await BreakerRace.HoldAsync(locks, Number(words[1])),
        "race" => await BreakerRace.RunAsync(locks, words[1], Number(words[2]), Number(words[3])),
        "queue" => await HandOver.RunAsync(words[1], options, Number(words[2]), Number(words[3])),
        _ => "unknown",
    });
}

async Task<string> AcquireAsync(string maildrop, bool shared, TimeSpan wait)
{
    lease = await locks.AcquireAsync(maildrop, new() { Access = shared ? MaildropAccess.Shared : MaildropAccess.Exclusive, Wait = wait });
    return lease.IsAcquired
        ? $"granted {lease.FencingToken} {Stopwatch.GetTimestamp()}"
        : $"refused {lease.Status} {lease.Error?.Message}";
}

async Task<string> ReleaseAsync()
{
    var at = Stopwatch.GetTimestamp();
    await lease!.ReleaseAsync();
    return $"released {at}";
}

async Task<string> WaitForLossAsync()
{
    var lost = new TaskCompletionSource<long>();
    await using var registration = lease!.LostToken.Register(() => lost.TrySetResult(Stopwatch.GetTimestamp()));
    var at = await lost.Task;
    return $"lost {lease.Loss} {at}";
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
