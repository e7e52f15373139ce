namespace Maildrop.Locking.Cli.Stores;

/// <summary>Settings that have to be the servers' own.</summary>
internal sealed record StoreSettings(TimeSpan LeaseDuration, string KeyPrefix, bool TrustGarnetTransactions, bool AllowNetworkFileSystem);
