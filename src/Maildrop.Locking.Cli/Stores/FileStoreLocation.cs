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
        // The lock would create the directory, so that a mistyped name would look like an empty store.
        if (!System.IO.Directory.Exists(Directory))
        {
            throw new CommandException($"There is no directory {Directory}, or this user may not see it. Name the one that the servers use.", ExitCode.Unavailable);
        }

        // The servers cannot use files created by another user, not even by root.
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
