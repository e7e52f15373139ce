using System.IO.Pipelines;
using System.Text;
using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Pop3;
using Maildrop.Locking.Tests.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>UPDATE beside a lock that finds the lease lost at the last moment, which no test over a socket can time.</summary>
public sealed class Pop3UpdateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MaildropLeaseLoss.Revoked, "-ERR [SYS/TEMP] maildrop lock lost, no messages removed\r\n")]
    [InlineData(MaildropLeaseLoss.Idle, "")]
    public async Task Nothing_is_removed_when_the_lease_turns_out_to_be_lost(MaildropLeaseLoss loss, string reply)
    {
        Assert.Equal((reply, true), await QuitAsync(new Lease { LostAtTheGate = loss }));
    }

    [Fact]
    public async Task Removals_stop_when_the_lease_ends_during_UPDATE()
    {
        Assert.Equal(("-ERR some deleted messages not removed\r\n", true), await QuitAsync(new Lease { EndsInUpdate = true }));
    }

    [Fact]
    public async Task A_message_is_removed_while_the_lease_is_held()
    {
        Assert.Equal(("+OK bye\r\n", false), await QuitAsync(new Lease()));
    }

    /// <summary>Marks the one message of a maildrop and says QUIT. Tells the reply, and whether the message is still there.</summary>
    private static async Task<(string Reply, bool IsThere)> QuitAsync(Lease lease)
    {
        var path = Path.GetTempFileName();
        try
        {
            var pipe = new Pipe();
            await using var sessionLock = new MaildropSessionLock(new OneLease(lease), new("POP3", "1"), TimeSpan.Zero, MaildropTakeover.WhenIdle);
            await sessionLock.AcquireAsync("alice", Cancel);
            var messages = new MessageList([new MaildirMessage(path, "1", 0)]);
            messages.Mark(1);
            var state = new Pop3Transaction(new(pipe.Writer), sessionLock, messages, new(new()), NullLogger.Instance);
            Assert.Equal(Pop3Step.Close, await state.HandleAsync(new("QUIT", ""), Cancel));
            Assert.True(lease.IsReleased);
            await pipe.Writer.CompleteAsync();
            return (Encoding.ASCII.GetString((await pipe.Reader.ReadAsync(Cancel)).Buffer), File.Exists(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private sealed class OneLease(MaildropLease lease) : FakeLock, IMaildropLock
    {
        ValueTask<MaildropLease> IMaildropLock.AcquireAsync(MaildropName maildrop, MaildropLockRequest? request, CancellationToken cancellationToken) => new(lease);
    }

    private sealed class Lease : MaildropLease
    {
        private MaildropLeaseLoss _loss;
        private bool _inUpdate;

        public MaildropLeaseLoss LostAtTheGate { get; init; }

        public bool EndsInUpdate { get; init; }

        public bool IsReleased { get; private set; }

        public override MaildropName Maildrop => "alice";

        public override MaildropAccess Access => MaildropAccess.Exclusive;

        public override MaildropLockStatus Status => MaildropLockStatus.Acquired;

        public override bool IsHeld => !IsReleased && _loss == MaildropLeaseLoss.None && !(_inUpdate && EndsInUpdate);

        public override MaildropLeaseLoss Loss => _loss;

        public override ValueTask<bool> BeginUpdateAsync(CancellationToken cancellationToken = default)
        {
            _loss = LostAtTheGate;
            _inUpdate = true;
            return new(_loss == MaildropLeaseLoss.None);
        }

        public override ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
        {
            IsReleased = true;
            return ValueTask.CompletedTask;
        }
    }
}
