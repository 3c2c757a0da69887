/* node_loop.h — the thread that reads the node: one reading for all scrapes that wait for one.
 * Uses: base, metrics, collectors.  Threads: see each function.  Owner: the agent.
 *
 * A scrape asks for a reading of some collectors and gets a ticket; the thread wakes, reads the
 * collectors of all tickets that are open at that moment, and publishes the reading with the last
 * of these tickets. So every scrape gets values read after it came, and any number of scrapes that
 * come during one reading share the next. With min_read_ns those that come within that time after a
 * reading began share it, too; it is then of all collectors that scrapes ask for, so that scrapes
 * of different parts can. */
#ifndef KG_AGENT_NODE_LOOP_H
#define KG_AGENT_NODE_LOOP_H

#include "agent/health.h"
#include "base/snapshot.h"
#include "collectors/collector.h"
#include "metrics/selection.h"

#define NODE_COLLECTORS_MAX 64 /* bits of a collector mask */

#define NODE_DEADLINE_NS (2 * UINT64_C(1000000000))

/* The parts that a reading is cut into; "state" is not read from the node. */
enum node_part {
    NODE_PART_CADVISOR,
    NODE_PART_VOLUMES,
    NODE_PART_NODE,
    NODE_PART_SELF, /* what collectors tell about themselves */
    NODE_PARTS,
};

enum collector_state {
    COLLECTOR_OFF,     /* not enabled */
    COLLECTOR_STARTED, /* running, not read yet */
    COLLECTOR_OK,      /* the last reading went well */
    COLLECTOR_ABSENT,  /* this machine has no such source */
    COLLECTOR_FAILED,  /* did not start, or the last reading failed */
};

/* What became of one collector, as of a reading. */
struct collector_report {
    const char *name;
    enum collector_state state;
    bool read_once;
    uint64_t duration_ns; /* of its last reading */
    uint64_t read_ns;     /* clock_mono_ns when that ended */
    char why[ERR_MAX];    /* of ABSENT and FAILED */
};

struct node_reading {
    struct snapshot snapshot;
    uint64_t ticket; /* the last that it serves */
    uint64_t mask;   /* collectors that were read */
    uint64_t number; /* of the reading, from 1; those that share it have the same */
    uint64_t began_ns, duration_ns;
    int failed; /* 0, or -ENOMEM …: then there are no parts */
    struct metric_part *parts[NODE_PARTS];
    struct metric_part *aside[NODE_COLLECTORS_MAX]; /* what collectors that may block have read:
                                                     * each has its part's name as endpoint */
    size_t aside_of[NODE_COLLECTORS_MAX];           /* which collector it was */
    size_t n_aside;
    size_t n_reports;
    struct collector_report reports[];
};

struct node_loop_config {
    const struct collector *const *collectors; /* NULL-terminated */
    uint64_t enabled;                          /* bit i: collectors[i] */
    struct collector_env env;
    const struct metric_selection *selection;
    uint64_t min_read_ns; /* a younger reading is shared */
    uint64_t deadline_ns; /* of collectors that may block; 0: NODE_DEADLINE_NS */
    uint64_t tick_ns;     /* between ticks of the collectors */
    struct health *health;
    void (*published)(void *arg); /* on the node loop's thread, after each reading; may be NULL */
    void *published_arg;
};

struct node_loop;

/* NULL on error. config is copied, what it points to is borrowed. Errors: -ENOMEM, those of
 * eventfd and timerfd. */
struct node_loop *node_loop_new(const struct node_loop_config *config, struct err *err);

/* Starts the thread, which starts the enabled collectors and takes a first reading of all. One that
 * cannot start is tried again at each tick. Errors: those of pthread_create. */
int node_loop_start(struct node_loop *loop, struct err *err);

/* Ends the thread; open tickets are never served. NULL is allowed. */
void node_loop_stop(struct node_loop *loop);
void node_loop_free(struct node_loop *loop);

/* Asks for a reading of the collectors in mask. Returns the ticket. Any thread. */
uint64_t node_loop_request(struct node_loop *loop, uint64_t mask);

/* The last reading, one reference for the caller; NULL before the first. A ticket is served once
 * the reading's ticket has reached it. Any thread. */
struct node_reading *node_loop_reading(struct node_loop *loop);

/* Collectors of which a subject belongs to one of the parts (bits 1 << enum node_part). */
uint64_t node_loop_mask_of_parts(const struct node_loop *loop, unsigned parts);

/* The mask of enabled collectors, and the table that its bits count. */
uint64_t node_loop_enabled(const struct node_loop *loop);
/* The table of collectors, NULL-terminated. */
const struct collector *const *node_loop_collectors(const struct node_loop *loop);

/* The part's name in tables, as metric_subject.part has it. */
const char *node_part_name(enum node_part part);

#endif
