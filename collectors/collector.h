/* collector.h — a source of samples: one file, registered by one line in collectors.def.
 * Uses: base, metrics.  Threads: the node loop.  Owner: the node loop.
 *
 * Adding one: a new .c with a struct collector, COLLECTOR(name) in collectors/collectors.def,
 * fixtures and a golden file. Options, docs and tests follow from the tables. */
#ifndef KG_COLLECTORS_COLLECTOR_H
#define KG_COLLECTORS_COLLECTOR_H

#include "base/err.h"
#include "base/map.h"
#include "collectors/container_names.h"
#include "collectors/pod_lookup.h"
#include "metrics/sink.h"

enum collector_option_type {
    COLLECTOR_TEXT,
    COLLECTOR_LIST, /* comma-separated; given again, it grows */
    COLLECTOR_PATTERN,
    COLLECTOR_SWITCH,
    COLLECTOR_TIME,
    COLLECTOR_COUNT, /* a whole number, 1 to LIMIT_COLLECTOR_COUNT */
};

/* An option that belongs to one collector. The program's options are made from these rows. */
struct collector_option {
    const char *name; /* "collector.diskstats.device-exclude", whole, so that it can be grepped */
    enum collector_option_type type;
    const char *preset; /* default, as text: a regular expression, "true", "5s" */
    const char *help;   /* sentences, one line */
};

struct collector_value {
    const char *text;        /* as given */
    const struct str *items; /* COLLECTOR_LIST */
    size_t n_items;
    bool on;        /* COLLECTOR_SWITCH */
    uint64_t ns;    /* COLLECTOR_TIME */
    uint64_t count; /* COLLECTOR_COUNT */
};

/* Where to read and what with. All strings live as long as the collector. */
struct collector_env {
    const char *procfs, *sysfs, *cgroupfs,
        *rootfs;               /* --path.*: "/proc", "/sys", "/sys/fs/cgroup", "/" */
    const char *kubelet;       /* "/var/lib/kubelet" as seen from here */
    const char *cgroup_root;   /* --cgroup-root: "" or the path below which kubepods stands */
    const char *kmsg;          /* "/dev/kmsg" or "" */
    const char *sandbox_image; /* image label of sandboxes when it cannot be read */
    uint64_t rescan_ns; /* --rescan-interval: how often to look for what notices missed; 0: 1 min */
    uint64_t deadline_ns;    /* of collectors that may block; 0: none is known */
    uint64_t sample_ns;      /* --sample-interval: between calls of sample; 0: never */
    uint64_t peak_window_ns; /* --peak-window: of the peaks that these calls find */
    bool all_cgroups;        /* every cgroup of the machine (local), else what the kubelet has */
    const struct pod_lookup *pods;       /* NULL without Kubernetes */
    const struct container_names *names; /* NULL without container engines */
    const struct map *families; /* names of all families of tables that this program serves now;
                                 * NULL: not known */
    /* The value of a collector's option by its whole name; NULL: all have their presets. */
    struct collector_value (*option)(const void *options, const char *name);
    const void *options;
};

struct collector {
    const char *name; /* "container", "machine", later "cpu", "meminfo" … */
    bool on_by_default;
    const struct metric_subject *const *subjects; /* NULL-terminated */
    const struct collector_option *options;       /* ends with a row without a name; or NULL */

    /* Its files may keep a reader waiting (sysfs asks hardware, a folder may be a dead mount):
     * start and read run on another thread, with a deadline, beside those of others. All its
     * subjects are of one part, and it has none of self, watch_fd, changed, tick and sample. start
     * is called again by the next reading when it failed; when there was no source, by one that
     * comes --rescan-interval later. */
    bool may_block;

    /* Opens what stays open. Sets *ret_state (may be NULL for none). Errors: -ENODATA this machine
     * has no such source (not a fault) · others. */
    int (*start)(const struct collector_env *env, void **ret_state, struct err *err);

    /* Adds samples of now to the sink. Returns 0, or 1 with err set when it went well but for
     * something that is worth a line in the log (its success stays 1). Errors: -ENODATA nothing
     * there now · others: a fault of this collector only; what was added before is kept. */
    int (*read)(void *state, struct metric_sink *sink, struct err *err);

    /* Adds what the collector says about itself: samples of its subjects of the part "self". Called
     * at every reading of the node, also at those that leave this collector out, so it must be
     * cheap and say the same at all of them. May be NULL. Errors: -ENOMEM. */
    int (*self)(void *state, struct metric_sink *sink, struct err *err);

    /* A descriptor that becomes readable when the source has changed (inotify), or -1; then
     * `changed` is called. Both may be NULL. now_ns: clock_mono_ns. */
    int (*watch_fd)(void *state);
    void (*changed)(void *state, uint64_t now_ns);

    /* Called every few seconds: rescans, resolves anew. May be NULL. */
    void (*tick)(void *state, uint64_t now_ns);

    /* Called every env->sample_ns: notes what a scrape would miss. It may read what answers at once
     * only, and takes a few milliseconds at most. missed: how many times since the last one it
     * should have been called and was not. May be NULL. */
    void (*sample)(void *state, uint64_t missed);

    void (*stop)(void *state);
};

/* The value of one of the collector's options; asserted that it has it. ns and count are 0 when env
 * has no options. */
struct collector_value collector_option_value(const struct collector_env *env,
                                              const struct collector *c, const char *name);

/* All collectors, in the order of collectors.def; ends with NULL. */
extern const struct collector *const collectors[];

#endif
