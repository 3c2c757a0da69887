/* pace.h — keeps a thread that reads disks within a budget, and lets it be told to end.
 * Uses: base, pthread.  Threads: one is paced; pace_stop from any.  Owner: the walker.
 *
 * Two bounds at once: so many looks at files a second, and a quarter of the time. The first holds
 * where the kernel has everything in memory, the second where each look waits for a disk. */
#ifndef KG_COLLECTORS_EPHEMERAL_PACE_H
#define KG_COLLECTORS_EPHEMERAL_PACE_H

#include "base/defs.h"

#include <pthread.h>
#include <stdatomic.h>

struct pace {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
    uint64_t per_second;
    uint64_t began_ns, steps; /* of the slice under way */
    atomic_ullong looks;      /* steps since the start */
    atomic_ullong worked_ns;  /* time between pauses */
};

/* per_second: looks at files, at least 1. Errors: those of pthread. */
int pace_init(struct pace *p, uint64_t per_second) KG_MUST_CHECK;
void pace_done(struct pace *p);

/* Called before each look at a file; sleeps when the budget is used up. Says false when told to
 * end. arg: a struct pace. */
bool pace_step(void *arg);

/* Sleeps until clock_mono_ns is until_ns; a new slice begins then. Says false when told to end, at
 * once. */
bool pace_sleep(struct pace *p, uint64_t until_ns);

/* Tells the thread to end: it sleeps no more. */
void pace_stop(struct pace *p);

#endif
