using System.Diagnostics;
using Maildrop.Locking.Storage;
using Maildrop.Locking.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Diagnostics;

/// <summary>One activity a request, under whatever the host was doing.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly List<Activity> _ended = [];
    private readonly Activity _root = new Activity("a login").Start();
    private readonly ActivityListener _listener;

    public TraceTests()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == "Maildrop.Locking",
            Sample = (ref options) => options.Parent.TraceId == _root.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == _root.TraceId)
                {
                    _ended.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task A_request_is_an_activity_with_its_answer()
    {
        await using var locks = new InMemoryMaildropLock();
        await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        await using var refused = await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        Assert.Same(_root, Activity.Current);
        Assert.Equal(["maildrop.lock.acquire", "maildrop.lock.acquire"], _ended.Select(activity => activity.OperationName));
        Assert.Equal(["memory", "exclusive", 0.0, lease.FencingToken, "acquired"], _ended[0].TagObjects.Select(tag => tag.Value));
        Assert.Equal(
            ["maildrop.lock.backend", "maildrop.lock.access", "maildrop.lock.wait", "maildrop.lock.fencing_token", "maildrop.lock.status"],
            _ended[0].TagObjects.Select(tag => tag.Key));
        Assert.Equal(["memory", "shared", 0.0, "in_use"], _ended[1].TagObjects.Select(tag => tag.Value));
        Assert.All(_ended, activity => Assert.Equal(ActivityStatusCode.Unset, activity.Status));
    }

    [Fact]
    public async Task A_request_to_enter_UPDATE_is_an_activity_on_each_kind_of_lock()
    {
        await using var memory = new InMemoryMaildropLock();
        await using var stored = new StoredMaildropLock(new DictionaryStore(new(TimeProvider.System)).Join());
        foreach (var locks in new MaildropLock[] { memory, stored })
        {
            _ended.Clear();
            await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
            Assert.True(await lease.BeginUpdateAsync(Cancel));
            Assert.Equal(["maildrop.lock.acquire", "maildrop.lock.begin_update"], _ended.Select(activity => activity.OperationName));
            Assert.Same(_root, Activity.Current);
        }
    }

    [Fact]
    public async Task A_backends_fault_is_an_error_without_its_message()
    {
        var store = new ScriptedStore(new DictionaryStore(new(new FakeTimeProvider()))) { BeforeAcquire = _ => Task.FromException(new IOException("/mail/alice")) };
        await using var locks = new StoredMaildropLock(store);
        await locks.AcquireAsync("alice", cancellationToken: Cancel);
        var activity = Assert.Single(_ended);
        Assert.Equal((ActivityStatusCode.Error, null), (activity.Status, activity.StatusDescription));
        Assert.Equal(("System.IO.IOException", "unavailable"), (activity.GetTagItem("error.type"), activity.GetTagItem("maildrop.lock.status")));
        Assert.DoesNotContain(activity.TagObjects, tag => $"{tag.Value}".Contains("alice", StringComparison.Ordinal));
    }
}
