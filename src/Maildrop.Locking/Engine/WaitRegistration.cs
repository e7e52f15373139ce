namespace Maildrop.Locking.Engine;

/// <summary>What the tries of one wait share, and what has to be ended when the wait is over.</summary>
internal abstract class WaitRegistration : IAsyncDisposable
{
    public abstract ValueTask DisposeAsync();
}
