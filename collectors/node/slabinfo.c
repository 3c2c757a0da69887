/* node_slabinfo_*: /proc/slabinfo, which only root may read: two lines of heading, then
 * "dentry  180 190  192  21  1 : tunables …": active, all, size of one, in a slab, pages of a slab.
 */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define EXCLUDE "collector.slabinfo.slabs-exclude"
#define INCLUDE "collector.slabinfo.slabs-include"
#define COLUMNS 5
#define HEADING_LINES 2

struct slabinfo_sample {
    uint64_t present;
    struct str slab;
    uint64_t v[COLUMNS];
};

static void slabinfo_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct slabinfo_sample *)sample)->slab);
}

#define SLAB(family, at, from, text)                                                               \
    NODE_VALUE(struct slabinfo_sample, family, GAUGE, 0, v[at], 1, "/proc/slabinfo " from, text)

static const struct metric_family rows[] = {
    SLAB("node_slabinfo_active_objects", 0, "active_objs", "Objects in use."),
    SLAB("node_slabinfo_object_size_bytes", 2, "objsize", "Size of an object."),
    SLAB("node_slabinfo_objects", 1, "num_objs", "Objects in use and free ones."),
    SLAB("node_slabinfo_objects_per_slab", 3, "objperslab", "Objects of a slab."),
    SLAB("node_slabinfo_pages_per_slab", 4, "pagesperslab", "Pages of a slab."),
};

NODE_SUBJECT_OF(slabinfo_subject, "node_slabinfo", struct slabinfo_sample, rows, slabinfo_common,
                METRIC_LABELS("slab"));

extern const struct collector collector_slabinfo;

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "", "Caches that are left out." },
    { INCLUDE, COLLECTOR_PATTERN, ".*", "The only caches that are taken." },
    { 0 },
};

struct slabinfo {
    struct node_file file;
    struct node_filter filter;
};

static void slabinfo_stop(void *state)
{
    struct slabinfo *i = state;
    node_file_close(&i->file);
    node_filter_done(&i->filter);
    free(i);
}

static int slabinfo_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct slabinfo *i = calloc(1, sizeof(*i));
    if (!i) {
        return node_no_memory(err, "slabinfo");
    }
    int r = node_file_open(&i->file, env->procfs, "slabinfo", err);
    if (r >= 0) {
        r = node_filter_init(&i->filter, env, &collector_slabinfo, EXCLUDE, INCLUDE, err);
    }
    if (r < 0) {
        slabinfo_stop(i);
        return r;
    }
    *ret_state = i;
    return 0;
}

static int add_slab(struct str line, const struct node_filter *filter, struct metric_sink *sink,
                    struct err *err)
{
    struct slabinfo_sample values = { .slab = str_word(&line) };
    for (size_t i = 0; i < COLUMNS; i++) {
        if (num_scan_u64(str_word(&line), &values.v[i]) < 0) {
            return err_set(err, EBADMSG, "slabinfo: " STR_FMT ": column %zu is no number",
                           STR_ARG(str_head(values.slab, 40)), i + 2);
        }
    }
    if (!node_filter_takes(filter, values.slab)) {
        return 0;
    }
    struct slabinfo_sample *s = metric_sink_add(sink, &slabinfo_subject, NULL, 0, err);
    if (!s || arena_str(metric_sink_arena(sink), values.slab, &values.slab) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int slabinfo_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct slabinfo *i = state;
    struct str text = { 0 };
    int r = node_file_read(&i->file, &text, err);
    for (int n = 0; r >= 0 && n < HEADING_LINES; n++) {
        str_line(&text);
    }
    while (r >= 0 && text.n) {
        r = add_slab(str_line(&text), &i->filter, sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &slabinfo_subject, NULL };

const struct collector collector_slabinfo = {
    .name = "slabinfo",
    .subjects = subjects,
    .options = options,
    .start = slabinfo_start,
    .read = slabinfo_read,
    .stop = slabinfo_stop,
};
