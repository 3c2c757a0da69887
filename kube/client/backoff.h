/* backoff.h — how long to wait after a failure: doubling, jittered, by kind of fault.
 * Uses: base.  Threads: one at a time.  Owner: the reflector.
 *
 * Each kind counts by itself: while a server is down its clients come back every few seconds, and
 * its first answers after that are not held against it. */
#ifndef KG_KUBE_BACKOFF_H
#define KG_KUBE_BACKOFF_H

#include "base/defs.h"

enum backoff_fault {
    BACKOFF_NET,    /* no connection, or it broke */
    BACKOFF_SERVER, /* the server answers, but with an error */
    BACKOFF_DENIED, /* 403, 404, 405: nothing changes until somebody changes it */
    BACKOFF_N_FAULTS,
};

struct backoff_times {
    uint64_t first_ns; /* the first delay; doubles from there */
    uint64_t max_ns[BACKOFF_N_FAULTS];
    uint64_t retry_after_max_ns; /* the most that a Retry-After is heeded */
    uint64_t steady_ns;          /* after so long of going well all counts start anew */
};

struct backoff {
    struct backoff_times times;
    uint64_t random;        /* state of the jitter; any value is a seed */
    uint64_t good_since_ns; /* 0: not going well */
    unsigned doublings[BACKOFF_N_FAULTS];
};

/* Something went well. */
void backoff_good(struct backoff *b, uint64_t now_ns);

/* Counts a fault. Returns the time before which nothing is to be tried: now plus half to one and a
 * half of the delay, or what the server asked for (milliseconds, -1 nothing) if that is longer. */
uint64_t backoff_fault(struct backoff *b, enum backoff_fault kind, int64_t retry_after_ms,
                       uint64_t now_ns);

/* A number below n; 0 when n is 0. */
uint64_t backoff_random(struct backoff *b, uint64_t n);

#endif
