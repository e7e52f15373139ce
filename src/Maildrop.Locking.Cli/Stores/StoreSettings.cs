namespace Maildrop.Locking.Cli.Stores;

/// <summary>Settings that must match those of the servers.</summary>
internal sealed record StoreSettings(TimeSpan LeaseDuration, string KeyPrefix, bool TrustGarnetTransactions, bool AllowNetworkFileSystem);
