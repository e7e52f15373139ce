using System.Diagnostics.Metrics;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking;

/// <summary>Leases on maildrops for all processes of one machine, kept in files of one directory.</summary>
public sealed class FileMaildropLock : StoredMaildropLock
{
    /// <summary>Creates a lock, and its directory if it is missing.</summary>
    /// <param name="options">The options. Their directory is required.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    /// <exception cref="MaildropStoreException">
    /// The directory cannot be used: it cannot be made or written to, belongs to another user, others can write to it, or it is on a network file system
    /// that was not allowed. The message says what to do.
    /// </exception>
    public FileMaildropLock(FileMaildropLockOptions options, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : base(Open(options, timeProvider), options, timeProvider, loggerFactory, meterFactory)
    {
    }

    private static FileMaildropStore Open(FileMaildropLockOptions options, TimeProvider? timeProvider)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));
        return new FileMaildropStore(options, timeProvider ?? TimeProvider.System);
    }
}
