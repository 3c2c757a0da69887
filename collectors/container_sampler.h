/* container_sampler.h — looks at CPU and memory use between scrapes, and tells the peaks.
 * Uses: base, metrics, cgroup_read, peaks.  Threads: the node loop.  Owner: the container
 * collector.
 *
 * A scrape sees a counter's growth over its whole interval and memory at one moment. What a
 * container did within a second is only seen by looking every second. */
#ifndef KG_COLLECTORS_CONTAINER_SAMPLER_H
#define KG_COLLECTORS_CONTAINER_SAMPLER_H

#include "collectors/cgroup/cgroup_read.h"

struct container_sampler {
    uint64_t interval_ns, window_ns; /* interval 0: it is off */
    uint64_t ticks, missed;          /* since start */
    uint64_t worked_ns;              /* CPU time of the ticks */
    uint64_t rest;                   /* intervals to wait, for the last tick was dear */
    uint64_t left_out; /* cgroups that the last tick had no descriptors or memory for */
};

/* As env says. */
void container_sampler_init(struct container_sampler *s, const struct collector_env *env);

/* Looks at every cgroup of the tree but those that are known to be sandboxes; those that are gone
 * are told to the tree. missed: ticks since the last that did not come. */
void container_sampler_tick(struct container_sampler *s, struct cgroup_tree *tree,
                            struct cgroup_reader *reader, uint64_t missed);

/* Sets the peaks of the window that ends at now_ns (clock_mono_ns), where there are any. */
void container_sampler_tell(const struct container_sampler *s, const struct cgroup_entry *e,
                            uint64_t now_ns, struct cgroup_sample *ret);

/* Adds how the peaks are to be read, and what sampling costs; nothing when it is off. Errors:
 * -ENOMEM. */
int container_sampler_add(const struct container_sampler *s, struct metric_sink *sink,
                          struct err *err);
int container_sampler_add_self(const struct container_sampler *s, struct metric_sink *sink,
                               struct err *err);

/* Their families. */
extern const struct metric_subject container_peaks_subject, container_sampler_subject;

#endif
