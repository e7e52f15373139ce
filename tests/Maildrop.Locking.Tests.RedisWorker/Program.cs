using System.Diagnostics;
using System.Globalization;
using Maildrop.Locking;
using StackExchange.Redis;

// A host in a process of its own, which takes maildrops in many tasks until it is killed, or its standard input ends. It writes when it
// saw each lease held, first and last, by the clock that all processes of the machine share.
var options = new RedisMaildropLockOptions { KeyPrefix = args[1], LeaseDuration = TimeSpan.FromSeconds(1), MaxWaitersPerMaildrop = 100 };
await using var locks = new RedisMaildropLock(ConfigurationOptions.Parse(args[0]), options);
var maildrops = int.Parse(args[2], CultureInfo.InvariantCulture);
using var ending = new CancellationTokenSource();
var gate = new Lock();
var tasks = Enumerable.Range(0, int.Parse(args[3], CultureInfo.InvariantCulture)).Select(_ => Task.Run(UseAsync)).ToList();
Console.WriteLine("ready");
while (await Console.In.ReadLineAsync() is not null)
{
}

await ending.CancelAsync();
await Task.WhenAll(tasks);

async Task UseAsync()
{
    while (!ending.IsCancellationRequested)
    {
        var maildrop = Random.Shared.Next(maildrops);
        var access = Random.Shared.Next(4) == 0 ? MaildropAccess.Shared : MaildropAccess.Exclusive;
        await using var lease = await locks.AcquireAsync($"user{maildrop}", new() { Access = access, Wait = TimeSpan.FromMilliseconds(Random.Shared.Next(2) * 300) });
        if (lease.IsAcquired)
        {
            Tell("in", maildrop, lease);
            if (Random.Shared.Next(4) == 0)
            {
                await Task.Delay(Random.Shared.Next(10));
            }

            Tell("out", maildrop, lease);
        }
    }
}

void Tell(string what, int maildrop, MaildropLease lease)
{
    // Read between two looks that both say held, or not told at all.
    var held = lease.IsHeld;
    var at = Stopwatch.GetTimestamp();
    if (held && lease.IsHeld)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{what} {maildrop} {(int)lease.Access} {lease.FencingToken} {at}");
        lock (gate)
        {
            Console.WriteLine(line);
        }
    }
}
