namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The answer to CAPA (RFC 2449), the same in both states. LOGIN-DELAY joins here once the library enforces it.</summary>
internal static class Capabilities
{
    private static readonly string[] Lines =
    [
        "TOP",
        "UIDL",
        "USER",
        "PIPELINING",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        "IMPLEMENTATION Maildrop.Locking-SampleHost",
    ];

    public static ValueTask ReplyAsync(Pop3Output output, CancellationToken cancellationToken) =>
        output.ReplyAsync("+OK capability list follows", Lines, cancellationToken);
}
