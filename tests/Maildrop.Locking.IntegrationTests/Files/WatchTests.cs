using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Files;

[Collection(SerialCollection.Name)]
public sealed class WatchTests : FileLockFixture
{
    [Fact]
    public async Task A_wait_that_begins_as_the_last_one_ends_is_woken()
    {
        var store = NewStore();
        var watch = await store.WatchAsync("alice", static () => { }, Cancel);
        for (var race = 0; race < Iterations.Of(1000, 20_000); race++)
        {
            var last = watch;
            var ending = Task.Run(async () => await last.DisposeAsync(), Cancel);
            watch = await Task.Run(async () => await store.WatchAsync("alice", static () => { }, Cancel), Cancel);
            await ending;
            Assert.Equal(RecordState.Valid, RecordFormat.Read(RecordFile.ReadUnlocked(PathOf("alice"))!, out _, out var record));
            Assert.Single(record.Watchers);
        }

        await watch.DisposeAsync();
        RecordFormat.Read(RecordFile.ReadUnlocked(PathOf("alice"))!, out _, out var empty);
        Assert.Empty(empty.Watchers);
    }
}
