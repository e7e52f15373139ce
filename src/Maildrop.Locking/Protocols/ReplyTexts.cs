using System.Globalization;

namespace Maildrop.Locking;

/// <summary>The texts of refusals, which name no session, host, address or process.</summary>
internal static class ReplyTexts
{
    // fetchmail tells a busy maildrop from a bad password by the word "lock".
    public const string InUse = "maildrop is locked by another session";

    public const string LimitReached = "maildrop is locked by too many sessions";

    public const string Unavailable = "maildrop lock is not available, try again later";

    public static string LoginDelay(TimeSpan? retryAfter)
    {
        const string Opened = "maildrop was opened a short time ago, try again";
        if (retryAfter is not { } rest)
        {
            return $"{Opened} later";
        }

        // Rounded up, to at least 1: a client that waits this long is not refused again.
        var seconds = Math.Max(1, (long)Math.Ceiling(rest.TotalSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"{Opened} in {seconds} {(seconds == 1 ? "second" : "seconds")}");
    }
}
