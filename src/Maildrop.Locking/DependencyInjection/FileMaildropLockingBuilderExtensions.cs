using System.Diagnostics.Metrics;
using Maildrop.Locking;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Names files as the backend of a registered lock.</summary>
public static class FileMaildropLockingBuilderExtensions
{
    /// <summary>Keeps the leases in a directory: for several processes on one machine, and for hosts that restart.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="directory">The directory. The lock creates it if it is missing.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="directory"/> is empty.</exception>
    public static MaildropLockingBuilder UseFiles(this MaildropLockingBuilder builder, string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return builder.UseFiles(options => options.Directory = directory);
    }

    /// <summary>Keeps the leases in a directory: for several processes on one machine, and for hosts that restart.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options, including the directory, after those of <c>AddMaildropLocking</c>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static MaildropLockingBuilder UseFiles(this MaildropLockingBuilder builder, Action<FileMaildropLockOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.Use<FileMaildropLockOptions>(
            (services, options) => new FileMaildropLock(
                options, services.GetService<TimeProvider>(), services.GetService<Logging.ILoggerFactory>(), services.GetService<IMeterFactory>()),
            configure);
    }
}
