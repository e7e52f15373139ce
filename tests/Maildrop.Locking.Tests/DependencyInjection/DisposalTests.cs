using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.DependencyInjection;

public sealed class DisposalTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData(null, false)]
    [InlineData("pop3", true)]
    [InlineData("pop3", false)]
    public async Task The_containers_disposal_ends_what_is_held(string? key, bool synchronously)
    {
        var services = new ServiceCollection();
        _ = key is null ? services.AddMaildropLocking() : services.AddKeyedMaildropLocking(key);
        var provider = services.BuildServiceProvider();
        var locks = provider.GetRequiredKeyedService<IMaildropLock>(key);
        var lease = await locks.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        var lost = lease.LostToken;
        if (synchronously)
        {
#pragma warning disable CA1849 // It is what this test is about.
            provider.Dispose();
#pragma warning restore CA1849
        }
        else
        {
            await provider.DisposeAsync();
        }

        Assert.False(lease.IsHeld);
        Assert.Equal(MaildropLeaseLoss.Disposed, lease.Loss);
        Assert.True(lost.IsCancellationRequested);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await locks.AcquireAsync("alice", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_lock_that_nobody_resolved_is_not_made_to_be_disposed_of()
    {
        var made = false;
        var services = new ServiceCollection();
        services.AddMaildropLocking().Use(_ =>
        {
            made = true;
            return new InMemoryMaildropLock();
        });
        await services.BuildServiceProvider().DisposeAsync();
        Assert.False(made);
    }
}
