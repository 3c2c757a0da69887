/* node_md_*: /proc/mdstat and /sys/block/mdN/md. An array has a line with its members, (S) a spare
 * and (F) a failed one, a line with its size and "[2/1] [U_]" (wanted, working), and while it is
 * made whole one with "recovery = 8.5% (16775552/195310144) …". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define HAS_RAID_DISKS BIT(0)

enum { MD_ACTIVE, MD_CHECK, MD_INACTIVE, MD_RECOVERING, MD_RESYNC, MD_STATES };

struct md_sample {
    uint64_t present;
    struct str device;
    unsigned state;
    bool is_stripe;
    uint64_t active, failed, spare, required, blocks, synced;
};

static void md_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct md_sample *)sample)->device);
}

static void put_disks(const void *sample, struct metric_writer *out)
{
    const struct md_sample *s = sample;
    metric_put(out, (double)s->active, STR("active"));
    metric_put(out, (double)s->failed, STR("failed"));
    metric_put(out, (double)s->spare, STR("spare"));
}

static void put_state(const void *sample, struct metric_writer *out)
{
    static const struct str names[MD_STATES] = {
        STR_INIT("active"),     STR_INIT("check"),  STR_INIT("inactive"),
        STR_INIT("recovering"), STR_INIT("resync"),
    };
    for (unsigned i = 0; i < MD_STATES; i++) {
        metric_put(out, ((const struct md_sample *)sample)->state == i, names[i]);
    }
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct md_sample, "node_md_blocks", GAUGE, 0, blocks, 1, "/proc/mdstat",
               "Blocks of the array."),
    NODE_VALUE(struct md_sample, "node_md_blocks_synced", GAUGE, 0, synced, 1, "/proc/mdstat",
               "Blocks of the array that are whole."),
    NODE_SERIES("node_md_disks", GAUGE, 0, put_disks, METRIC_LABELS("state"), "/proc/mdstat",
                "Members of the array by state."),
    NODE_VALUE(struct md_sample, "node_md_disks_required", GAUGE, 0, required, 1, "/proc/mdstat",
               "Members that the array is to have."),
    NODE_SERIES("node_md_state", GAUGE, 0, put_state, METRIC_LABELS("state"), "/proc/mdstat",
                "Whether the array is in this state."),
};

NODE_SUBJECT_OF(md_subject, "node_mdadm", struct md_sample, rows, md_common,
                METRIC_LABELS("device"));

/* What sysfs tells of an array, be it in mdstat or not. */
struct md_disks_sample {
    uint64_t present;
    struct str device;
    uint64_t raid_disks, degraded;
};

static void md_disks_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct md_disks_sample *)sample)->device);
}

static const struct metric_family disks_rows[] = {
    NODE_VALUE(struct md_disks_sample, "node_md_degraded", GAUGE, 0, degraded, 1,
               "/sys/block/md*/md/degraded",
               "Members that are missing; 0 for arrays that can spare none."),
    NODE_VALUE(struct md_disks_sample, "node_md_raid_disks", GAUGE, HAS_RAID_DISKS, raid_disks, 1,
               "/sys/block/md*/md/raid_disks",
               "Members that the array is to have, spares left out."),
};

NODE_SUBJECT_OF(md_disks_subject, "node_mdadm_disks", struct md_disks_sample, disks_rows,
                md_disks_common, METRIC_LABELS("device"));

struct mdadm {
    struct node_file file;
    int sys_block; /* -1: none */
};

static void mdadm_stop(void *state)
{
    struct mdadm *m = state;
    node_file_close(&m->file);
    kg_close_cleanup(&m->sys_block);
    free(m);
}

static int mdadm_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct mdadm *m = calloc(1, sizeof(*m));
    if (!m) {
        return node_no_memory(err, "mdadm");
    }
    m->sys_block = node_dir_open(env->sysfs, "block", NULL);
    int r = node_file_open(&m->file, env->procfs, "mdstat", err);
    if (r < 0) {
        mdadm_stop(m);
        return r;
    }
    *ret_state = m;
    return 0;
}

/* "active raid1 sdb1[1](F) sda1[0]", also "active (auto-read-only) raid1 …". */
static void parse_members(struct str line, struct md_sample *s)
{
    uint64_t members = 0;
    struct str kind = line;
    s->state = str_eq(str_word(&line), STR("active")) ? MD_ACTIVE : MD_INACTIVE;
    for (struct str word = str_word(&line); word.n; word = str_word(&line)) {
        if (str_find(word, '[') < 0) {
            continue;
        }
        members++;
        s->failed += str_search(word, STR("(F)")) >= 0;
        s->spare += str_search(word, STR("(S)")) >= 0;
    }
    /* A stripe has no line that tells; all its members work. */
    s->is_stripe = str_search(kind, STR("raid0")) >= 0 || str_search(kind, STR("linear")) >= 0;
    s->active = s->required = s->is_stripe ? members : 0;
}

/* "[8/7]" */
static void parse_status(struct str line, struct md_sample *s)
{
    for (struct str word = str_word(&line); word.n; word = str_word(&line)) {
        uint64_t required, active;
        struct str rest = word;
        if (!str_eat(&rest, STR("[")) || !str_eat_end(&rest, STR("]"))) {
            continue;
        }
        struct str first = str_cut(&rest, '/');
        if (num_scan_u64(first, &required) == 0 && num_scan_u64(rest, &active) == 0) {
            s->required = required;
            s->active = active;
        }
    }
}

/* "(16775552/195310144)" after "recovery =". */
static void parse_progress(struct str line, struct md_sample *s)
{
    ssize_t open = str_find(line, '(');
    struct str rest = str_from(line, open < 0 ? line.n : (size_t)open + 1);
    uint64_t done;
    if (num_scan_u64(str_cut(&rest, '/'), &done) == 0) {
        s->synced = done;
    } else { /* "resync=PENDING", "resync=DELAYED": not begun */
        s->synced = 0;
    }
    s->state = str_search(line, STR("recovery")) >= 0 ? MD_RECOVERING
               : str_search(line, STR("resync")) >= 0 ? MD_RESYNC
               : str_search(line, STR("check")) >= 0  ? MD_CHECK
                                                      : s->state;
}

static void parse_detail(struct str line, struct md_sample *s)
{
    struct str words = line;
    uint64_t blocks;
    struct str first = str_word(&words);
    if (str_eq(str_word(&words), STR("blocks")) && num_scan_u64(first, &blocks) == 0) {
        s->blocks = s->synced = blocks;
        if (!s->is_stripe && s->state != MD_INACTIVE) {
            parse_status(words, s);
        }
    } else if (str_search(line, STR("recovery")) >= 0 || str_search(line, STR("resync")) >= 0 ||
               str_search(line, STR("check =")) >= 0) {
        parse_progress(line, s);
    }
}

/* "8", or "11 (10)" while the array gets another shape. A container of arrays has none. */
static int add_disks(const struct mdadm *m, struct str device, struct metric_sink *sink,
                     struct err *err)
{
    char path[300], text[64];
    struct str value = { 0 };
    int n = snprintf(path, sizeof(path), STR_FMT "/md", STR_ARG(device));
    if (n < 0 || (size_t)n >= sizeof(path)) {
        return 0;
    }
    auto_close int fd = file_open_dir_at(m->sys_block, path);
    if (fd < 0) {
        return 0;
    }
    struct md_disks_sample *s = metric_sink_add(sink, &md_disks_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->device = device;
    if (node_line_at(fd, "raid_disks", text, sizeof(text), &value) >= 0 &&
        num_scan_u64(str_word(&value), &s->raid_disks) == 0) {
        s->present |= HAS_RAID_DISKS;
    }
    if (node_u64_at(fd, "degraded", &s->degraded) < 0) {
        s->degraded = 0; /* a stripe has no such file */
    }
    return 0;
}

static int read_sysfs(const struct mdadm *m, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r =
        m->sys_block < 0 ? 0 : node_dir_names(m->sys_block, metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "block");
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = str_starts(names[i], STR("md")) ? add_disks(m, names[i], sink, err) : 0;
    }
    return r;
}

static int mdadm_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct mdadm *m = state;
    struct str text = { 0 };
    struct md_sample *s = NULL;
    int r = node_file_read(&m->file, &text, err);
    while (r >= 0 && text.n) {
        struct str line = str_line(&text), rest = line, name = str_word(&rest);
        if (str_starts(line, STR(" "))) {
            if (s) {
                parse_detail(line, s);
            }
            continue;
        }
        s = NULL;
        if (!str_starts(name, STR("md")) || !str_eq(str_word(&rest), STR(":"))) {
            continue;
        }
        s = metric_sink_add(sink, &md_subject, NULL, 0, err);
        if (!s || arena_str(metric_sink_arena(sink), name, &s->device) < 0) {
            return -ENOMEM;
        }
        parse_members(rest, s);
    }
    return r < 0 ? r : read_sysfs(m, sink, err);
}

static const struct metric_subject *const subjects[] = { &md_subject, &md_disks_subject, NULL };

const struct collector collector_mdadm = {
    .name = "mdadm",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = mdadm_start,
    .read = mdadm_read,
    .stop = mdadm_stop,
};
