using Maildrop.Locking.Cli.Doctor;
using Maildrop.Locking.Cli.Errors;

namespace Maildrop.Locking.Cli.Stores;

/// <summary>A directory of a <see cref="FileMaildropLock"/>.</summary>
internal sealed record FileStoreLocation(string Directory, StoreSettings Settings) : StoreLocation
{
    public override string Name => $"files:{Directory}";

    public override IAsyncEnumerable<Finding> ExamineAsync(CancellationToken cancellationToken) =>
        new DirectoryExamination(Directory).RunAsync(cancellationToken);

    protected override MaildropLock OpenCore()
    {
        // The lock would make it, and a mistyped name would look like a store in which nobody holds anything.
        if (!System.IO.Directory.Exists(Directory))
        {
            throw new CommandException($"There is no directory {Directory}, or this user may not see it. Name the one that the servers use.", ExitCode.Unavailable);
        }

        // Files of another user, root's too, are in the servers' way.
        if (FileOwner.Of(Directory) is { } owner && owner != FileOwner.Current)
        {
            throw new CommandException($"{Directory} belongs to the user with id {owner}. Run this command as that user.", ExitCode.Unavailable);
        }

        return new FileMaildropLock(new FileMaildropLockOptions
        {
            Directory = Directory,
            AllowNetworkFileSystem = Settings.AllowNetworkFileSystem,
            LeaseDuration = Settings.LeaseDuration,
        });
    }
}
