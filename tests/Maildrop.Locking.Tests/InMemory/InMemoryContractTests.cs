using Maildrop.Locking.Testing;

namespace Maildrop.Locking.Tests.InMemory;

public sealed class InMemoryContractTests : MaildropLockContract
{
    protected override LockTestBackend CreateBackend() => new InMemoryBackend();
}

public sealed class InMemorySilenceContractTests : SilenceContract
{
    protected override LockTestBackend CreateBackend() => new InMemoryBackend();
}

internal sealed class InMemoryBackend : FakeTimeBackend
{
    public override int Races => Iterations.Of(20, 3400);

    protected override MaildropLock Create(Action<MaildropLockOptions> configure)
    {
        var options = new MaildropLockOptions();
        configure(options);
        return new InMemoryMaildropLock(options, Time);
    }
}
