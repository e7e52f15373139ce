namespace Maildrop.Locking.DependencyInjection;

/// <summary>The keys of the locks that a host registered; null for the lock without a key. Kept as options.</summary>
internal sealed class RegisteredLocks
{
    public HashSet<string?> Keys { get; } = [];
}
