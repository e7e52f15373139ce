using Maildrop.Locking.SampleHost.Maildirs;
using Maildrop.Locking.SampleHost.Pop3;
using Maildrop.Locking.Tests.DependencyInjection;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>UPDATE beside a lock that finds the lease lost at the last moment, which no test over a socket can time.</summary>
public sealed class Pop3UpdateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MaildropLeaseLoss.Revoked, "-ERR [SYS/TEMP] maildrop lock lost, no messages removed")]
    [InlineData(MaildropLeaseLoss.Idle, null)]
    public async Task Nothing_is_removed_when_the_lease_turns_out_to_be_lost(MaildropLeaseLoss loss, string? reply)
    {
        Assert.Equal((reply, true), await QuitAsync(new Lease { LostAtTheGate = loss }));
    }

    [Fact]
    public async Task Removals_stop_when_the_lease_ends_during_UPDATE()
    {
        Assert.Equal(("-ERR some deleted messages not removed", true), await QuitAsync(new Lease { EndsInUpdate = true }));
    }

    [Fact]
    public async Task A_message_is_removed_while_the_lease_is_held()
    {
        Assert.Equal(("+OK bye", false), await QuitAsync(new Lease()));
    }

    /// <summary>Marks the one message of a maildrop and sends QUIT. Returns the reply, and whether the message is still there.</summary>
    private static async Task<(string? Reply, bool IsThere)> QuitAsync(Lease lease)
    {
        using var folder = new TemporaryDirectory();
        var path = Path.Combine(folder.Path, "new", "1");
        Directory.CreateDirectory(Path.Combine(folder.Path, "cur"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "new"));
        await File.WriteAllTextAsync(path, "", Cancel);
        var options = new Pop3Options();
        var locks = new OneLease(lease);
        await using var sessionLock = new MaildropSessionLock(locks, new("POP3", "1"), options);
        await sessionLock.AcquireAsync("alice", Cancel);
        var messages = new MessageList([new MaildirMessage(path, "1", 0)]);
        messages.Mark(1);
        var pipe = new System.IO.Pipelines.Pipe();
        await using var context = new DefaultConnectionContext("1", new Pipes(pipe), new Pipes(pipe));
        await using var connection = new Pop3Connection(context);
        var services = new Pop3Services(locks, new(folder.Path, null), new(new()), options, new(), TimeProvider.System, NullLogger<Pop3Session>.Instance);
        var state = new Pop3Transaction(connection, sessionLock, new(folder.Path, NullLogger.Instance), messages, services);
        var step = await state.HandleAsync(new("QUIT"), Cancel);
        Assert.Null(step.Next);
        Assert.True(lease.IsReleased);
        return (step.Farewell, File.Exists(path));
    }

    private sealed class Pipes(System.IO.Pipelines.Pipe pipe) : System.IO.Pipelines.IDuplexPipe
    {
        public System.IO.Pipelines.PipeReader Input => pipe.Reader;

        public System.IO.Pipelines.PipeWriter Output => pipe.Writer;
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
