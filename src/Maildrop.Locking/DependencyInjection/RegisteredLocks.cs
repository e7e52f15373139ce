namespace Maildrop.Locking.DependencyInjection;

/// <summary>The keys of the locks that a host registered; null for the one that has none. Kept as options.</summary>
internal sealed class RegisteredLocks
{
    public HashSet<string?> Keys { get; } = [];
}
