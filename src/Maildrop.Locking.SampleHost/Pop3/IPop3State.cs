namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A state of RFC 1939's session.</summary>
internal interface IPop3State
{
    /// <summary>The length that the next line may have, with its end.</summary>
    int MaxLineOctets => Pop3LineReader.MaxCommandOctets;

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">
    /// Is cancelled when the lease is lost, the login takes too long or the server stops. The connection is then cut, since half a reply may be
    /// sent.
    /// </param>
    ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken);
}

/// <summary>The outcome of a command.</summary>
/// <param name="Next">The next state; null to close the connection.</param>
/// <param name="Understood">Whether the command made sense. A client that sends too many that do not is disconnected.</param>
/// <param name="Farewell">The last reply before the connection is closed. It is sent while the server stops, too. Null for none.</param>
internal readonly record struct Pop3Step(IPop3State? Next, bool Understood = true, string? Farewell = null)
{
    public static Pop3Step Close(string? farewell) => new(null, Farewell: farewell);
}
