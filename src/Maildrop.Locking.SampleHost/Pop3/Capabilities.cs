namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The answer to CAPA (RFC 2449), the same in both states and for everybody.</summary>
internal sealed class Capabilities(MaildropLockOptions options)
{
    // Nothing is announced where LOGIN-DELAY is off.
    private readonly string[] _lines =
    [
        "TOP",
        "UIDL",
        "USER",
        "PIPELINING",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        .. options.ToLoginDelayCapability() is { } delay ? [delay] : Array.Empty<string>(),
        "IMPLEMENTATION Maildrop.Locking-SampleHost",
    ];

    public ValueTask ReplyAsync(Pop3Output output, CancellationToken cancellationToken) =>
        output.ReplyAsync("+OK capability list follows", _lines, cancellationToken);
}
