using System.Globalization;
using System.Text;
using System.Text.Unicode;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>What the scripts keep of one lease; acquire.lua says what stands where.</summary>
internal static class RedisRecord
{
    public const int OwnerLength = 32;

    // Where the lines begin in a record whose times are all its token's, and in one that has them written out.
    private const int Short = 28;
    private const int Long = 81;

    /// <summary>
    /// Writes the owner and the record without its token, side by side in one array. A name is told where its key holds a hash of it.
    /// </summary>
    public static (ReadOnlyMemory<byte> Owner, ReadOnlyMemory<byte> Record) Write(AcquireRequest request, long expiry, string process)
    {
        var name = RedisNames.IsHashed(request.Maildrop) ? "\n" + request.Maildrop.Value : "";
        var access = request.Access == MaildropAccess.Shared ? 'S' : 'E';
        var after = request.GrantedByTakeover ? '1' : '0';
        var session = request.Session;
        Span<byte> buffer = stackalloc byte[512];
        request.Owner.WriteTo(buffer);
        byte[] bytes;
        if (Utf8.TryWrite(
            buffer[OwnerLength..],
            CultureInfo.InvariantCulture,
            $"{expiry:D8}0{access}{after}\n{process}\n{request.ProcessId}\n{request.Host}\n{session?.Protocol}\n{session?.Id}\n{session?.RemoteAddress}{name}",
            out var length))
        {
            bytes = buffer[..(OwnerLength + length)].ToArray();
        }
        else
        {
            var record = string.Create(
                CultureInfo.InvariantCulture,
                $"{expiry:D8}0{access}{after}\n{process}\n{request.ProcessId}\n{request.Host}\n{session?.Protocol}\n{session?.Id}\n{session?.RemoteAddress}{name}");
            bytes = new byte[OwnerLength + Encoding.UTF8.GetByteCount(record)];
            request.Owner.WriteTo(bytes);
            Encoding.UTF8.GetBytes(record, bytes.AsSpan(OwnerLength));
        }

        return (bytes.AsMemory(0, OwnerLength), bytes.AsMemory(OwnerLength));
    }

    /// <summary>An owner as the scripts take it.</summary>
    public static RedisValue Write(LeaseOwner owner)
    {
        var bytes = new byte[OwnerLength];
        owner.WriteTo(bytes);
        return bytes;
    }

    /// <summary>Reads a record; null when it is none that this version wrote.</summary>
    public static LeaseRecord? Read(MaildropName? maildrop, RedisValue ownerField, RedisValue recordValue, long now)
    {
        var record = (string?)recordValue ?? "";
        if (record.Length <= Short || !LeaseOwner.TryParse(ownerField, out var owner)
            || !TryRead(record.AsSpan(0, 16), out var token) || !TryRead(record.AsSpan(16, 8), out var expiry))
        {
            return null;
        }

        long granted = token / 1000, renewed = granted, activity = granted, update = 0;
        var isLong = record[Short - 1] == '+';
        if (isLong && (record.Length <= Long || !TryRead(record.AsSpan(28, 13), out granted) || !TryRead(record.AsSpan(41, 13), out renewed)
            || !TryRead(record.AsSpan(54, 13), out activity) || !TryRead(record.AsSpan(67, 13), out update)))
        {
            return null;
        }

        var lines = record[(isLong ? Long : Short)..].Split('\n');
        if (lines.Length < 6 || !TryRead(lines[1], out var processId))
        {
            return null;
        }

        try
        {
            return new LeaseRecord
            {
                Maildrop = maildrop ?? new MaildropName(lines.Length > 6 ? lines[6] : ""),
                Owner = owner,
                Access = record[25] == 'S' ? MaildropAccess.Shared : MaildropAccess.Exclusive,
                FencingToken = token,
                Session = lines[3].Length == 0 ? null : new MaildropSession(lines[3], lines[4], lines[5].Length == 0 ? null : lines[5]),
                Host = lines[2],
                ProcessId = (int)processId,
                Age = TimeSpan.FromMilliseconds(now - granted),
                Silence = TimeSpan.FromMilliseconds(now - activity),
                ExpiresIn = TimeSpan.FromMilliseconds(renewed + expiry - now),
                RevokedBy = record[24] switch
                {
                    'R' => MaildropLeaseLoss.Revoked,
                    'T' or 'I' => MaildropLeaseLoss.TakenOver,
                    _ => MaildropLeaseLoss.None,
                },
                GrantedByTakeover = record[26] == '1',
                InUpdate = update > now,
            };
        }
        catch (ArgumentException)
        {
            // A name or a session that is none.
            return null;
        }
    }

    private static bool TryRead(ReadOnlySpan<char> digits, out long value) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
