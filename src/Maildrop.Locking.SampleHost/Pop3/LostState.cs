namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>
/// The lease was lost, and the client does not know yet: whatever it asks next, it is told so, and the connection is closed.
/// </summary>
internal sealed class LostState(string reply, Pop3Output output) : IPop3State
{
    public async ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken)
    {
        await output.ReplyAsync(reply, cancellationToken);
        return Pop3Step.Close;
    }
}
