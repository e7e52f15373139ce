using CsCheck;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Files;

public sealed class RecordFormatTests
{
    private static readonly Gen<LeaseOwner> Owners = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new LeaseOwner(new UInt128(high, low)));
    private static readonly Gen<TimeSpan> Durations = Gen.Long[-TimeSpan.TicksPerDay, TimeSpan.TicksPerDay].Select(static ticks => new TimeSpan(ticks));

    private static readonly Gen<MaildropSession?> Sessions =
        Gen.Select(Gen.Int[0, 2], Gen.String[Gen.Char['a', 'z'], 1, 20], (kind, id) => kind == 0 ? null : new MaildropSession("POP3", id, kind == 1 ? null : "2001:db8::1"));

    private static readonly Gen<StoredHolder> Holders =
        Gen.Select(Owners, Gen.Long, Gen.Enum<MaildropAccess>(), Gen.Enum<RevocationState>(), Durations.Array[6], Sessions, Gen.Bool, Gen.ULong, (owner, token, access, revocation, times, session, flag, instance) =>
            new StoredHolder(
                new HolderEntry
                {
                    Owner = owner,
                    FencingToken = token,
                    Access = access,
                    Revocation = revocation,
                    Age = times[0],
                    Silence = times[1],
                    ExpiresIn = times[2],
                    IdleTimeout = times[3],
                    TakeoverIdleTime = times[4],
                    UpdateRemaining = times[5],
                    Session = session,
                    GrantedByTakeover = flag,
                    Host = "mail-1",
                    ProcessId = 7,
                },
                instance,
                token ^ 1,
                token ^ 2));

    private static readonly Gen<StoredMark> Marks =
        Gen.Select(Owners, Durations, Gen.ULong, Gen.Long, (owner, time, instance, stamp) => new StoredMark(owner, time, instance, stamp));

    [Fact]
    public void What_is_written_is_read() =>
        Gen.Select(Gen.Long, Holders.List[0, 8], Marks.List[0, 3], Gen.ULong.List[0, 3], Marks.Nullable(), Owners).Sample((token, holders, marks, watchers, proposal, login) =>
        {
            var record = new StoredRecord { LastFencingToken = token, Proposal = proposal, LastLogin = token % 2 == 0 ? null : new StoredLogin(login, token) };
            record.Holders.AddRange(holders);
            record.Reservations.AddRange(marks);
            record.Watchers.AddRange(watchers);
            var bytes = RecordFormat.Write(record, "alice");

            // The rest of a longer record may follow.
            Assert.Equal(RecordState.Valid, RecordFormat.Read([.. bytes, 1, 2, 3], out var maildrop, out var read));
            Assert.Equal("alice", maildrop.Value);
            Assert.Equivalent(record, read, strict: true);
            Assert.Equal(bytes, RecordFormat.Write(read, "alice"));
        });

    [Fact]
    public void A_record_that_is_cut_off_or_changed_is_corrupt()
    {
        var record = new StoredRecord { LastFencingToken = 7 };
        record.Watchers.Add(9);
        var bytes = RecordFormat.Write(record, "alice");
        for (var length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(RecordState.Corrupt, RecordFormat.Read(bytes[..length], out _, out _));
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            foreach (var flip in new byte[] { 0x01, 0x80, 0xFF })
            {
                var changed = bytes.ToArray();
                changed[i] ^= flip;
                Assert.Equal(RecordState.Corrupt, RecordFormat.Read(changed, out _, out _));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    public void What_a_power_loss_leaves_is_empty(int zeros) => Assert.Equal(RecordState.Empty, RecordFormat.Read(new byte[zeros], out _, out _));
}
