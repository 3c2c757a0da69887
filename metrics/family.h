/* family.h — metric families as rows of constant tables: what exists, before any value does.
 * Uses: base.  Threads: any (all constant).  Owner: the file of each source or resource kind.
 *
 * A source is read once into a plain struct, the sample. A subject names that struct, its labels
 * and its rows; a row is one family (one HELP and TYPE block). A row either names a field of the
 * sample (no code at all) or has an emit function that puts its series; never both. */
#ifndef KG_METRICS_FAMILY_H
#define KG_METRICS_FAMILY_H

#include "base/str.h"

struct metric_writer;

enum metric_type {
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_INFO,      /* gauge in the text format */
    METRIC_STATESET,  /* gauge in the text format */
    METRIC_UNTYPED,   /* the source does not say which; unknown in OpenMetrics */
    METRIC_HISTOGRAM, /* only of families that stand in no table (loose.h) */
    METRIC_SUMMARY,
};

enum metric_format { METRIC_FORMAT_TEXT, METRIC_FORMAT_OPENMETRICS, METRIC_N_FORMATS };

enum metric_stability { METRIC_ALPHA, METRIC_STABLE };

enum metric_field_kind {
    METRIC_FIELD_NONE,
    METRIC_FIELD_U64,
    METRIC_FIELD_I64,
    METRIC_FIELD_U32,
    METRIC_FIELD_I32,
    METRIC_FIELD_F64,
    METRIC_FIELD_BOOL,
};

/* Where in the sample a plain value stands, and its factor from the source's unit to the base unit
 * (1e-6 from microseconds to seconds). Factor 0 means 1, so that a row may leave it out. */
struct metric_field {
    uint16_t at;
    uint8_t kind;
    double factor;
};

struct metric_family {
    const char *name;   /* a whole literal, so that it can be grepped */
    const char *help;   /* one line, our words, no stability prefix */
    const char *source; /* where the value comes from: "cpu.stat usage_usec"; for docs/metrics.md */
    enum metric_type type;
    enum metric_stability stability; /* STABLE puts "[STABLE] " before the help, as KSM has it */
    bool opt_in;                     /* served only when asked for (--metric-opt-in-list) */
    bool open_labels;                /* further labels follow the own ones (kube_pod_labels) */
    uint64_t needs; /* presence bits of the sample that must all be set; absent is never 0 */
    struct metric_field field;
    void (*emit)(const void *sample, struct metric_writer *out);
    const char *const *labels; /* own labels in order, NULL-terminated; NULL when it has none */
};

struct metric_subject {
    const char *name; /* "pods", "container": family group in self metrics, section of the docs */
    const char *part; /* endpoint it belongs to: "cadvisor", "state", "node", "volumes", "self" */
    size_t sample_size;
    size_t present_at; /* offset of the uint64_t presence mask in the sample; METRIC_NO_PRESENCE */
    const char *const *labels; /* labels that every series of an object has, in order; or NULL */
    /* Puts the values of those labels, in that order, by metric_common(). NULL when there are none.
     */
    void (*common)(const void *sample, struct metric_writer *out);
    bool sorted_labels;  /* own labels are merged into the common ones by name (Go client order);
                          * else they follow them (KSM order) */
    bool headers_always; /* HELP and TYPE also for families without a series, once there is an
                            object */
    bool distinct;       /* of a reading's objects with the same labels the first one is served: the
                          * source       is lines, of which a torn or broken one may name a thing twice */
    const struct metric_family *rows;
    size_t n_rows;
};

#define METRIC_NO_PRESENCE SIZE_MAX

/* Own labels of a row, as a constant: .labels = METRIC_LABELS("container", "reason"). */
#define METRIC_LABELS(...)                                                                         \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* clang-format off */
#define METRIC_FIELD_KIND(expr) _Generic((expr),                                                   \
    uint64_t: METRIC_FIELD_U64, int64_t: METRIC_FIELD_I64, uint32_t: METRIC_FIELD_U32,             \
    int32_t: METRIC_FIELD_I32, double: METRIC_FIELD_F64, bool: METRIC_FIELD_BOOL)
/* clang-format on */

/* .field = METRIC_FIELD(struct sample, member, factor); a member of another type does not compile.
 */
#define METRIC_FIELD(T, member, scale)                                                             \
    {                                                                                              \
        .at = offsetof(T, member), .kind = METRIC_FIELD_KIND(((T *)0)->member), .factor = (scale), \
    }

/* The subject's presence mask of a sample; all ones when the subject has none. */
uint64_t metric_present(const struct metric_subject *subject, const void *sample);

/* The row's field of the sample as a number, scaled (a factor that is one over a whole number
 * divides by that, as the peers do). The row must have a field. */
double metric_field_value(const struct metric_family *row, const void *sample);

/* Number of names in a NULL-terminated list; NULL counts 0. */
size_t metric_label_count(const char *const *labels);

/* Whether a label of this name stands on any series of the subject, as common or as own label: an
 * extra column must not be called so. */
bool metric_subject_has_label(const struct metric_subject *subject, struct str name);

#endif
