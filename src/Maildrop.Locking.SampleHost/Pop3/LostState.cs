namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The lease is lost and the client does not know yet. The reply to its next command says so, and the connection is closed.</summary>
internal sealed class LostState(string reply) : IPop3State
{
    public ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken) => ValueTask.FromResult(Pop3Step.Close(reply));
}
