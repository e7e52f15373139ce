using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;
using StackExchange.Redis;

namespace Maildrop.Locking.Cli.Stores;

/// <summary>Where leases are kept: what --store names.</summary>
internal abstract record StoreLocation
{
    public const string Rule = "files:DIRECTORY or redis:CONNECTION";

    /// <summary>How the store is named in messages: without a password.</summary>
    public abstract string Name { get; }

    /// <exception cref="CommandException">The text names no store.</exception>
    public static StoreLocation Parse(string text, StoreSettings settings)
    {
        switch (text.Split(':', 2))
        {
            case ["files", { Length: > 0 } directory]:
                return new FileStoreLocation(Path.GetFullPath(directory), settings);
            case ["redis", { Length: > 0 } connection]:
                try
                {
                    var configuration = ConfigurationOptions.Parse(connection);

                    // StackExchange.Redis sends no INFO without it.
                    configuration.AllowAdmin = true;
                    return new RedisStoreLocation(configuration, settings);
                }
                catch (ArgumentException ex)
                {
                    // The message may hold a part of the connection string, and never the password's: the parser names keywords only.
                    throw new CommandException($"The connection of --store redis: cannot be read. {CommandException.Describe(ex)}", ExitCode.Usage, ex);
                }

            default:
                // Without the text: it may hold a password.
                throw new CommandException($"--store is {Rule}.", ExitCode.Usage);
        }
    }

    /// <summary>Opens the store as a server does.</summary>
    /// <exception cref="CommandException">An option is out of its range, or there is no such store.</exception>
    /// <exception cref="MaildropStoreException">The store cannot be used.</exception>
    public MaildropLock Open()
    {
        try
        {
            return OpenCore();
        }
        catch (ArgumentException ex)
        {
            throw new CommandException(CommandException.Describe(ex), ExitCode.Usage, ex);
        }
    }

    /// <summary>Looks at what is below the lock. What is bad enough to keep a lock from working ends the examination.</summary>
    public abstract IAsyncEnumerable<Finding> ExamineAsync(CancellationToken cancellationToken);

    protected abstract MaildropLock OpenCore();
}
