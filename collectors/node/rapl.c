/* node_rapl_ZONE_joules_total: /sys/class/powercap, a folder a zone with its name and energy_uj.
 * Zones are called as the processor has them ("package-0", "core", "dram", "psys"), so that the
 * families stand in no table; with --collector.rapl.enable-zone-label they are one. Since 5.10 only
 * root may read energy_uj. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define ZONE_LABEL "collector.rapl.enable-zone-label"
#define FOLDER "class/powercap"
#define MICROJOULES 1e-6

struct zone_sample {
    uint64_t present;
    struct str index, path, zone;
    uint64_t microjoules;
};

static void zone_common(const void *sample, struct metric_writer *out)
{
    const struct zone_sample *s = sample;
    metric_common(out, s->index);
    metric_common(out, s->path);
    metric_common(out, s->zone);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct zone_sample, "node_rapl_joules_total", COUNTER, 0, microjoules, MICROJOULES,
               "/sys/class/powercap/*/energy_uj",
               "Energy that the zone has used; only with --collector.rapl.enable-zone-label, else "
               "each zone has a family node_rapl_ZONE_joules_total."),
};

NODE_SUBJECT_OF(zone_subject, "node_rapl", struct zone_sample, rows, zone_common,
                METRIC_LABELS("index", "path", "rapl_zone"));

struct rapl {
    int fd;
    bool zone_label;
    char *folder; /* as the peer's label path has it */
};

extern const struct collector collector_rapl;

static void rapl_stop(void *state)
{
    struct rapl *p = state;
    kg_close_cleanup(&p->fd);
    free(p->folder);
    free(p);
}

static int rapl_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    char folder[512];
    struct rapl *p = calloc(1, sizeof(*p));
    if (!p) {
        return node_no_memory(err, "rapl");
    }
    p->zone_label = collector_option_value(env, &collector_rapl, ZONE_LABEL).on;
    p->fd = node_dir_open(env->sysfs, FOLDER, err);
    int r = p->fd < 0 ? p->fd : file_join(folder, sizeof(folder), env->sysfs, FOLDER);
    p->folder = r < 0 ? NULL : str_dup(str_of(folder));
    if (r >= 0 && !p->folder) {
        r = node_no_memory(err, "rapl");
    }
    if (r < 0) {
        rapl_stop(p);
        return r;
    }
    *ret_state = p;
    return 0;
}

/* A zone that was found, for numbering those of the same name. */
struct found {
    struct found *next;
    struct str zone;
    uint64_t following; /* index of the next one of the name */
};

/* "package-0" is zone package of index 0; of several that are called "dram" each has the next. */
static int name_zone(struct found **all, struct str name, struct arena *mem, struct str *ret_zone,
                     uint64_t *ret_index)
{
    struct str index = name, zone = str_cut(&index, '-');
    if (index.p && num_scan_u64(index, ret_index) == 0) {
        *ret_zone = zone;
    } else {
        *ret_zone = name;
        *ret_index = UINT64_MAX;
    }
    struct found *f = *all;
    while (f && !str_eq(f->zone, *ret_zone)) {
        f = f->next;
    }
    if (!f) {
        f = ARENA_NEW(mem, struct found);
        if (!f) {
            return -ENOMEM;
        }
        *f = (struct found){ *all, *ret_zone, 0 };
        *all = f;
    }
    *ret_index = *ret_index == UINT64_MAX ? f->following : *ret_index;
    f->following = *ret_index + 1;
    return 0;
}

/* "node_rapl_", the zone with what no name may hold as '_', "_joules_total". */
static int add_family(struct loose_set *set, const struct zone_sample *zone)
{
    auto_buf struct buf name = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    auto_buf struct buf scratch = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    struct loose_series s = { .value = (double)zone->microjoules / 1e6 };
    struct metric_label labels[] = { { STR("index"), zone->index }, { STR("path"), zone->path } };
    buf_add(&name, STR("node_rapl_"));
    for (size_t i = 0; i < zone->zone.n; i++) {
        char c = zone->zone.p[i];
        bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_add_char(&name, legal || c == ':' ? c : '_');
    }
    buf_add(&name, STR("_joules_total"));
    struct loose_family *f =
        buf_failed(&name) ? NULL : loose_set_family(set, buf_str(&name), METRIC_COUNTER);
    if (!f || loose_labels(labels, KG_ARRAY_LEN(labels), &scratch, set->mem, &s.labels) < 0) {
        return -ENOMEM;
    }
    f->row.help = "Energy that the zone of the processor has used.";
    return loose_add(f, set->mem, &s);
}

static int add_zone(const struct rapl *p, int fd, const struct zone_sample *values,
                    struct loose_set *set, struct metric_sink *sink, struct err *err)
{
    struct zone_sample zone = *values;
    int r = node_u64_at(fd, "energy_uj", &zone.microjoules);
    if (r < 0) {
        return r == -EACCES || r == -EPERM ? err_set_errno(err, -r, FOLDER ": energy_uj") : 0;
    }
    if (!p->zone_label) {
        return add_family(set, &zone) < 0 ? node_no_memory(err, "rapl") : 0;
    }
    struct zone_sample *s = metric_sink_add(sink, &zone_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = zone;
    return 0;
}

static int add_folder(const struct rapl *p, const char *name, struct found **all,
                      struct loose_set *set, struct metric_sink *sink, struct err *err)
{
    char text[64], number[NUM_TEXT_MAX], path[1024];
    uint64_t index;
    struct zone_sample zone = { 0 };
    struct str zone_name = { 0 };
    auto_close int fd = file_open_dir_at(p->fd, name);
    if (fd < 0 || node_line_at(fd, "name", text, sizeof(text), &zone_name) < 0) {
        return 0; /* the control type itself has no name */
    }
    int n = snprintf(path, sizeof(path), "%s/%s", p->folder, name);
    struct str shown = { path, n < 0 ? 0 : KG_MIN((size_t)n, sizeof(path) - 1) };
    if (arena_str(set->mem, zone_name, &zone_name) < 0 ||
        name_zone(all, zone_name, set->mem, &zone.zone, &index) < 0 ||
        arena_str(set->mem, (struct str){ number, num_format_u64(number, index) }, &zone.index) <
            0 ||
        arena_str(set->mem, shown, &zone.path) < 0) {
        return node_no_memory(err, "rapl");
    }
    return add_zone(p, fd, &zone, set, sink, err);
}

static int rapl_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct rapl *p = state;
    struct str *names = NULL;
    size_t n = 0;
    struct found *all = NULL;
    struct loose_set set;
    loose_set_init(&set, metric_sink_arena(sink));
    int r = node_dir_names(p->fd, set.mem, &names, &n);
    if (r < 0) {
        err_set_errno(err, -r, FOLDER);
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_folder(p, names[i].p, &all, &set, sink, err);
    }
    if (r >= 0 && metric_sink_add_set(sink, &set) < 0) {
        r = node_no_memory(err, "rapl");
    }
    loose_set_done(&set);
    return r == -EACCES || r == -EPERM ? -ENODATA : r;
}

static const struct collector_option options[] = {
    { ZONE_LABEL, COLLECTOR_SWITCH, "false",
      "One family with the zone as a label, in place of a family a zone." },
    { 0 },
};

static const struct metric_subject *const subjects[] = { &zone_subject, NULL };

const struct collector collector_rapl = {
    .name = "rapl",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = rapl_start,
    .read = rapl_read,
    .stop = rapl_stop,
};
