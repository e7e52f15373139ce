namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A state of RFC 1939's session.</summary>
internal interface IPop3State
{
    /// <summary>
    /// Answers a command. Cancelled when the lease is lost or the server stops: then the connection is cut, since the reply may
    /// be half out.
    /// </summary>
    ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken);
}

/// <summary>What comes after a command.</summary>
/// <param name="Next">The state to be in; null to close the connection.</param>
/// <param name="Understood">Whether the command made sense. A client that sends too many that do not is sent away.</param>
internal readonly record struct Pop3Step(IPop3State? Next, bool Understood = true)
{
    public static Pop3Step Close => new(null);
}
