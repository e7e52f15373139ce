using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.Tests.DependencyInjection;

public sealed class OptionsTests
{
    [Fact]
    public void A_fault_is_told_at_start_with_the_option_and_its_rule()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking(o => o.LeaseDuration = TimeSpan.FromHours(2));
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal("LeaseDuration is from 00:00:00.1000000 to 01:00:00. It is set to 02:00:00.", fault.Message);
    }

    [Fact]
    public void A_fault_of_a_keyed_lock_names_the_lock()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking();
        services.AddKeyedMaildropLocking("pop3", o => o.MaxWaitersPerMaildrop = -1);
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal("Maildrop lock 'pop3': MaxWaitersPerMaildrop is from 0 to 10000. It is set to -1.", fault.Message);
    }

    [Fact]
    public void Every_fault_is_told_and_at_resolution_too()
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
    public void Good_options_start()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking(o => o.LeaseDuration = MaildropLockOptions.MaxLeaseDuration);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public void A_backends_options_begin_with_the_locks_whatever_the_order()
    {
        var services = new ServiceCollection();

        // As a host would that binds a section before it registers the lock.
        services.Configure<ShelfOptions>(o => o.LeaseDuration = TimeSpan.FromSeconds(7));
        services.AddMaildropLocking(o => o.UpdateTimeout = TimeSpan.FromMinutes(3)).UseShelf(o => o.Shelf = "left");
        services.AddMaildropLocking(o => o.IdleTimeout = TimeSpan.FromMinutes(12));
        using var provider = services.BuildServiceProvider();
        var options = Assert.IsType<ShelfLock>(provider.GetRequiredService<IMaildropLock>()).Options;
        Assert.Equal("left", options.Shelf);
        Assert.Equal(TimeSpan.FromSeconds(7), options.LeaseDuration);
        Assert.Equal(TimeSpan.FromMinutes(3), options.UpdateTimeout);
        Assert.Equal(TimeSpan.FromMinutes(12), options.IdleTimeout);
    }

    [Fact]
    public void A_backends_options_are_those_of_its_key()
    {
        var services = new ServiceCollection();
        services.AddKeyedMaildropLocking("a", o => o.MaxWaitersPerMaildrop = 1).UseShelf(o => o.Shelf = "left");
        services.AddKeyedMaildropLocking("b", o => o.MaxWaitersPerMaildrop = 2).UseShelf(o => o.Shelf = "right");
        using var provider = services.BuildServiceProvider();
        var a = (ShelfLock)provider.GetRequiredKeyedService<IMaildropLock>("a");
        var b = (ShelfLock)provider.GetRequiredKeyedService<IMaildropLock>("b");
        Assert.Equal(("left", 1, "right", 2), (a.Options.Shelf, a.Options.MaxWaitersPerMaildrop, b.Options.Shelf, b.Options.MaxWaitersPerMaildrop));
    }

    [Fact]
    public void A_backends_own_rules_are_checked_at_start_and_at_resolution()
    {
        var services = new ServiceCollection();
        services.AddMaildropLocking().UseShelf(o => o.Shelf = "");
        using var provider = services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Equal("Shelf is not empty.", fault.Message);
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IMaildropLock>());
    }
}
