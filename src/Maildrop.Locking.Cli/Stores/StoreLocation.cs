using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;
using StackExchange.Redis;

namespace Maildrop.Locking.Cli.Stores;

/// <summary>The store that --store names.</summary>
internal abstract record StoreLocation
{
    public const string Rule = "files:DIRECTORY or redis:CONNECTION";

    /// <summary>The store's name in messages, without a password.</summary>
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

                    // StackExchange.Redis needs this to send INFO.
                    configuration.AllowAdmin = true;
                    return new RedisStoreLocation(configuration, settings);
                }
                catch (ArgumentException ex)
                {
                    // The message may contain a keyword of the connection string, but never the password.
                    throw new CommandException($"The connection of --store redis: cannot be read. {CommandException.Describe(ex)}", ExitCode.Usage, ex);
                }

            default:
                // Do not show the text: it may contain a password.
                throw new CommandException($"--store is {Rule}.", ExitCode.Usage);
        }
    }

    /// <summary>Opens the store as a server does.</summary>
    /// <exception cref="CommandException">An option is out of range, or the store does not exist.</exception>
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

    /// <summary>Examines the server or directory below the lock. A fault that keeps a lock from working ends the examination.</summary>
    public abstract IAsyncEnumerable<Finding> ExamineAsync(CancellationToken cancellationToken);

    protected abstract MaildropLock OpenCore();
}
