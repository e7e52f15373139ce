using System.Globalization;

namespace Maildrop.Locking;

/// <summary>Creates the LOGIN-DELAY line of a POP3 server's answer to CAPA.</summary>
public static class Pop3LoginDelay
{
    /// <summary>Returns the CAPA line for <see cref="MaildropLockOptions.LoginDelay"/> (RFC 2449, section 6.5).</summary>
    /// <param name="options">The lock's options.</param>
    /// <returns>
    /// <c>LOGIN-DELAY</c> and the number of seconds, rounded up, without CRLF; <see langword="null"/> when the delay is off: announce nothing.
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
