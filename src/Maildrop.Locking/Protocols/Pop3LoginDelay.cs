using System.Globalization;

namespace Maildrop.Locking;

/// <summary>What a POP3 server announces about LOGIN-DELAY in the answer to CAPA.</summary>
public static class Pop3LoginDelay
{
    /// <summary>CAPA's line for <see cref="MaildropLockOptions.LoginDelay"/>, as RFC 2449, section 6.5, wants it.</summary>
    /// <param name="options">The lock's options.</param>
    /// <returns>
    /// <c>LOGIN-DELAY</c> and the number of seconds, rounded up, without CRLF; <see langword="null"/> where it is off and nothing is announced.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    public static string? ToLoginDelayCapability(this MaildropLockOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.LoginDelay > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"LOGIN-DELAY {Math.Ceiling(options.LoginDelay.TotalSeconds):0}")
            : null;
    }
}
