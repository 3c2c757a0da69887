/* elector.h — leader election over a Lease, without input or output: it is told what was seen and
 * when, and says what to write next.
 * Uses: base, kube/lease/lease.  Threads: one at a time.  Owner: kube/lease/lease_client.
 *
 * As client-go's: who holds the lease leads; a write names the version it builds on, so that one of
 * two wins; whether a holder still lives is judged by how long ago, by our own clock, the lease was
 * last seen to change, never by comparing clocks. Beyond that:
 *
 * - A holder that is known to be dead, or has left, is succeeded at once.
 * - The lease's age counts only while the API server can be watched: when it comes back after an
 *   outage its holder has a whole duration to renew.
 * - A holder that cannot reach the API server goes on: its rivals cannot take a lease that they
 *   cannot write either. Where the API server answers but refuses, it stops when the lease is over.
 * - A process that follows its own former self (same pod, restarted container) need not wait.
 *
 * All times are clock_mono_ns. */
#ifndef KG_KUBE_ELECTOR_H
#define KG_KUBE_ELECTOR_H

#include "kube/lease/lease.h"

struct elector_config {
    const char *identity; /* "POD_RANDOM": of this process alone */
    const char *address;  /* where it serves; "" for none */
    uint64_t duration_ns; /* a lease that was not renewed for so long may be taken */
    uint64_t renew_ns;    /* between renewals */
    uint64_t retry_ns;    /* after a write that failed */
};

enum elector_action {
    ELECTOR_WAIT,   /* nothing before until_ns */
    ELECTOR_READ,   /* get the lease */
    ELECTOR_CREATE, /* create `lease` */
    ELECTOR_PATCH,  /* patch `lease` */
};

struct elector_step {
    enum elector_action action;
    uint64_t until_ns;
    struct lease lease;  /* the writer puts the present as renewal time, and the note */
    bool stamp_acquired; /* and the present as time of acquiring */
};

/* What a request came to. */
enum elector_outcome {
    ELECTOR_DONE,        /* the lease is as answered: elector_saw comes first */
    ELECTOR_CONFLICT,    /* it had changed, or is there already */
    ELECTOR_MISSING,     /* it is not there */
    ELECTOR_UNREACHABLE, /* no answer, or the server cannot serve */
    ELECTOR_REFUSED,     /* the server answers that it must not be */
};

/* Why this process took the lease. */
enum elector_reason {
    ELECTOR_NONE,
    ELECTOR_FREE,     /* there was none, or our own former self held it */
    ELECTOR_RELEASED, /* the holder left */
    ELECTOR_DEAD,     /* the holder was known to be dead */
    ELECTOR_EXPIRED,  /* the holder was silent */
};

struct elector {
    struct elector_config config;
    bool is_candidate, is_leaving, is_reachable, is_known; /* is_known: lease and exists are */
    bool exists;
    struct lease lease;                  /* as last seen */
    uint64_t changed_ns;                 /* when it was last seen to change */
    bool is_fresh;                       /* it had changed just before that: we were watching */
    uint64_t reachable_ns;               /* since when the API server can be watched */
    char first_holder[LEASE_TEXT_BYTES]; /* when the lease was first seen */
    char dead[LEASE_TEXT_BYTES];         /* a holder that is dead */
    /* Our writes. */
    bool is_writing, must_read, wants_renewal;
    struct lease before; /* what the write under way is to replace */
    enum elector_reason trying;
    uint64_t sent_ns, retry_at_ns, valid_until_ns;
    uint64_t granted_until_ns; /* by the last write that was answered */
    /* What came of them. */
    bool leads;
    enum elector_reason reason;
    struct lease predecessor; /* the lease as it was when we took it; holder "" if it was free */
    uint64_t predecessor_seen_ns; /* when its last renewal was seen; 0: not as it happened */
    uint64_t predecessor_gone_ns; /* when it left, was found dead, or was given up */
    uint64_t dead_ns;
    uint64_t taken; /* how often this process took it */
};

/* config's texts are borrowed. */
void elector_init(struct elector *e, const struct elector_config *config);

/* Whether this process may take a lease: its copies are complete. A leader stays one. */
void elector_set_candidate(struct elector *e, bool is_candidate);

/* The lease as the API server tells it (NULL: there is none), by watch or answer; an older version
 * than the one known is passed over. */
void elector_saw(struct elector *e, const struct lease *lease, uint64_t now_ns);

/* Whether the API server can be watched now. */
void elector_set_reachable(struct elector *e, bool is_reachable, uint64_t now_ns);

/* The holder of that name is dead for sure, since now_ns. */
void elector_holder_dead(struct elector *e, const char *holder, uint64_t now_ns);

/* This process ends: from now on it does not lead, and gives the lease back. */
void elector_leave(struct elector *e);

/* Somebody says that it took the lease. Heeded only by a leader that has not been able to renew it
 * for its whole duration; whoever renews knows better. */
void elector_overtaken(struct elector *e, uint64_t now_ns);

/* The note to the successor is to be written soon, rather than with the next renewal. */
void elector_renew_soon(struct elector *e);

/* What to do now. After READ, CREATE and PATCH it waits for elector_ended. */
struct elector_step elector_next(struct elector *e, uint64_t now_ns);
void elector_ended(struct elector *e, enum elector_outcome outcome, uint64_t now_ns);

/* Whether this process leads at now_ns, and until when at least, unless it learns otherwise. */
bool elector_leads(const struct elector *e, uint64_t now_ns);
uint64_t elector_valid_until_ns(const struct elector *e);

/* Whether a leave is over: the lease is not ours any more. */
bool elector_has_left(const struct elector *e);

#endif
