/* node_arp_entries: /proc/net/arp, "192.0.2.1  0x1  0x2  02:fc:…  *  eth0": the last word is the
 * interface. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define EXCLUDE "collector.arp.device-exclude"
#define INCLUDE "collector.arp.device-include"

struct arp_sample {
    uint64_t present;
    struct str device;
    uint64_t entries;
};

static void arp_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct arp_sample *)sample)->device);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct arp_sample, "node_arp_entries", GAUGE, 0, entries, 1, "/proc/net/arp",
               "Neighbours that are known on the interface."),
};

NODE_SUBJECT_OF(arp_subject, "node_arp", struct arp_sample, rows, arp_common,
                METRIC_LABELS("device"));

extern const struct collector collector_arp;

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "", "Interfaces that are left out." },
    { INCLUDE, COLLECTOR_PATTERN, "", "The only interfaces that are taken." },
    { 0 },
};

struct arp {
    struct node_file file;
    struct node_filter filter;
};

static void arp_stop(void *state)
{
    struct arp *a = state;
    node_file_close(&a->file);
    node_filter_done(&a->filter);
    free(a);
}

static int arp_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct arp *a = calloc(1, sizeof(*a));
    if (!a) {
        return node_no_memory(err, "arp");
    }
    int r = node_file_open_net(&a->file, env->procfs, "arp", err);
    if (r >= 0) {
        r = node_filter_init(&a->filter, env, &collector_arp, EXCLUDE, INCLUDE, err);
    }
    if (r < 0) {
        arp_stop(a);
        return r;
    }
    *ret_state = a;
    return 0;
}

static struct arp_sample *find(struct arp_sample **known, size_t n, struct str device)
{
    for (size_t i = n; i > 0; i--) { /* lines of an interface mostly follow each other */
        if (str_eq(known[i - 1]->device, device)) {
            return known[i - 1];
        }
    }
    return NULL;
}

static int arp_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct arp *a = state;
    struct str text = { 0 };
    struct arena *mem = metric_sink_arena(sink);
    struct arp_sample **known = ARENA_ARRAY(mem, LIMIT_NET_INTERFACES, struct arp_sample *);
    size_t n = 0;
    int r = known ? node_file_read(&a->file, &text, err) : node_no_memory(err, "arp");
    if (r < 0) {
        return r;
    }
    str_line(&text); /* the heading */
    while (text.n) {
        struct str line = str_line(&text), device = { 0 };
        int words = 0;
        for (struct str word = str_word(&line); word.n; word = str_word(&line), words++) {
            device = word;
        }
        if (words < 6) {
            return err_set(err, EBADMSG, "arp: a line of %d words", words);
        }
        struct arp_sample *s = find(known, n, device);
        if (!s && n < LIMIT_NET_INTERFACES && node_filter_takes(&a->filter, device)) {
            s = metric_sink_add(sink, &arp_subject, NULL, 0, err);
            if (!s || arena_str(mem, device, &s->device) < 0) {
                return -ENOMEM;
            }
            known[n++] = s;
        }
        if (s) {
            s->entries++;
        }
    }
    return 0;
}

static const struct metric_subject *const subjects[] = { &arp_subject, NULL };

const struct collector collector_arp = {
    .name = "arp",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = arp_start,
    .read = arp_read,
    .stop = arp_stop,
};
