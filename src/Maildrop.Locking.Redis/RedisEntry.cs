using System.Globalization;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>The text of one lease in a record: what the scripts read by position, and lines behind it. <c>Scripts/record.lua</c> has its layout.</summary>
internal static class RedisEntry
{
    private const int FixedLength = 109;

    /// <summary>The part behind the times: idle timeout, takeover idle time, and the lines.</summary>
    public static string WriteTail(AcquireRequest request, string process) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Milliseconds(request.IdleTimeout):D10}{Milliseconds(request.TakeoverIdleTime):D10}{process}\n{request.Host}\n{request.ProcessId}\n{request.Session?.Protocol}\n{request.Session?.Id}\n{request.Session?.RemoteAddress}\n{request.Maildrop}");

    public static string WriteAccess(MaildropAccess access, bool grantedByTakeover) => access switch
    {
        MaildropAccess.Shared => "S",
        MaildropAccess.Single => "P",
        _ => "E",
    } + (grantedByTakeover ? "1" : "0");

    /// <summary>Reads an entry. The maildrop is among its lines.</summary>
    public static (MaildropName Maildrop, HolderEntry Holder)? Read(string entry, long endsAt, string mark, long now)
    {
        if (entry.Length < FixedLength || !LeaseOwner.TryParse(entry[..32], out var owner) || entry[FixedLength..].Split('\n', 7) is not { Length: 7 } lines)
        {
            return null;
        }

        var idle = Number(entry, 89, 10);
        var takeoverIdle = Number(entry, 99, 10);
        return (lines[6], new HolderEntry
        {
            Owner = owner,
            FencingToken = Number(entry, 32, 16),
            Access = entry[48] switch
            {
                'S' => MaildropAccess.Shared,
                'P' => MaildropAccess.Single,
                _ => MaildropAccess.Exclusive,
            },
            GrantedByTakeover = entry[49] == '1',
            Age = Since(Number(entry, 50, 13), now),
            Silence = Since(Number(entry, 63, 13), now),
            UpdateRemaining = Since(now, Number(entry, 76, 13)),
            ExpiresIn = Since(now, endsAt),
            IdleTimeout = idle == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(idle),
            TakeoverIdleTime = takeoverIdle == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(takeoverIdle),
            Host = lines[1],
            ProcessId = int.TryParse(lines[2], CultureInfo.InvariantCulture, out var id) ? id : 0,
            Session = lines[3].Length > 0 ? new MaildropSession(lines[3], lines[4], lines[5].Length > 0 ? lines[5] : null) : null,
            Revocation = mark switch
            {
                "P" => RevocationState.TakeoverProposed,
                "C" => RevocationState.TakeoverConfirmed,
                "T" => RevocationState.TakenOver,
                "R" => RevocationState.Revoked,
                _ => RevocationState.None,
            },
        });
    }

    /// <summary>A duration as the scripts take it: rounded up, and 0 for one without end.</summary>
    public static long Milliseconds(TimeSpan duration) => duration == Timeout.InfiniteTimeSpan ? 0 : (long)Math.Ceiling(duration.TotalMilliseconds);

    private static long Number(string entry, int start, int length) => long.Parse(entry.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture);

    private static TimeSpan Since(long from, long to) => TimeSpan.FromMilliseconds(Math.Max(0, to - from));
}
