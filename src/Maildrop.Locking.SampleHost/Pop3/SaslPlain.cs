using System.Text;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The PLAIN mechanism (RFC 4616), as AUTH carries it (RFC 5034).</summary>
internal static class SaslPlain
{
    /// <summary>The maximum length of a line of a SASL exchange, including its end (RFC 5034, section 4).</summary>
    public const int MaxLineOctets = 12 * 1024;

    /// <summary>Parses a client's response: the identity to act as (the user, or empty), the user, and the password.</summary>
    public static bool TryParse(string base64, out string user, out string password)
    {
        (user, password) = ("", "");
        var octets = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, octets, out var count))
        {
            return false;
        }

        try
        {
            if (Pop3LineReader.StrictUtf8.GetString(octets, 0, count).Split('\0') is not [var identity, { Length: > 0 } name, var secret] || (identity.Length > 0 && identity != name))
            {
                return false;
            }

            (user, password) = (name, secret);
            return !name.Any(char.IsControl);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
