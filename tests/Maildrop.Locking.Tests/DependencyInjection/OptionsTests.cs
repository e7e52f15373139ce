using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.DependencyInjection;

public sealed class OptionsTests
{
    [Fact]
    public void A_fault_of_a_keyed_lock_names_the_lock_and_is_no_other_locks()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking();
        services.AddKeyedMaildropLocking("pop3", o => o.MaxWaitersPerMaildrop = -1);
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IMaildropLock>("pop3"));
        Assert.Equal("Maildrop lock 'pop3': MaxWaitersPerMaildrop is from 0 to 10000. It is set to -1.", fault.Message);
        Assert.NotNull(provider.GetRequiredService<IMaildropLock>());
    }

    [Fact]
    public void Every_fault_is_told_when_the_lock_is_made()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking(o =>
        {
            o.IdleTimeout = TimeSpan.Zero;
            o.UpdateTimeout = Timeout.InfiniteTimeSpan;
        });
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IMaildropLock>());
        Assert.Equal(["IdleTimeout", "UpdateTimeout"], fault.Failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public void A_backends_options_begin_with_the_locks_whatever_the_order()
    {
        var services = new ServiceCollection();

        // As a host would that binds a section before it registers the lock.
        services.Configure<CustomOptions>(o => o.LeaseDuration = TimeSpan.FromSeconds(7));
        services.AddMaildropLocking(o => o.UpdateTimeout = TimeSpan.FromMinutes(3)).UseCustom(o => o.Place = "left");
        services.AddMaildropLocking(o => o.IdleTimeout = TimeSpan.FromMinutes(12));
        using var provider = services.BuildServiceProvider();
        var options = Assert.IsType<CustomLock>(provider.GetRequiredService<IMaildropLock>()).Options;
        Assert.Equal("left", options.Place);
        Assert.Equal(TimeSpan.FromSeconds(7), options.LeaseDuration);
        Assert.Equal(TimeSpan.FromMinutes(3), options.UpdateTimeout);
        Assert.Equal(TimeSpan.FromMinutes(12), options.IdleTimeout);
    }

    [Fact]
    public void A_backends_options_are_those_of_its_key()
    {
        var services = new ServiceCollection();
        services.AddKeyedMaildropLocking("a", o => o.MaxWaitersPerMaildrop = 1).UseCustom(o => o.Place = "left");
        services.AddKeyedMaildropLocking("b", o => o.MaxWaitersPerMaildrop = 2).UseCustom(o => o.Place = "right");
        using var provider = services.BuildServiceProvider();
        var a = (CustomLock)provider.GetRequiredKeyedService<IMaildropLock>("a");
        var b = (CustomLock)provider.GetRequiredKeyedService<IMaildropLock>("b");
        Assert.Equal(("left", 1, "right", 2), (a.Options.Place, a.Options.MaxWaitersPerMaildrop, b.Options.Place, b.Options.MaxWaitersPerMaildrop));
    }

    [Fact]
    public void A_backends_own_rules_are_checked_when_the_lock_is_made()
    {
        var services = new ServiceCollection();
        services.AddKeyedMaildropLocking("pop3").UseCustom(o => o.Place = "");
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IMaildropLock>("pop3"));
        Assert.Equal("Maildrop lock 'pop3': Place is not empty.", fault.Message);
    }
}
