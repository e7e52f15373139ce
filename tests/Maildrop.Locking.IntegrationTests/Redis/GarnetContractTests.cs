using Maildrop.Locking.Testing;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The contract on Garnet, embedded, in its transactional Lua mode.</summary>
public sealed class GarnetContractTests(GarnetFixture garnet) : SharedBackendContract, IClassFixture<GarnetFixture>
{
    protected override LockTestBackend CreateBackend() => new RedisBackend(garnet.Configuration, options => options.TrustGarnetTransactions = true);
}
