/* sink.h — collects one reading of a node: samples of any subjects, to be served as parts.
 * Uses: family, part, base/arena.  Threads: one at a time.  Owner: the node loop.
 *
 * Unlike the store's objects, these are read for a scrape and rendered straight into its text. The
 * memory of a reading is one arena that goes back to the sink's pool when the last scrape that uses
 * it has ended, so that a steady node allocates nothing. */
#ifndef KG_METRICS_SINK_H
#define KG_METRICS_SINK_H

#include "base/arena.h"
#include "base/err.h"
#include "metrics/loose.h"
#include "metrics/part.h"
#include "metrics/selection.h"

struct metric_sink;

/* NULL on error. selection is borrowed and may be NULL. Errors: -ENOMEM. */
struct metric_sink *metric_sink_new(const struct metric_selection *selection, struct err *err);
void metric_sink_free(struct metric_sink *sink); /* parts that are still held stay valid */

/* Starts a reading. A reading not taken by metric_sink_take is dropped. Errors: -ENOMEM. */
int metric_sink_begin(struct metric_sink *sink, struct err *err);

/* Memory that lives as long as the reading: for what a sample points to. Valid after begin. */
struct arena *metric_sink_arena(struct metric_sink *sink);

/* A label column that stands on an object beside the subject's labels (--container-labels). */
struct metric_extra {
    struct str name, value;
};

/* Adds an object of the subject: zeroed memory of subject->sample_size bytes, to be filled before
 * metric_sink_take. The subject's common() is called at take. extra (may be NULL) is copied; its
 * names must be legal and not among the subject's labels. NULL when out of memory, with err set. */
void *metric_sink_add(struct metric_sink *sink, const struct metric_subject *subject,
                      const struct metric_extra *extra, size_t n_extra, struct err *err);

/* Adds a family that stands in no table, if the selection serves it. f is finished and lives, with
 * all it points to, in the reading's arena. It is of the endpoint "node", and only for collectors
 * that are read aside (may_block), whose families are all theirs. */
void metric_sink_add_loose(struct metric_sink *sink, struct loose_family *f);

/* Finishes and adds all families of the set, whose mem is the reading's arena. Errors: -ENOMEM. */
int metric_sink_add_set(struct metric_sink *sink, struct loose_set *set) KG_MUST_CHECK;

/* Whether nothing was added since metric_sink_begin. */
bool metric_sink_is_empty(const struct metric_sink *sink);

/* Ends the reading: renders common labels, and gives one part with all subjects of the endpoint,
 * its families in order of subjects as first added, rows in table order. One reading may be taken
 * once per endpoint; the caller owns the reference. NULL with err set on error. taken_mono_ns: when
 * the reading began. */
struct metric_part *metric_sink_take(struct metric_sink *sink, const char *endpoint,
                                     uint64_t taken_mono_ns, struct err *err);

#endif
