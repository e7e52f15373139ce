namespace Maildrop.Locking.Files;

/// <summary>
/// Detects that the lock's directory was removed or replaced. Grants nothing while leases of the old directory may be in force, then continues in the new one.
/// </summary>
internal sealed class DirectoryGuard(string directory, bool allowNetwork, TimeSpan longestLease, HostFiles hosts, TimeProvider time, Action onReplaced)
{
    private readonly Lock _lock = new();
    private long? _goneSince;

    /// <exception cref="MaildropStoreException">The directory is not the one that this instance started in.</exception>
    public void ThrowIfReplaced()
    {
        if (hosts.IsInPlace)
        {
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
