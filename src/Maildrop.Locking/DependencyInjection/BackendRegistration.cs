namespace Maildrop.Locking.DependencyInjection;

/// <summary>Which backend was named for a lock. Kept as named options, whose rule it is that the last one wins.</summary>
internal sealed class BackendRegistration
{
    public Func<IServiceProvider, IMaildropLock>? Create { get; set; }
}
