using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>Reads records for those who must not go on with what cannot be read.</summary>
internal static class RecordReader
{
    /// <summary>Reads in a section. A record that cannot be read is in the way, until it is known that whoever wrote it is over.</summary>
    /// <exception cref="MaildropStoreException">It cannot be read, and its writer may still hold the maildrop.</exception>
    public static Record ReadOrReplace(RecordFile file, in RecordPath path, MaildropName maildrop, TimeSpan expiry, LeaseJudge judge)
    {
        var condition = file.Read(maildrop, out var record, out _);
        if (condition == RecordCondition.Sound)
        {
            return record;
        }

        if (condition != RecordCondition.Foreign && judge.RestOfUnreadable(path.Key, file.Fingerprint, expiry.Ticks, judge.Clock.Now) <= 0)
        {
            // Its last fencing token is kept where it can be read; the clock is above it otherwise (law 5).
            judge.ForgetUnreadable(path.Key);
            return new Record { LastToken = record.LastToken };
        }

        throw Fault(path.Full, condition, file, path.Key, expiry, judge);
    }

    /// <summary>Reads in a section, and faults on what cannot be read.</summary>
    public static Record Read(RecordFile file, in RecordPath path, MaildropName maildrop, TimeSpan expiry, LeaseJudge judge)
    {
        var condition = file.Read(maildrop, out var record, out _);
        return condition == RecordCondition.Sound ? record : throw Fault(path.Full, condition, file, path.Key, expiry, judge);
    }

    public static LeaseRecord ToLeaseRecord(HolderEntry holder, MaildropName maildrop, long rest, long now, LeaseJudge judge)
    {
        var (host, session) = holder.Read();
        return new LeaseRecord
        {
            Maildrop = maildrop,
            Owner = holder.Owner,
            Access = holder.Access,
            FencingToken = holder.Token,
            Session = session,
            Host = host,
            ProcessId = holder.Process.Pid,
            Age = new(judge.Age(holder, now)),
            Silence = new(judge.Silence(holder, now)),
            ExpiresIn = new(rest),
            RevokedBy = holder.RevokedBy,
            GrantedByTakeover = holder.GrantedByTakeover,
            InUpdate = judge.IsInUpdate(holder, now),
        };
    }

    private static MaildropStoreException Fault(string path, RecordCondition condition, RecordFile file, UInt128 key, TimeSpan expiry, LeaseJudge judge) =>
        condition == RecordCondition.Foreign
            ? FileFaults.Foreign(path)
            : FileFaults.Unreadable(path, condition, new(Math.Max(0, judge.RestOfUnreadable(key, file.Fingerprint, expiry.Ticks, judge.Clock.Now))));
}
