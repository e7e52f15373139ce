using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Tests.Engine;

public sealed class WaitQueuesTests : IAsyncDisposable
{
    private static readonly MaildropName Maildrop = "alice";

    private readonly InMemoryMaildropLock _owner = new();
    private readonly WaitQueues _queues = new();

    public ValueTask DisposeAsync() => _owner.DisposeAsync();

    [Fact]
    public void An_attempt_is_the_verdict_for_those_that_waited_when_it_began()
    {
        var first = Enter(MaildropTakeover.Never);
        var second = Enter(MaildropTakeover.WhenIdle);
        Assert.Equal(MaildropTakeover.WhenIdle, _queues.BeginAttempt(Maildrop));
        var late = Enter(MaildropTakeover.WhenIdle);
        first.Reset();
        var refusal = EndAttempt();
        Assert.Equal((refusal, true), _queues.LastRefusal(second));
        Assert.Equal((refusal, false), _queues.LastRefusal(late));
        Assert.Equal((false, true, false), (first.Reset(), second.Reset(), late.Reset()));

        // The next attempt includes the late one, and has nothing new for the second.
        _queues.BeginAttempt(Maildrop);
        refusal = EndAttempt();
        Assert.Equal((refusal, true), _queues.LastRefusal(late));
        Assert.Equal((false, true), (second.Reset(), late.Reset()));
    }

    [Fact]
    public void Only_a_stronger_takeover_wakes_the_first()
    {
        var first = Enter(MaildropTakeover.WhenIdle);
        Enter(MaildropTakeover.Never);
        Enter(MaildropTakeover.WhenIdle);
        Assert.False(first.Reset());
        Enter(MaildropTakeover.Always);
        Assert.True(first.Reset());
    }

    [Fact]
    public void An_attempt_may_end_when_nobody_waits_any_more()
    {
        var only = Enter(MaildropTakeover.Never);
        Assert.Equal(1, _queues.Count);
        only.Dispose();
        only.Dispose();
        Assert.Equal(0, _queues.Count);
        Assert.Equal(MaildropTakeover.Never, _queues.BeginAttempt(Maildrop));
        EndAttempt();
        _queues.Wake(Maildrop);
        Assert.Null(_queues.LastRefusal(Maildrop));
        Assert.False(_queues.HasWaiters(Maildrop));
    }

    private Waiter Enter(MaildropTakeover takeover) => _queues.TryEnter(Maildrop, takeover, refusal: null, maxWaiters: 10)!;

    private RefusedLease EndAttempt()
    {
        var refusal = new RefusedLease(_owner, Maildrop, new(), MaildropLockStatus.InUse);
        _queues.EndAttempt(refusal);
        return refusal;
    }
}
