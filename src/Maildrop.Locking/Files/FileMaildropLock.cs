using System.Diagnostics.Metrics;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking;

/// <summary>
/// Leases in a directory: for several processes on one machine, and for hosts that restart, without a server beside them.
/// </summary>
/// <remarks>
/// <para>
/// A maildrop has one small record file, which is never removed. A holder whose process is dead on this machine, or that is of an earlier
/// boot of it, is over at once; one on another machine, or in another container, when its lease ends. A record that cannot be read is taken
/// for held: it is <see cref="MaildropLockStatus.Unavailable"/> until it has been seen unchanged for longer than a lease.
/// </para>
/// <para>
/// On Linux, hosts of one machine take turns at a record by a word in memory that they share, in a file of some 41 KB in <c>/dev/shm</c>, and up to
/// 128 records that were used last stay open, however many leases are held. Where one host does not see the memory of the others, since it is in a
/// container, all of them go over to locks of the records' files by themselves, as they are used everywhere else.
/// </para>
/// <para>
/// While a host runs, nobody removes the directory or a file in it. When all are stopped, all of it may be removed.
/// </para>
/// </remarks>
public sealed class FileMaildropLock : StoredMaildropLock
{
    /// <summary>Creates a lock, and the directory where it is missing.</summary>
    /// <param name="options">The options, with their directory.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for the system's.</param>
    /// <param name="loggerFactory">Where to log; <see langword="null"/> for nowhere.</param>
    /// <param name="meterFactory">Where metrics go; <see langword="null"/> for a meter of the process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it and the rule.</exception>
    /// <exception cref="MaildropStoreException">
    /// The directory will not do: it cannot be made or written to, is not this user's own, others can write to it, it is on a network file system
    /// that was not allowed, or files there do not exclude. The message says what to do.
    /// </exception>
    public FileMaildropLock(FileMaildropLockOptions options, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null)
        : this(options, timeProvider, loggerFactory, LocalProcess.Current, meterFactory)
    {
    }

    internal FileMaildropLock(FileMaildropLockOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, LocalProcess process, IMeterFactory? meterFactory = null)
        : base(Open(options, timeProvider, process), options, timeProvider, loggerFactory, meterFactory)
    {
    }

    private static FileMaildropStore Open(FileMaildropLockOptions options, TimeProvider? timeProvider, LocalProcess process)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));
        return new FileMaildropStore(options, timeProvider ?? TimeProvider.System, process);
    }
}
