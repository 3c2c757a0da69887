/* node_aside.h — reads collectors that may block on threads of their own, with one deadline.
 * Uses: node_loop, metrics, pthread.  Threads: all calls on the node loop's; the threads are
 * inside. Owner: the node reader.
 *
 * Jobs wait in one queue for a thread. There is one thread as long as files answer; when it stays
 * with a job, another goes on with the rest. What a collector reads goes into a sink of its own, so
 * that one that comes back late disturbs nobody: its samples are dropped, and until then it is not
 * asked again. */
#ifndef KG_AGENT_NODE_ASIDE_H
#define KG_AGENT_NODE_ASIDE_H

#include "collectors/collector.h"

struct aside;
struct aside_job;

/* NULL when out of memory. Threads are started by the first run. */
struct aside *aside_new(void);

/* Threads that are stuck end by themselves if they ever come back. */
void aside_free(struct aside *a);

/* A job that starts and reads the collector. env is copied; its strings and the selection must
 * live as long as the process if the collector can be stuck at the end. NULL when out of memory. */
struct aside_job *aside_job_new(struct aside *a, const struct collector *collector,
                                const struct collector_env *env,
                                const struct metric_selection *selection, struct err *err);

/* Stops the collector and frees the job, or leaves both to the thread that is stuck with it. */
void aside_job_free(struct aside_job *job);

/* Puts the job into the queue. Errors: -EBUSY it has not come back from a reading before. */
int aside_submit(struct aside_job *job);

/* Starts a thread if needed, and returns at once. */
void aside_go(struct aside *a);

/* Waits until all submitted jobs are done, at the latest until deadline_ns of clock_mono_ns. */
void aside_wait(struct aside *a, uint64_t deadline_ns);

/* What became of a submitted job after aside_wait. */
struct aside_result {
    int r; /* of start or read; -ETIMEDOUT when it was not done in time */
    struct err err;
    uint64_t duration_ns;
    struct metric_part *part; /* a reference for the caller; NULL when it read nothing */
};

/* taken_ns: when the reading began. Called once after each aside_wait. */
void aside_take(struct aside_job *job, uint64_t taken_ns, struct aside_result *ret);

#endif
