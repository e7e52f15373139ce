using System.Globalization;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Reads and writes an entry of a record. record.lua defines the layout.</summary>
internal static class RedisRecord
{
    private const int LinesStart = 109;
    private const long MaxDuration = 9_999_999_999;

    /// <summary>Writes an owner as <see cref="LeaseOwner.ToString"/> does.</summary>
    public static RedisValue WriteOwner(LeaseOwner owner)
    {
        // Each operation has one, and bytes take less memory than a string.
        var digits = new byte[32];
        owner.Value.TryFormat(digits, out _, "x32", CultureInfo.InvariantCulture);
        return digits;
    }

    public static string WriteAccess(AcquireRequest request) => request.Access switch
    {
        MaildropAccess.Shared => request.GrantedByTakeover ? "S1" : "S0",
        MaildropAccess.Single => request.GrantedByTakeover ? "P1" : "P0",
        _ => request.GrantedByTakeover ? "E1" : "E0",
    };

    /// <summary>Writes the end of an entry, which never changes. It includes the maildrop's name if the key has only a hash.</summary>
    public static string WriteEnd(AcquireRequest request, string process)
    {
        var session = request.Session;
        var name = RedisKeys.IsHashed(request.Maildrop) ? "\n" + request.Maildrop.Value : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Milliseconds(request.IdleTimeout):D10}{Milliseconds(request.TakeoverIdleTime):D10}{process}\n{request.ProcessId}\n{request.Host}\n{session?.Protocol}\n{session?.Id}\n{session?.RemoteAddress}{name}");
    }

    public static HolderEntry Read(RedisValue entry, RedisValue end, RedisValue mark, RedisValue asOf, out string? name)
    {
        var text = (string)entry!;
        var now = (long)asOf;
        var lines = text[LinesStart..].Split('\n');
        name = lines.Length > 6 ? lines[6] : null;
        return new HolderEntry
        {
            Owner = LeaseOwner.TryParse(text[..32], out var owner) ? owner : throw new FormatException("A record in Redis has no owner."),
            Access = text[48] switch
            {
                'S' => MaildropAccess.Shared,
                'P' => MaildropAccess.Single,
                _ => MaildropAccess.Exclusive,
            },
            FencingToken = Number(text, 32, 16),
            Session = lines[3].Length == 0 ? null : new MaildropSession(lines[3], lines[4], lines[5].Length == 0 ? null : lines[5]),
            Host = lines[2],
            ProcessId = int.Parse(lines[1], CultureInfo.InvariantCulture),
            ReadAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
            Age = Time(now - Number(text, 50, 13)),
            Silence = Time(now - Number(text, 63, 13)),
            ExpiresIn = Time((long)end - now),
            IdleTimeout = Duration(Number(text, 89, 10)),
            TakeoverIdleTime = Duration(Number(text, 99, 10)),
            UpdateRemaining = Time(Number(text, 76, 13) - now),
            GrantedByTakeover = text[49] == '1',
            Revocation = (string?)mark switch
            {
                "P" => RevocationState.TakeoverProposed,
                "C" => RevocationState.TakeoverConfirmed,
                "T" => RevocationState.TakenOver,
                "R" => RevocationState.Revoked,
                _ => RevocationState.None,
            },
        };
    }

    /// <summary>Converts to milliseconds, and rounds up.</summary>
    public static long Round(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private static long Milliseconds(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? 0 : Math.Clamp(Round(time), 1, MaxDuration);

    private static long Number(string text, int start, int length) => long.Parse(text.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture);

    private static TimeSpan Time(long milliseconds) => TimeSpan.FromMilliseconds(Math.Max(0, milliseconds));

    private static TimeSpan Duration(long milliseconds) => milliseconds == 0 ? Timeout.InfiniteTimeSpan : Time(milliseconds);
}
