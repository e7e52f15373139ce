namespace Maildrop.Locking.Testing;

/// <summary>
/// A backend under test. Makes hosts that share the backend, and advances time. A backend that accepts a clock uses a FakeTimeProvider
/// (see <see cref="FakeTimeBackend"/>). Any other backend uses short durations and real time.
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

    /// <summary>How long a client has to be silent for a takeover.</summary>
    public virtual TimeSpan TakeoverIdleTime => IdleTimeout / 3;

    /// <summary>How many times a test of a race runs the race.</summary>
    public virtual int Races => 20;

    /// <summary>How long the backend may keep a lease beyond its duration: a guard of about 15%, and some slack.</summary>
    public virtual TimeSpan Guard => LeaseDuration * 0.25;

    /// <summary>The allowed error of reported times, since real time may pass while they are read.</summary>
    public virtual TimeSpan Slack => LeaseDuration / 5;

    /// <summary>Creates a host. To the backend it looks like a separate process.</summary>
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

    /// <summary>Advances the time of the backend and of all hosts, and runs the work that becomes due.</summary>
    public abstract Task AdvanceAsync(TimeSpan by);

    /// <summary>Cuts a host off from the backend, as if its process had died. The host can no longer renew or release.</summary>
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

    /// <summary>The hosts created so far.</summary>
    protected IReadOnlyList<MaildropLock> Hosts => _hosts;

    /// <summary>Makes a lock on the backend.</summary>
    /// <param name="configure">Sets the durations that the tests rely on.</param>
    /// <returns>The lock.</returns>
    protected abstract MaildropLock Create(Action<MaildropLockOptions> configure);
}
