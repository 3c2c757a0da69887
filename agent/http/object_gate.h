/* object_gate.h — whether objects' series go into an answer now, and for whom from when on.
 * Uses: base.  Threads: any; a lock is held for a look at a short table.  Owner: the agent.
 *
 * A replica that leads opens the gate, a standby keeps it shut. When one takes over from another it
 * opens for each scraper at the time at which that one finds the other without series: earlier
 * there would be two of each, later none. */
#ifndef KG_AGENT_OBJECT_GATE_H
#define KG_AGENT_OBJECT_GATE_H

#include "base/limits.h"
#include "base/str.h"

struct object_gate;

struct object_gate_opening {
    uint64_t id; /* scraper_id */
    uint64_t from_ns;
};

/* NULL when out of memory. At first it is shut. */
struct object_gate *object_gate_new(void);
void object_gate_free(struct object_gate *g); /* NULL is allowed */

/* Objects are for nobody. */
void object_gate_shut(struct object_gate *g);

/* Opens for the scrapers named at their times, and for others at the last of those, or from_ns if
 * that is later. At most LIMIT_SCRAPERS are named. */
void object_gate_open(struct object_gate *g, uint64_t from_ns,
                      const struct object_gate_opening *named, size_t n);

/* An open gate shuts at that time by itself, so that a process that stood still does not go on as
 * if nothing had happened. */
void object_gate_keep(struct object_gate *g, uint64_t until_ns);

/* Whether objects are for a scraper whose request was read at began_ns. */
bool object_gate_is_open(struct object_gate *g, uint64_t id, uint64_t began_ns, uint64_t now_ns);

#endif
