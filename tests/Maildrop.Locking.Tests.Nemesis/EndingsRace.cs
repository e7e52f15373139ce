using System.Globalization;

namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>
/// <c>race STORE COUNT</c>: a lease is released twice and revoked, and its successor's wait is cancelled, all at one moment. After each, the next must get the maildrop
/// at once: nothing was released twice, and nothing was lost.
/// </summary>
internal static class EndingsRace
{
    private const int Tasks = 4;

    public static async Task<int> RunAsync(string[] args)
    {
        var store = Enum.Parse<StoreKind>(args[0], ignoreCase: true);
        var count = int.Parse(args[1], CultureInfo.InvariantCulture) / Tasks;
        var scratch = Directory.CreateTempSubdirectory("maildrop-race-");
        await using var locks = LockFactory.Create(store == StoreKind.Redis ? throw new ArgumentException("In memory, or on files.") : store, scratch.FullName, TimeSpan.FromSeconds(30));
        long inherited = 0, cancelled = 0, stuck = 0, doubled = 0;
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(number => Task.Run(async () =>
        {
            MaildropName maildrop = $"m{number}";
            for (var i = 0; i < count; i++)
            {
                await RaceAsync(maildrop);
            }
        })));
        Console.WriteLine($"{count * Tasks:N0} races: {inherited:N0} waiters inherited, {cancelled:N0} were cancelled, {doubled} held twice, {stuck} left behind");
        await locks.DisposeAsync();
        scratch.Delete(recursive: true);
        return stuck + doubled == 0 ? 0 : 1;

        // Some microseconds more or less, so that each comes first as often as another.
        static Task Soon(Func<Task> act) => Task.Run(() =>
        {
            Thread.SpinWait(Random.Shared.Next(400));
            return act();
        });

        async Task RaceAsync(MaildropName maildrop)
        {
            var first = await locks.AcquireAsync(maildrop);
            using var cancellation = new CancellationTokenSource();
            var waiting = locks.AcquireAsync(maildrop, new() { Wait = TimeSpan.FromSeconds(20) }, cancellation.Token).AsTask();
            await Task.WhenAll(
                Soon(() => first.DisposeAsync().AsTask()),
                Soon(() => first.ReleaseAsync().AsTask()),
                Soon(() => locks.RevokeAsync(maildrop, first.FencingToken).AsTask()),
                Soon(CancelAsync));
            async Task CancelAsync()
            {
                if (Random.Shared.Next(2) == 0)
                {
                    // As the grant is on its way.
                    await first.ReleaseAsync();
                    for (var turns = Random.Shared.Next(16); turns > 0; turns--)
                    {
                        await Task.Yield();
                    }
                }

                await cancellation.CancelAsync();
            }

            try
            {
                await using var second = await waiting;
                Interlocked.Increment(ref inherited);
                if (!second.IsHeld || first.IsHeld || (await locks.AcquireAsync(maildrop)).IsAcquired)
                {
                    Interlocked.Increment(ref doubled);
                }
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
            }

            await using var next = await locks.AcquireAsync(maildrop, new() { Wait = TimeSpan.FromMilliseconds(500) });
            if (!next.IsAcquired)
            {
                Interlocked.Increment(ref stuck);
            }
        }
    }
}
