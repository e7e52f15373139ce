namespace Maildrop.Locking.Cli.Stores;

/// <summary>A directory of a <see cref="FileMaildropLock"/>.</summary>
internal sealed record FileStoreLocation(string Directory, bool AllowNetwork) : StoreLocation
{
    public override string Name => $"files:{Directory}";

    protected override MaildropLock OpenCore()
    {
        // The lock would make it, and a mistyped name would look like a store in which nobody holds anything.
        if (!System.IO.Directory.Exists(Directory))
        {
            throw new CommandException($"There is no directory {Directory}, or this user may not see it. Name the one that the servers use.", ExitCode.Unavailable);
        }

        return new FileMaildropLock(new FileMaildropLockOptions { Directory = Directory, AllowNetworkFileSystem = AllowNetwork });
    }
}
