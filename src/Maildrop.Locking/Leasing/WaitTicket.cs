namespace Maildrop.Locking.Leasing;

/// <summary>What the tries of one wait share, and what has to be ended when the wait is over.</summary>
internal abstract class WaitTicket : IAsyncDisposable
{
    public abstract ValueTask DisposeAsync();
}
