namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The lease is lost, and the client does not know yet. Replies to its next command with the loss, and closes the connection.</summary>
internal sealed class LostState(string reply) : IPop3State
{
    public ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken) => ValueTask.FromResult(Pop3Step.Close(reply));
}
