namespace Maildrop.Locking.Testing;

/// <summary>
/// A backend under test: makes hosts that share it, and moves time. Where the backend lets itself be given a clock, time is a
/// FakeTimeProvider (see <see cref="FakeTimeBackend"/>); otherwise the durations are short and time passes.
/// </summary>
public abstract class LockTestBackend : IAsyncDisposable
{
    private readonly List<MaildropLock> _hosts = [];

    /// <summary>The lease duration of the hosts.</summary>
    public virtual TimeSpan LeaseDuration => TimeSpan.FromSeconds(30);

    /// <summary>The idle timeout of the hosts.</summary>
    public virtual TimeSpan IdleTimeout => TimeSpan.FromMinutes(10);

    /// <summary>The update timeout of the hosts.</summary>
    public virtual TimeSpan UpdateTimeout => TimeSpan.FromMinutes(5);

    /// <summary>The silence that a takeover takes.</summary>
    public virtual TimeSpan TakeoverIdleTime => IdleTimeout / 3;

    /// <summary>How many races a case about a race runs.</summary>
    public virtual int Races => 20;

    /// <summary>How long the backend may hold on to a lease beyond its duration: a guard of 15% or so, and some slack.</summary>
    public virtual TimeSpan Guard => LeaseDuration * 0.25;

    /// <summary>How far the times that are told may be off, where time passes while they are read.</summary>
    public virtual TimeSpan Slack => LeaseDuration / 5;

    /// <summary>Makes a host of its own: a process, as far as the backend can tell.</summary>
    public MaildropLock CreateHost(Action<MaildropLockOptions>? configure = null)
    {
        var host = Create(options =>
        {
            options.LeaseDuration = LeaseDuration;
            options.IdleTimeout = IdleTimeout;
            options.UpdateTimeout = UpdateTimeout;
            options.TakeoverIdleTime = TakeoverIdleTime;
            configure?.Invoke(options);
        });
        _hosts.Add(host);
        return host;
    }

    /// <summary>Lets time pass for the backend and for every host, with all that becomes due on the way.</summary>
    public abstract Task AdvanceAsync(TimeSpan by);

    /// <summary>Cuts a host off from the backend, as if its process had died: it neither renews nor releases any more.</summary>
    public virtual void CutOff(MaildropLock host) => throw new NotSupportedException("This backend is as alive as its only host.");

    /// <summary>The time of the backend and of its hosts.</summary>
    public abstract DateTimeOffset UtcNow { get; }

    /// <summary>Disposes of the hosts.</summary>
    /// <returns>A task.</returns>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The hosts that were made.</summary>
    protected IReadOnlyList<MaildropLock> Hosts => _hosts;

    /// <summary>Makes a lock on the backend.</summary>
    /// <param name="configure">Sets the durations that the cases count on.</param>
    /// <returns>The lock.</returns>
    protected abstract MaildropLock Create(Action<MaildropLockOptions> configure);
}
