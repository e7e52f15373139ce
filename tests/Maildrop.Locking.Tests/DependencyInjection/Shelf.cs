using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.DependencyInjection;

/// <summary>Options of a backend that is not ours, with a rule of their own.</summary>
internal sealed class ShelfOptions : MaildropLockOptions
{
    public string Shelf { get; set; } = "";

    protected internal override IEnumerable<string> FindFaults() => Shelf.Length == 0 ? base.FindFaults().Append("Shelf is not empty.") : base.FindFaults();
}

internal sealed class ShelfLock(ShelfOptions options) : FakeLock
{
    public ShelfOptions Options => options;
}

internal static class ShelfBuilderExtensions
{
    public static MaildropLockingBuilder UseShelf(this MaildropLockingBuilder builder, Action<ShelfOptions>? configure = null) =>
        builder.Use<ShelfOptions>((_, options) => new ShelfLock(options), configure);
}
