/* peaks.h — the greatest CPU and memory use of one cgroup in a window that slides.
 * Uses: base.  Threads: one at a time.  Owner: the cgroup's entry.
 *
 * Time is cut into buckets, numbered from the start of the clock, and each keeps the greatest
 * values that fell into it. A window is PEAK_BUCKETS whole ones and the one that is filling. Asking
 * takes nothing away, so that all who ask at one time are told the same. */
#ifndef KG_COLLECTORS_CGROUP_PEAKS_H
#define KG_COLLECTORS_CGROUP_PEAKS_H

#include "base/defs.h"

#define PEAK_BUCKETS 12

enum peak_of { PEAK_CPU, PEAK_MEMORY, PEAKS_OF };

/* A counter of CPU time as last seen. */
struct cpu_meter {
    bool is_set;
    uint64_t used_ns, at_ns;
};

/* What is touched at every look stands together: a second after the last one it is in no cache. */
struct cgroup_peaks {
    struct cpu_meter meter;
    uint64_t newest;        /* number of the last bucket that a value fell into */
    uint16_t has[PEAKS_OF]; /* bit i: most[i] is set */
    uint64_t most[PEAK_BUCKETS + 1][PEAKS_OF]; /* millionths of a core, bytes */
};

/* Notes a value in a bucket, whose number never falls. */
void peak_note(struct cgroup_peaks *p, enum peak_of of, uint64_t bucket, uint64_t value);

/* Whether the bucket has no value yet. */
bool peak_wants(const struct cgroup_peaks *p, enum peak_of of, uint64_t bucket);

/* The greatest value of the window that ends with the bucket. False when there is none. */
bool peak_most(const struct cgroup_peaks *p, enum peak_of of, uint64_t bucket, uint64_t *ret);

/* Takes a reading of the counter at at_ns (clock_mono_ns), and sets *ret_microcores to the use
 * since the one before, over the time that has really passed. False when there is none yet, when
 * the counter went back (it is another's, or was set to 0), and when less than least_ns have
 * passed: the next reading is then of all the time since the last one that counted. */
bool cpu_meter_take(struct cpu_meter *m, uint64_t used_ns, uint64_t at_ns, uint64_t least_ns,
                    uint64_t *ret_microcores);

/* What a reading at at_ns of an unchanged counter would come to. */
static inline void cpu_meter_rest(struct cpu_meter *m, uint64_t at_ns)
{
    m->at_ns = KG_MAX(m->at_ns, at_ns);
}

#endif
