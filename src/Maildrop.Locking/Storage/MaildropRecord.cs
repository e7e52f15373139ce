namespace Maildrop.Locking.Storage;

/// <summary>
/// The state of one maildrop at the moment of an operation. It contains only what is in force; times are durations from that moment. In one atomic step, a
/// backend loads it, lets a decision change it, and saves it. Not thread-safe.
/// </summary>
/// <param name="maildrop">The maildrop.</param>
public sealed class MaildropRecord(MaildropName maildrop)
{
    /// <summary>The maildrop.</summary>
    public MaildropName Maildrop { get; } = maildrop;

    /// <summary>The fencing token of the last grant; zero when none is known.</summary>
    public long LastFencingToken { get; set; }

    /// <summary>The leases in force, oldest grant first.</summary>
    public IList<HolderEntry> Holders { get; init; } = [];

    /// <summary>The reservations in force: sessions that wait for exclusive access.</summary>
    public IList<Reservation> Reservations { get; init; } = [];

    /// <summary>The takeover that waits for the holders' hosts to confirm the silence of their clients.</summary>
    public TakeoverProposal? Proposal { get; set; }

    /// <summary>The last login that LOGIN-DELAY counts from.</summary>
    public LastLogin? LastLogin { get; set; }

    /// <summary>Lets time pass: ages grow, remaining times shrink, and ended entries are removed. For a backend that keeps the record itself.</summary>
    /// <param name="time">The time since the record was loaded or last advanced.</param>
    public void Advance(TimeSpan time)
    {
        for (var i = Holders.Count - 1; i >= 0; i--)
        {
            var holder = Holders[i];
            if (holder.ExpiresIn <= time)
            {
                Holders.RemoveAt(i);
                continue;
            }

            Holders[i] = holder with
            {
                Age = holder.Age + time,
                Silence = holder.Silence + time,
                ExpiresIn = holder.ExpiresIn - time,
                UpdateRemaining = holder.UpdateRemaining > time ? holder.UpdateRemaining - time : TimeSpan.Zero,
            };
        }

        for (var i = Reservations.Count - 1; i >= 0; i--)
        {
            var reservation = Reservations[i];
            if (reservation.ExpiresIn <= time)
            {
                Reservations.RemoveAt(i);
            }
            else
            {
                Reservations[i] = reservation with { ExpiresIn = reservation.ExpiresIn - time };
            }
        }

        Proposal = Proposal is { } proposal && proposal.ExpiresIn > time ? proposal with { ExpiresIn = proposal.ExpiresIn - time } : null;
        LastLogin = LastLogin is { } login ? login with { Age = login.Age + time } : null;
        DropExpiredProposal();
    }

    internal MaildropRecord Copy() => new(Maildrop)
    {
        LastFencingToken = LastFencingToken,
        Holders = [.. Holders],
        Reservations = [.. Reservations],
        Proposal = Proposal,
        LastLogin = LastLogin,
    };

    internal int IndexOf(LeaseOwner owner)
    {
        for (var i = 0; i < Holders.Count; i++)
        {
            if (Holders[i].Owner == owner)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Withdraws the proposal, and clears its marks from all leases.</summary>
    internal void DropProposal()
    {
        Proposal = null;
        for (var i = 0; i < Holders.Count; i++)
        {
            if (Holders[i].Revocation is RevocationState.TakeoverProposed or RevocationState.TakeoverConfirmed)
            {
                Holders[i] = Holders[i] with { Revocation = RevocationState.None };
            }
        }
    }

    /// <summary>Clears the marks of a proposal that has expired.</summary>
    internal void DropExpiredProposal()
    {
        if (Proposal is null)
        {
            DropProposal();
        }
    }

    /// <summary>
    /// Takes over all holders of the proposal, if the host of each has confirmed the silence. Returns their owners; empty if a confirmation is missing.
    /// </summary>
    internal List<LeaseOwner> CommitConfirmedProposal()
    {
        var taken = new List<LeaseOwner>();
        if (Proposal is null || Holders.Any(static holder => holder.Revocation == RevocationState.TakeoverProposed))
        {
            return taken;
        }

        for (var i = 0; i < Holders.Count; i++)
        {
            if (Holders[i].Revocation == RevocationState.TakeoverConfirmed)
            {
                Holders[i] = Holders[i] with { Revocation = RevocationState.TakenOver };
                taken.Add(Holders[i].Owner);
            }
        }

        if (taken.Count > 0)
        {
            Proposal = null;
        }

        return taken;
    }

    internal bool EndReservation(LeaseOwner owner)
    {
        for (var i = 0; i < Reservations.Count; i++)
        {
            if (Reservations[i].Owner == owner)
            {
                Reservations.RemoveAt(i);
                return true;
            }
        }

        return false;
    }
}

/// <summary>A session that waits for exclusive access. Other sessions get no new shared or single lease.</summary>
/// <param name="Owner">The owner of the request that waits.</param>
/// <param name="ExpiresIn">The time until the reservation ends by itself.</param>
public readonly record struct Reservation(LeaseOwner Owner, TimeSpan ExpiresIn);

/// <summary>A session that waits to take the maildrop over from silent holders.</summary>
/// <param name="Owner">The owner of the request that waits.</param>
/// <param name="ExpiresIn">The time until the proposal ends by itself.</param>
public readonly record struct TakeoverProposal(LeaseOwner Owner, TimeSpan ExpiresIn);

/// <summary>A login that LOGIN-DELAY counts from.</summary>
/// <param name="Owner">The owner of its lease.</param>
/// <param name="Age">The time since the grant.</param>
public readonly record struct LastLogin(LeaseOwner Owner, TimeSpan Age);
