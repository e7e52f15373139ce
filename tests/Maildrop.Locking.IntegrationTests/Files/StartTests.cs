namespace Maildrop.Locking.Tests.Files;

/// <summary>Hosts that start at the same moment.</summary>
[Collection(SerialCollection.Name)]
public sealed class StartTests(ITestOutputHelper output)
{
    private const int Hosts = 8;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hosts_that_start_at_once_in_a_new_directory_all_start_and_let_their_first_users_in()
    {
        var rounds = Iterations.Of(50, 1250);
        for (var round = 0; round < rounds; round++)
        {
            using var directory = new TemporaryDirectory();
            using var line = new Barrier(Hosts);
            var faults = await Task.WhenAll(Enumerable.Range(0, Hosts).Select(i => Task.Factory.StartNew(
                () => StartAsync(directory.Path, line, i), Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            Assert.All(faults, Assert.Null);
        }

        output.WriteLine($"{rounds * Hosts} starts, {Hosts} at once");
    }

    private static async Task<string?> StartAsync(string directory, Barrier line, int host)
    {
        line.SignalAndWait(Cancel);
        await using var locks = new FileMaildropLock(new() { Directory = directory });
        await using var own = await locks.AcquireAsync($"user-{host}", cancellationToken: Cancel);
        await using var shared = await locks.AcquireAsync("all", new() { Access = MaildropAccess.Shared }, Cancel);
        return own.IsAcquired && shared.IsAcquired ? null : $"{own.Error} {shared.Error}";
    }
}
