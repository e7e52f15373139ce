namespace Maildrop.Locking.Tests.Engine;

/// <summary>The contexts that a host may call from: a synchronization context that never runs anything, and a scheduler that runs one task at a time.</summary>
internal static class BlockedContext
{
    /// <summary>Begins work under a context on which nothing that is posted ever runs.</summary>
    public static T Run<T>(Func<T> work)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Deaf());
        try
        {
            return work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs blocking work on an exclusive scheduler, whose only task it is: what needs that scheduler meanwhile never runs.</summary>
    public static Task<T> RunExclusivelyAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    private sealed class Deaf : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }

        public override void Send(SendOrPostCallback d, object? state)
        {
        }
    }
}
