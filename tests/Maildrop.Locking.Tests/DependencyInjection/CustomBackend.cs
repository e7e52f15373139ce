using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>Options of a backend that is not ours, with a rule of their own.</summary>
internal sealed class CustomOptions : MaildropLockOptions
{
    public string Place { get; set; } = "";

    protected internal override IEnumerable<string> FindFaults() => Place.Length == 0 ? base.FindFaults().Append("Place is not empty.") : base.FindFaults();
}

internal sealed class CustomLock(CustomOptions options) : FakeLock
{
    public CustomOptions Options => options;
}

internal static class CustomBuilderExtensions
{
    public static MaildropLockingBuilder UseCustom(this MaildropLockingBuilder builder, Action<CustomOptions>? configure = null) =>
        builder.Use<CustomOptions>((_, options) => new CustomLock(options), configure);
}
