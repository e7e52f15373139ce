using System.Globalization;
using System.Text;
using System.Text.Unicode;
using StackExchange.Redis;

namespace Maildrop.Locking.Storage;

/// <summary>What the scripts keep of one lease; acquire.lua says what stands where.</summary>
internal static class RedisRecord
{
    public const int OwnerLength = 32;

    private const int Fixed = 42;

    /// <summary>
    /// Writes the owner and the part of the record that only clients read, side by side in one array. A name is told where its key holds a
    /// hash of it.
    /// </summary>
    public static (ReadOnlyMemory<byte> Owner, ReadOnlyMemory<byte> Told) Write(StoreAcquire request, string process)
    {
        var name = RedisNames.IsHashed(request.Maildrop) ? request.Maildrop.Value : "";
        var session = request.Session;
        Span<byte> buffer = stackalloc byte[512];
        request.Owner.WriteTo(buffer);
        byte[] bytes;
        if (Utf8.TryWrite(
            buffer[OwnerLength..], CultureInfo.InvariantCulture, $"{process}\n{request.ProcessId}\n{request.Host}\n{session?.Protocol}\n{session?.Id}\n{session?.RemoteAddress}\n{name}", out var length))
        {
            bytes = buffer[..(OwnerLength + length)].ToArray();
        }
        else
        {
            var rest = string.Create(
                CultureInfo.InvariantCulture, $"{process}\n{request.ProcessId}\n{request.Host}\n{session?.Protocol}\n{session?.Id}\n{session?.RemoteAddress}\n{name}");
            bytes = new byte[OwnerLength + Encoding.UTF8.GetByteCount(rest)];
            request.Owner.WriteTo(bytes);
            Encoding.UTF8.GetBytes(rest, bytes.AsSpan(OwnerLength));
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
        if (record.Length <= Fixed || !LeaseOwner.TryParse(ownerField, out var owner))
        {
            return null;
        }

        var lines = record[Fixed..].Split('\n');
        if (lines.Length < 9
            || !TryRead(record.AsSpan(0, 13), out var expires) || !TryRead(record.AsSpan(13, 13), out var activity) || !TryRead(record.AsSpan(26, 13), out var update)
            || !TryRead(lines[0], out var token) || !TryRead(lines[1], out var granted) || !TryRead(lines[3], out var processId))
        {
            return null;
        }

        try
        {
            return new LeaseRecord
            {
                Maildrop = maildrop ?? new MaildropName(lines[8]),
                Owner = owner,
                Access = record[40] == 'S' ? MaildropAccess.Shared : MaildropAccess.Exclusive,
                FencingToken = token,
                Session = lines[5].Length == 0 ? null : new MaildropSession(lines[5], lines[6], lines[7].Length == 0 ? null : lines[7]),
                Host = lines[4],
                ProcessId = (int)processId,
                Age = TimeSpan.FromMilliseconds(now - granted),
                Silence = TimeSpan.FromMilliseconds(now - activity),
                ExpiresIn = TimeSpan.FromMilliseconds(expires - now),
                AskedToLetGo = record[39] switch
                {
                    'R' => MaildropLeaseLoss.Revoked,
                    'T' or 'I' => MaildropLeaseLoss.TakenOver,
                    _ => MaildropLeaseLoss.None,
                },
                IsAfterTakeover = record[41] == '1',
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
