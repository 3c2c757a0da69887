/* node_buddyinfo_blocks: /proc/buddyinfo, "Node 0, zone   Normal  27145 15855 …": free blocks of
 * 1, 2, 4 … pages. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define ORDERS 16 /* the kernel has 11 by default, and 14 at most */

struct buddyinfo_sample {
    uint64_t present;
    struct str node, zone;
    uint64_t blocks[ORDERS];
    size_t n;
};

static void buddyinfo_common(const void *sample, struct metric_writer *out)
{
    const struct buddyinfo_sample *s = sample;
    metric_common(out, s->node);
    metric_common(out, s->zone);
}

static void put_blocks(const void *sample, struct metric_writer *out)
{
    const struct buddyinfo_sample *s = sample;
    for (size_t i = 0; i < s->n; i++) {
        char text[NUM_TEXT_MAX];
        struct str order = { text, num_format_u64(text, i) };
        metric_put(out, (double)s->blocks[i], order);
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_buddyinfo_blocks", GAUGE, 0, put_blocks, METRIC_LABELS("size"),
                "/proc/buddyinfo", "Free blocks of two to the power of size pages."),
};

NODE_SUBJECT_OF(buddyinfo_subject, "node_buddyinfo", struct buddyinfo_sample, rows,
                buddyinfo_common, METRIC_LABELS("node", "zone"));

static int buddyinfo_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "buddyinfo", ret_state, err);
}

static int add_zone(struct str line, struct metric_sink *sink, struct err *err)
{
    struct buddyinfo_sample values = { 0 };
    struct arena *mem = metric_sink_arena(sink);
    bool good = str_eq(str_word(&line), STR("Node"));
    struct str node = str_word(&line);
    good = good && str_eat_end(&node, STR(",")) && str_eq(str_word(&line), STR("zone"));
    struct str zone = str_word(&line);
    for (struct str word = str_word(&line); good && word.n && values.n < ORDERS;
         word = str_word(&line)) {
        good = num_scan_u64(word, &values.blocks[values.n++]) == 0;
    }
    if (!good || str_empty(zone)) {
        return err_set(err, EBADMSG, "buddyinfo: malformed");
    }
    struct buddyinfo_sample *s = metric_sink_add(sink, &buddyinfo_subject, NULL, 0, err);
    if (!s || arena_str(mem, node, &values.node) < 0 || arena_str(mem, zone, &values.zone) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int buddyinfo_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    while (r >= 0 && text.n) {
        r = add_zone(str_line(&text), sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &buddyinfo_subject, NULL };

const struct collector collector_buddyinfo = {
    .name = "buddyinfo",
    .subjects = subjects,
    .start = buddyinfo_start,
    .read = buddyinfo_read,
    .stop = node_one_file_stop,
};
