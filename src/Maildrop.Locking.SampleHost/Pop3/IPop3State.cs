namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>A state of a session (RFC 1939).</summary>
internal interface IPop3State
{
    /// <summary>The maximum length of the next line, including its end.</summary>
    int MaxLineOctets => Pop3LineReader.MaxCommandOctets;

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">
    /// Is cancelled when the lease is lost, the login takes too long or the server stops. The connection is then cut, since half a reply may
    /// have been sent.
    /// </param>
    ValueTask<Pop3Step> HandleAsync(Pop3Command command, CancellationToken cancellationToken);
}

/// <summary>The outcome of a command.</summary>
/// <param name="Next">The next state; null to close the connection.</param>
/// <param name="Understood">Whether the command is valid. Too many invalid commands end the connection.</param>
/// <param name="Farewell">The last reply before the connection is closed; null for none. It is sent even if the server stops.</param>
internal readonly record struct Pop3Step(IPop3State? Next, bool Understood = true, string? Farewell = null)
{
    public static Pop3Step Close(string? farewell) => new(null, Farewell: farewell);
}
