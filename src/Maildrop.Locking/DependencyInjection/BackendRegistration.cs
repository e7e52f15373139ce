namespace Maildrop.Locking.DependencyInjection;

/// <summary>The backend that the host named for a lock. It is kept as named options, so the last one wins.</summary>
internal sealed class BackendRegistration
{
    public Func<IServiceProvider, IMaildropLock>? Create { get; set; }
}
