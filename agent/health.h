/* health.h — whether the loops turn, and whether what is served is complete and fresh.
 * Uses: base.  Threads: any.  Owner: the agent.
 *
 * /healthz asks the loops only: each beats at least every few seconds, whatever its sources do; a
 * restart helps if one is stuck. /readyz asks the sources: a restart does not help there. */
#ifndef KG_AGENT_HEALTH_H
#define KG_AGENT_HEALTH_H

#include "base/buf.h"

#include <stdatomic.h>

enum health_loop { HEALTH_HTTP, HEALTH_NODE, HEALTH_KUBE, HEALTH_ENGINES, HEALTH_LOOPS };

/* A beat is due at least so often; a loop is stuck when HEALTH_STUCK_NS have passed without. */
#define HEALTH_BEAT_NS (2 * UINT64_C(1000000000))
#define HEALTH_STUCK_NS (30 * UINT64_C(1000000000))

struct health {
    _Atomic uint64_t beat_ns[HEALTH_LOOPS]; /* clock_mono_ns of the last beat; 0: not running */
};

/* Says that the loop turned at now_ns. */
void health_beat(struct health *h, enum health_loop loop, uint64_t now_ns);

/* Takes a loop that has ended on purpose out of the count. */
void health_gone(struct health *h, enum health_loop loop);

/* Whether all running loops beat. Appends "ok" or one line for each that is stuck, with for how
 * long, to out. */
bool health_alive(const struct health *h, uint64_t now_ns, struct buf *out);

/* What is told about one source. */
enum source_state {
    SOURCE_READY,
    SOURCE_ABSENT,  /* this machine has none; ready all the same */
    SOURCE_REFUSED, /* the server has none, or does not show it; ready all the same */
    SOURCE_WAITING, /* not complete yet */
    SOURCE_STALE,
    SOURCE_FAILED,
};

struct source_report {
    const char *kind; /* "collector", "resource" */
    const char *name; /* "container", "pods" */
    enum source_state state;
    bool has_age;
    uint64_t age_ns; /* since the server was heard of, or since the reading */
    const char *why; /* NULL or a sentence */
    bool optional;   /* its failure is told, and ready all the same */
};

/* Appends one line a source, "resource pods: stale, last heard of 312s ago: connection refused",
 * and returns whether it counts as ready. */
bool source_report_line(const struct source_report *report, struct buf *out);

#endif
