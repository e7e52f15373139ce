using System.Text;
using CsCheck;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Record = Maildrop.Locking.Files.Record;

namespace Maildrop.Locking.Tests.Files;

public sealed class RecordFormatTests
{
    private static readonly Gen<ProcessStamp> Processes =
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UInt, Gen.UInt, Gen.Int, Gen.Long, Gen.ULong, Gen.UShort, (a, b, c, d, e, f, g, h) => new ProcessStamp(new UInt128(a, b), c, d, a, e, f, g, h));

    private static readonly Gen<HolderEntry> Holders =
        Gen.Select(Gen.ULong, Gen.Long, Gen.Enum<MaildropAccess>(), Gen.Enum<MaildropLeaseLoss>(), Processes, Gen.Long.Array[7], Gen.Byte.Array[0, 300], (owner, token, access, asked, process, times, text) =>
            new HolderEntry
            {
                Owner = new LeaseOwner(owner),
                Token = token,
                Access = access,
                RevokedBy = asked,
                Process = process,
                GrantedAt = times[0],
                GrantedUtc = times[1],
                RenewedAt = times[2],
                RenewedUtc = times[3],
                Expiry = times[4],
                Silence = times[5],
                UpdateUntil = times[6],
                Text = text,
            });

    [Fact]
    public void What_is_written_is_read() => Gen.Select(Gen.Long, Holders.List[0, 8], Processes.List[0, 3], Processes.List[0, 3]).Sample((token, holders, waiting, watching) =>
    {
        var record = new Record { LastToken = token, Sequence = 7 };
        record.Holders.AddRange(holders);
        record.Reservations.AddRange(waiting.Select(process => new ReservationEntry(new LeaseOwner(process.Boot), process, 5, 6)));
        record.Watchers.AddRange(watching.Select(process => new WatcherEntry(process, 8)));
        var bytes = Write(record, "alice");
        Assert.Equal(RecordCondition.Sound, RecordFormat.Read([.. bytes, 1, 2, 3], "alice", out var read, out _, out var size));
        Assert.Equal((token, 7, bytes.Length), (read.LastToken, read.Sequence, size));
        Assert.Equivalent(record, read);
        Assert.Equal(bytes, Write(read, "alice"));
        Assert.Equal(RecordCondition.Foreign, RecordFormat.Read(bytes, "bob", out _, out _, out _));
        Assert.Equal(RecordCondition.Sound, RecordFormat.Read(bytes, null, out _, out var name, out _));
        Assert.Equal("alice", name.Value);
    });

    [Fact]
    public void The_format_does_not_change_unless_its_version_does()
    {
        var record = new Record { LastToken = 0x0102030405060708, Sequence = 3 };
        record.Holders.Add(new HolderEntry
        {
            Owner = new LeaseOwner(0x99),
            Token = 0x0102030405060708,
            Access = MaildropAccess.Shared,
            Process = new ProcessStamp(1, 2, 3, 4, 5, 6, 7, 8),
            GrantedAt = 9,
            Text = HolderEntry.Describe("mail1", new MaildropSession("POP3", "c1", "192.0.2.1")),
        });
        var bytes = Write(record, "alice");

        // The checksums were computed by a program of another language, from the description.
        Assert.Equal("4D41494C44524F500100", Convert.ToHexString(bytes[..10]));
        Assert.Equal(64 + 5 + 139 + 23, bytes.Length);
        Assert.Equal("alice", Encoding.UTF8.GetString(bytes, 64, 5));
        Assert.Equal("mail1\0POP3\0c1\0192.0.2.1", Encoding.UTF8.GetString(bytes[^23..]));
        Assert.Equal("C9DEF721", Convert.ToHexString(bytes[56..60]));
        Assert.Equal("F60F7AF3", Convert.ToHexString(bytes[60..64]));
    }

    private static byte[] Write(Record record, MaildropName maildrop)
    {
        var bytes = new byte[RecordFormat.SizeOf(record, maildrop)];
        RecordFormat.Write(record, maildrop, bytes);
        return bytes;
    }
}
