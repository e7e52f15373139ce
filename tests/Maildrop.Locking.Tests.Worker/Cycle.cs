namespace Maildrop.Locking.Tests.Worker;

/// <summary>Takes a maildrop and lets it go again, for ever: to be killed at any point of that.</summary>
internal static class Cycle
{
    public static async Task<string> RunAsync(IMaildropLock locks, string maildrop)
    {
        Console.WriteLine("cycling");
        while (true)
        {
            await using var lease = await locks.AcquireAsync(maildrop);
            if (lease.IsAcquired && Random.Shared.Next(4) == 0)
            {
                await Task.Delay(Random.Shared.Next(3));
            }
        }
    }
}
