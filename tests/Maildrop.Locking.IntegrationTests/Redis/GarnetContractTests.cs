using Maildrop.Locking.Testing;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contracts on Garnet, embedded, in its transactional Lua mode.</summary>
public sealed class GarnetContractTests(GarnetFixture garnet) : MaildropLockContract
{
    protected override LockTestBackend CreateBackend() => garnet.CreateBackend();
}

public sealed class GarnetSilenceContractTests(GarnetFixture garnet) : SilenceContract
{
    protected override LockTestBackend CreateBackend() => garnet.CreateBackend();
}

public sealed class GarnetSharedContractTests(GarnetFixture garnet) : SharedBackendContract
{
    protected override LockTestBackend CreateBackend() => garnet.CreateBackend();
}
