namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The answer to CAPA (RFC 2449).</summary>
internal sealed class Capabilities(MaildropLockOptions options)
{
    public ValueTask ReplyAsync(Pop3Connection connection, bool isLoggedIn, CancellationToken cancellationToken) =>
        connection.Output.ReplyAsync("+OK capability list follows", Lines(connection.IsPrivate, canEncrypt: !connection.IsEncrypted && !isLoggedIn), () => { }, cancellationToken);

    private IEnumerable<string> Lines(bool canLogIn, bool canEncrypt) =>
    [
        "TOP",
        "UIDL",
        .. canLogIn ? ["USER", "SASL PLAIN"] : Array.Empty<string>(),
        .. canEncrypt ? ["STLS"] : Array.Empty<string>(),
        "PIPELINING",
        "RESP-CODES",
        "AUTH-RESP-CODE",

        // Null if LOGIN-DELAY is off.
        .. options.ToLoginDelayCapability() is { } delay ? [delay] : Array.Empty<string>(),
        "IMPLEMENTATION Maildrop.Locking-SampleHost",
    ];
}
