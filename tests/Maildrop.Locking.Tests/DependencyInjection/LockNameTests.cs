using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>A keyed lock's name, which tells it apart in metrics, is its key.</summary>
public sealed class LockNameTests
{
    [Fact]
    public void A_locks_name_is_its_key_and_a_lock_without_a_key_has_none()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking().UseCustom(o => o.Place = "left");
        services.AddKeyedMaildropLocking("pop3").UseCustom(o => o.Place = "left");
        using var provider = services.BuildServiceProvider();
        Assert.Null(provider.GetRequiredService<IOptionsMonitor<MaildropLockOptions>>().CurrentValue.LockName);
        Assert.Equal("pop3", provider.GetRequiredService<IOptionsMonitor<MaildropLockOptions>>().Get("pop3").LockName);
        Assert.Null(((CustomLock)provider.GetRequiredService<IMaildropLock>()).Options.LockName);
        Assert.Equal("pop3", ((CustomLock)provider.GetRequiredKeyedService<IMaildropLock>("pop3")).Options.LockName);
    }

    [Fact]
    public void A_name_that_the_host_sets_stays_whatever_the_order()
    {
        var services = new ServiceCollection();
        services.AddKeyedMaildropLocking("a", o => o.LockName = "incoming");
        services.AddKeyedMaildropLocking("a").UseCustom(o => o.Place = "left");
        services.AddKeyedMaildropLocking("b").UseCustom(o => (o.Place, o.LockName) = ("left", "outgoing"));
        using var provider = services.BuildServiceProvider();
        Assert.Equal("incoming", ((CustomLock)provider.GetRequiredKeyedService<IMaildropLock>("a")).Options.LockName);
        Assert.Equal("outgoing", ((CustomLock)provider.GetRequiredKeyedService<IMaildropLock>("b")).Options.LockName);
    }
}
