namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The lease is lost and the client does not know yet. Its next command, whatever it is, is answered with that.</summary>
internal sealed class LostState(string reply) : IPop3State
{
    public ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken) => ValueTask.FromResult(Pop3Step.Close(reply));
}
