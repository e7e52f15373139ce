/*
 * The lease protocol of one maildrop: hosts that ask, renew, lose and release; a backend that decides in atomic steps; a network that
 * delays, reorders and loses messages; clocks that drift within the bound. README.md says how this maps to the code.
 *
 * Each -DBREAK_... removes one line of the protocol. ./check runs the good model and all broken ones.
 */

/* Two sessions that each want the maildrop alone; or two IMAP sessions that share it, and a third session that takes it over. */
#ifdef SHARERS
#define N 3
#define ACCESS(i) (i < 2 -> Shared : Exclusive)
#define TAKEOVER(i) (i < 2 -> Never : SHARERS)
#define ASKS(i) (i < 2 -> 1 : 2)    /* how often a session sends an acquire */
#else
#define N 2
#define ACCESS(i) Exclusive
#define TAKEOVER(i) Never
#ifdef OPERATOR
#define ASKS(i) 1
#else
#define ASKS(i) 2
#endif
#endif

/* Time is counted in ticks. On a host whose clock is slow a validity lasts one longer, at a backend whose clock is fast an expiry one less. */
#ifndef LEASE
#define LEASE 3
#endif
#ifdef BREAK_MARGIN         /* law 1: the margins for drift */
#define VALIDITY LEASE
#else
#define VALIDITY (LEASE - 1)
#endif
#define EXPIRY (LEASE + 1)

mtype = { Exclusive, Shared, Single };
mtype = { Never, WhenIdle, Always };
mtype = { Asking, Held, Lost, Done };
mtype = { Granted, Refused, Renewed, Gone };

#define COMPATIBLE(i, j) ((ACCESS(i) == Shared && ACCESS(j) != Exclusive) || (ACCESS(j) == Shared && ACCESS(i) != Exclusive))

/* The hosts. */
mtype state[N] = Asking;
bit slow[N];                /* its clock */
byte valid[N];              /* ticks until validUntil; runs from the sending of the acquire */
byte renewal[N];            /* ticks of the validity that the renewal under way would bring */
byte asked[N];              /* number of the last acquire */

/* The backend. */
bit fast;                   /* its clock */
byte expiry[N];             /* ticks until the record of owner i ends; 0: none */
bool revoked[N];
bool proposed[N];           /* a takeover for silence was proposed to it */
bool confirmed[N];          /* and its host said: still silent */
bool firm[N];               /* not to be taken over: in UPDATE, or granted by a takeover itself */
bool proposer[N];           /* the session that the proposal is for */
byte token[N];
byte lastToken;

/* The network: one channel a kind of message, so that kinds overtake each other. */
chan acquire[N] = [1] of { byte };
chan granted[N] = [1] of { byte, mtype };
chan renew[N] = [1] of { bool };           /* whether its client is silent */
chan answered[N] = [1] of { bool, mtype };  /* whether it answers the last renewal, or an older one */
chan release[N] = [1] of { bit };
chan notice[N] = [1] of { bit };
chan revoke = [1] of { byte };

/* What only the assertions read. */
bool everLost[N];           /* its IsHeld has been false after it was true */
bool silent[N];             /* it confirmed this proposal, not an older one */
hidden byte expiryBefore[N];
hidden byte revokedBefore[N];
hidden byte k, m, p;
hidden byte all, one;

#define HELD(i) (state[i] == Held && valid[i] > 0)

/* A second message of a kind that says the same. */
#define SEND(channel, message) if :: nfull(channel) -> channel!message :: full(channel) fi

#ifdef BREAK_REVOKE_FREES   /* law 1: a revoked lease keeps others out until it is released or over */
#define IN_FORCE(j) (expiry[j] > 0 && !revoked[j])
#else
#define IN_FORCE(j) (expiry[j] > 0)
#endif
#define IN_THE_WAY(j, i) (j != i && IN_FORCE(j) && !COMPATIBLE(i, j))

#ifdef BREAK_ALWAYS         /* all or none: Always revokes those whom it may, though another is firm */
#define TAKE_FIRM || true
#define MAY_BE_TAKEN && !firm[k]
#else
#define TAKE_FIRM
#define MAY_BE_TAKEN
#endif
#ifdef BREAK_STALE_CONFIRM  /* all or none: a confirmation is good for its own proposal only */
#define FORGET_CONFIRMATION(j) skip
#else
#define FORGET_CONFIRMATION(j) confirmed[j] = false
#endif
#ifdef BREAK_ALL_OR_NONE    /* all or none: each is revoked as it confirms */
#define NOT_OTHERS(j, i) && j == i
#else
#define NOT_OTHERS(j, i)
#endif
#ifdef BREAK_VETO           /* all or none: a veto ends the whole proposal */
#define VETO(i) proposed[i] = false; confirmed[i] = true; proposed[i] = true
#else
#define VETO(i) EndProposal()
#endif

/* Law 1: windows of incompatible leases do not overlap. Law 4: what was lost stays lost. */
inline CheckHolders() {
    for (k : 0 .. N - 1) {
        assert(!(HELD(k) && everLost[k]));                                            /* law 4 */
        for (m : 0 .. N - 1) {
            assert(k == m || COMPATIBLE(k, m) || !HELD(k) || !HELD(m));               /* law 1 */
        }
    }
}

inline Remember() {
    for (k : 0 .. N - 1) { expiryBefore[k] = expiry[k]; revokedBefore[k] = revoked[k] }
}

/* Law 6: a release or a renewal leaves the records of all others as they were, but for a takeover that it completes. */
inline CheckOthers(i) {
    for (k : 0 .. N - 1) {
        assert(k == i || expiry[k] == expiryBefore[k]);                               /* law 6 */
    }
}

/* All or none: what a takeover revokes is everything that is in the way. */
inline CheckTakeover(i) {
    all = true; one = false;
    for (k : 0 .. N - 1) {
        one = one || (revoked[k] && !revokedBefore[k]);
        all = all && !(IN_THE_WAY(k, i) && !revoked[k])
    }
    assert(!one || all)                                                               /* all or none */
}

inline SetExpiry(i) { expiry[i] = EXPIRY - fast }

inline EndProposal() {
    for (k : 0 .. N - 1) { proposed[k] = false; proposer[k] = false; silent[k] = false }
}

/* ---- The backend: AcquireDecision, renewals, releases ---- */

inline Acquire(i, number) {
    Remember();
    all = true; one = false;
    for (k : 0 .. N - 1) {
        if
        :: IN_THE_WAY(k, i) -> one = true; all = all && !firm[k]
        :: else
        fi
    }
    if
#ifndef BREAK_RETRY         /* law 7: a retry of the same owner finds its own record and is granted */
    :: expiry[i] > 0 && !revoked[i] -> SetExpiry(i); granted[i]!number, Granted
    :: expiry[i] > 0 && revoked[i] -> granted[i]!number, Refused
    :: expiry[i] == 0 && !one ->
#else
    :: expiry[i] > 0 -> one = false; granted[i]!number, Refused; assert(one)  /* law 7: refused by a record of its own */
    :: expiry[i] == 0 && !one ->
#endif
#ifdef OPERATOR
        lastToken++; token[i] = lastToken;
#endif
        revoked[i] = false; proposed[i] = false;
#ifdef FIRM
        if :: firm[i] = true :: firm[i] = false fi;
#endif
        if :: proposer[i] -> EndProposal() :: else fi;
        SetExpiry(i);
        granted[i]!number, Granted
    :: expiry[i] == 0 && one ->
        if
        :: TAKEOVER(i) == Always && (all TAKE_FIRM) ->
            for (k : 0 .. N - 1) {
                if :: IN_THE_WAY(k, i) MAY_BE_TAKEN -> revoked[k] = true; SEND(notice[k], 0) :: else fi
            }
            CheckTakeover(i)
        :: TAKEOVER(i) == WhenIdle && all && !proposer[i] ->
            EndProposal();
            proposer[i] = true;
            for (k : 0 .. N - 1) {
                if :: IN_THE_WAY(k, i) -> proposed[k] = true; FORGET_CONFIRMATION(k) :: else fi
            }
        :: else
        fi;
        granted[i]!number, Refused
    fi
}

/* The proposal is complete when all that are in the way have confirmed it. */
inline Confirm(i) {
    confirmed[i] = true; silent[i] = true;
    for (p : 0 .. N - 1) {
        if
        :: proposer[p] ->
            all = true;
            for (k : 0 .. N - 1) {
                if :: IN_THE_WAY(k, p) NOT_OTHERS(k, i) -> all = all && proposed[k] && confirmed[k] :: else fi
            }
            if
            :: all ->
                for (k : 0 .. N - 1) {
                    if
                    :: IN_THE_WAY(k, p) NOT_OTHERS(k, i) && !revoked[k] ->
                        assert(silent[k]);                                            /* no holder goes that did not confirm */
                        revoked[k] = true; SEND(notice[k], 0)
                    :: else
                    fi
                }
                CheckTakeover(p);
                EndProposal()
            :: else
            fi;
            break
        :: else
        fi
    }
}

inline Renew(i, isSilent) {
    Remember();
    if
    :: expiry[i] == 0 ->
#ifdef BREAK_RENEW_OWNER    /* law 6: a renewal compares the owner */
        for (k : 0 .. N - 1) { if :: expiry[k] > 0 -> SetExpiry(k) :: else fi }
#endif
        answered[i]!true, Gone
    :: expiry[i] > 0 && !revoked[i] && proposed[i] && isSilent -> Confirm(i)
    :: expiry[i] > 0 && !revoked[i] && proposed[i] && !isSilent -> VETO(i)
    :: expiry[i] > 0 && (revoked[i] || !proposed[i])
    fi;
    if
    :: expiry[i] > 0 && !revoked[i] -> SetExpiry(i); answered[i]!true, Renewed
    :: expiry[i] > 0 && revoked[i] -> answered[i]!true, Gone
    :: else
    fi;
    CheckOthers(i)
}

inline Release(i) {
    Remember();
#ifdef BREAK_OWNER_CHECK    /* law 6: a release compares the owner */
    for (k : 0 .. N - 1) { expiry[k] = 0 }
#else
    expiry[i] = 0;
#endif
#ifndef BREAK_WITHDRAW      /* law 7: a proposal goes with its proposer */
    if :: proposer[i] -> EndProposal() :: else fi;
#endif
    proposed[i] = false; revoked[i] = false; firm[i] = false;
    CheckOthers(i)
}

inline Revoke(number) {
    for (k : 0 .. N - 1) {
        if
#ifdef BREAK_REVOKE_TOKEN   /* law 6: a revoke names the grant */
        :: expiry[k] > 0 ->
#else
        :: expiry[k] > 0 && token[k] == number ->
#endif
            assert(token[k] == number);                                               /* law 6 */
            revoked[k] = true; proposed[k] = false; SEND(notice[k], 0)
        :: else
        fi
    }
}

/* ---- The host ---- */

#define VALID(i) (VALIDITY + slow[i])

inline Lose(i) { everLost[i] = true; state[i] = Lost; valid[i] = 0; renewal[i] = 0 }

/* Done: released, cancelled or refused; whatever the session had at the backend is given back. */
inline End(i) { state[i] = Done; valid[i] = 0; renewal[i] = 0; asked[i] = ASKS(i); everLost[i] = false }
inline Finish(i) { End(i); SEND(release[i], 0) }

proctype Host(byte i) {
    byte number; mtype answer; bool latest, isSilent;
    do
    /* The session asks, and asks again: when it was refused, or when no reply came. */
    :: atomic { state[i] == Asking && asked[i] < ASKS(i) && nfull(acquire[i]) -> asked[i]++; valid[i] = VALID(i); acquire[i]!asked[i] }
    :: atomic { state[i] == Asking && asked[i] > 0 -> Finish(i) }                     /* cancelled, or no more patience */

    /* The reply to an acquire. One of an earlier attempt proves nothing about the present one's time. */
    :: atomic { granted[i]?number, answer ->
        if
        :: answer == Granted && state[i] == Asking && number == asked[i] ->
#ifdef BREAK_FROM_REPLY     /* law 1: validity runs from before the request was sent */
            valid[i] = VALID(i);
#endif
            if
            :: valid[i] > 0 -> state[i] = Held; asked[i] = ASKS(i)                                        /* law 8 */
            :: else -> Finish(i)
            fi;
            CheckHolders()
#ifndef BREAK_COMPENSATION  /* law 7: what nobody waits for any more, a grant or a proposal, is given back */
        :: state[i] == Done -> SEND(release[i], 0)
#endif
        :: else
        fi; number = 0; answer = 0 }

    /* Renewals: the client is silent or not; a second one is sent while the first is unanswered. */
    :: atomic { HELD(i) && nfull(renew[i]) ->
        if :: proposed[i] -> isSilent = true :: isSilent = false fi;
        renewal[i] = VALID(i); renew[i]!isSilent; isSilent = false;
        if :: answered[i]?_, answer -> answered[i]!false, answer; answer = 0 :: empty(answered[i]) fi }
    :: atomic { answered[i]?latest, answer ->
        if
        :: answer == Gone && state[i] == Held -> Lose(i)
#ifdef BREAK_LATE_REPLY     /* law 1: a reply counts for the renewal that it answers */
        :: answer == Renewed && state[i] == Held && valid[i] > 0 ->
#elif defined(BREAK_ONE_WAY) /* law 4: a renewal after the end brings nothing back */
        :: answer == Renewed && state[i] == Held && latest ->
#else
        :: answer == Renewed && state[i] == Held && valid[i] > 0 && latest ->
#endif
            if :: renewal[i] > valid[i] -> valid[i] = renewal[i] :: else fi;
            renewal[i] = 0;
            CheckHolders()
        :: else
        fi; latest = false; answer = 0 }
    :: atomic { notice[i]?_ -> if :: state[i] == Held -> Lose(i) :: else fi }

    /* The end: by the session, or after a loss. */
    :: atomic { state[i] == Held || state[i] == Lost -> Finish(i) }

    /* The backend at work on this session's messages, whenever they arrive. */
    :: atomic { nfull(granted[i]) && nempty(acquire[i]) -> acquire[i]?number; Acquire(i, number); number = 0 }
    :: atomic { nfull(answered[i]) && nempty(renew[i]) -> renew[i]?isSilent; Renew(i, isSilent); isSilent = false }
    :: atomic { release[i]?_ -> Release(i) }

#ifndef RELIABLE
    /* The network loses messages; of a host that dies, all of the later ones. */
    :: d_step { acquire[i]?_ }
    :: d_step { granted[i]?_, _ }
    :: d_step { renew[i]?_ }
    :: d_step { answered[i]?_, _ }
    :: d_step { release[i]?_ }
    :: d_step { notice[i]?_ }
    :: d_step { HELD(i) -> End(i) }
#endif
    od
}

#ifdef OPERATOR
/* An operator revokes a grant that was seen a while ago. */
proctype Operator() {
    byte number;
    do
    :: atomic { empty(revoke) && token[0] > 0 -> revoke!token[0] }
    :: atomic { empty(revoke) && token[1] > 0 -> revoke!token[1] }
    :: atomic { revoke?number -> Revoke(number); number = 0 }
    od
}
#endif

/* A tick of true time. What ends at one tick ends in one step. */
proctype Clock() {
    do
    :: atomic {
        for (k : 0 .. N - 1) {
            if
            :: valid[k] > 0 ->
                valid[k]--;
                if :: valid[k] == 0 && state[k] == Held -> everLost[k] = true :: else fi
            :: else
            fi;
            if :: renewal[k] > 0 -> renewal[k]-- :: else fi;
            if :: expiry[k] > 0 -> expiry[k]--; if :: expiry[k] == 0 -> revoked[k] = false; proposed[k] = false; firm[k] = false :: else fi :: else fi
        }
        CheckHolders();
#ifdef RELIABLE
        for (k : 0 .. N - 1) {
            assert(!(state[k] == Done && len(acquire[k]) == 0 && len(granted[k]) == 0 && len(release[k]) == 0 && (expiry[k] > 0 || proposer[k])))  /* law 7 */
        }
#endif
      }
    od
}

init {
    atomic {
        byte i;
        if
        :: fast = 1
#ifndef WORST_CLOCKS
        :: fast = 0
#endif
        fi;
        for (i : 0 .. N - 1) {
            if
            :: slow[i] = 1
#ifndef WORST_CLOCKS
            :: slow[i] = 0
#endif
            fi;
            run Host(i)
        }
        run Clock();
#ifdef OPERATOR
        run Operator()
#endif
    }
}
