using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Tests.Engine;

public sealed class RenewalBatchTests
{
    [Theory]
    [InlineData(256, 32)]
    [InlineData(32, 4)]
    [InlineData(4, 1)]
    [InlineData(1, 1)]
    public void A_failed_batch_is_split_until_each_lease_is_alone(int size, int next) =>
        Assert.Equal(next, new RenewalBatch(new StoredLease[size], sentAt: 0).RetrySize);
}
