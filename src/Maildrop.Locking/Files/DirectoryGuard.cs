namespace Maildrop.Locking.Files;

/// <summary>
/// Detects that the lock's directory was removed or replaced. Grants nothing while leases of the old directory may be in force, then continues in the new one.
/// </summary>
internal sealed class DirectoryGuard(string directory, bool allowNetwork, TimeSpan longestLease, HostFiles hosts, TimeProvider time, Action onReplaced)
{
    // A look costs a section an eighth of its time. One that begins a millisecond after a look is no worse off than one that takes as long.
    private static readonly long LookPeriod = TimeProvider.System.TimestampFrequency / 1000;
    private readonly Lock _lock = new();
    private long _lookedAt;
    private long? _goneSince;

    /// <param name="always">Looks although it looked less than a millisecond ago.</param>
    /// <exception cref="MaildropStoreException">The directory is not the one that this instance started in.</exception>
    public void ThrowIfReplaced(bool always)
    {
        var now = TimeProvider.System.GetTimestamp();
        if (!always && now - Volatile.Read(ref _lookedAt) < LookPeriod)
        {
            return;
        }

        if (hosts.IsInPlace)
        {
            Volatile.Write(ref _lookedAt, now);
            if (_goneSince is not null)
            {
                lock (_lock)
                {
                    _goneSince = null;
                }
            }

            return;
        }

        lock (_lock)
        {
            _goneSince ??= time.GetTimestamp();
            var remaining = longestLease - time.GetElapsedTime(_goneSince.Value);
            if (remaining > TimeSpan.Zero)
            {
                throw FileErrors.Replaced(directory, remaining);
            }

            if (!hosts.IsInPlace)
            {
                DirectoryValidator.Validate(directory, allowNetwork);
                hosts.Recreate();
                onReplaced();
            }

            _goneSince = null;
        }
    }
}
