/* node_zfs_*: /proc/spl/kstat/zfs. Which statistics there are changes with each version of ZFS, so
 * that the families are called after them and stand in no table. Files of the module, of a pool:
 *   name                            type data        arcstats, dbufstats …, POOL/objset-0x36
 *   hits                            4    8772612     4: unsigned, 3: signed; others are no numbers
 * POOL/io has a line of names and one of numbers; POOL/state one word. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <ctype.h>
#include <stdio.h>

struct state_sample {
    uint64_t present;
    struct str pool, state;
};

static const struct str states[] = {
    STR_INIT("online"),  STR_INIT("degraded"), STR_INIT("faulted"),   STR_INIT("offline"),
    STR_INIT("removed"), STR_INIT("unavail"),  STR_INIT("suspended"),
};

static void state_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct state_sample *)sample)->pool);
}

static void put_state(const void *sample, struct metric_writer *out)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(states); i++) {
        metric_put(out, str_eq(((const struct state_sample *)sample)->state, states[i]), states[i]);
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES(
        "node_zfs_zpool_state", GAUGE, 0, put_state, METRIC_LABELS("state"),
        "/proc/spl/kstat/zfs/*/state",
        "Whether the pool is in this state. Beside it there is a family a statistic of ZFS: "
        "node_zfs_arc_*, node_zfs_zpool_*, node_zfs_zpool_dataset_* and others."),
};

NODE_SUBJECT_OF(state_subject, "node_zfs", struct state_sample, rows, state_common,
                METRIC_LABELS("zpool"));

/* Files of the module as a whole, and what their families begin with. */
static const struct {
    const char *file;
    struct str prefix;
} files[] = {
    { "abdstats", STR_INIT("node_zfs_abd_") },
    { "arcstats", STR_INIT("node_zfs_arc_") },
    { "dbufstats", STR_INIT("node_zfs_dbuf_") },
    { "dmu_tx", STR_INIT("node_zfs_dmu_tx_") },
    { "dnodestats", STR_INIT("node_zfs_dnode_") },
    { "fm", STR_INIT("node_zfs_fm_") },
    { "vdev_cache_stats", STR_INIT("node_zfs_vdev_cache_") },
    { "vdev_mirror_stats", STR_INIT("node_zfs_vdev_mirror_") },
    { "xuio_stats", STR_INIT("node_zfs_xuio_") },
    { "zfetchstats", STR_INIT("node_zfs_zfetch_") },
    { "zil", STR_INIT("node_zfs_zil_") },
};

struct reading_of {
    struct loose_set set;
    struct buf text, name, scratch, help;
    size_t n_series;
};

static int zfs_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->procfs, "spl/kstat/zfs", ret_state, err);
}

/* One value; a statistic's name may hold what a family's must not. */
static int put(struct reading_of *z, struct str prefix, struct str field, double value,
               struct str labels)
{
    struct loose_series s = { .labels = labels, .value = value };
    struct str help;
    buf_clear(&z->name);
    buf_clear(&z->help);
    buf_add(&z->name, prefix);
    for (size_t i = 0; i < field.n; i++) {
        bool legal = isalnum((unsigned char)field.p[i]) || field.p[i] == '_';
        buf_add_char(&z->name, legal ? field.p[i] : '_');
    }
    buf_addf(&z->help, "ZFS's statistic " STR_FMT ".",
             STR_ARG(str_head(str_from(buf_str(&z->name), prefix.n), 100)));
    if (buf_failed(&z->name) || ++z->n_series > LIMIT_NODE_NAMES) {
        return z->n_series > LIMIT_NODE_NAMES ? -E2BIG : -ENOMEM;
    }
    struct loose_family *f = loose_set_family(&z->set, buf_str(&z->name), METRIC_UNTYPED);
    if (!f) {
        return -ENOMEM;
    }
    if (!f->row.help[0]) {
        if (arena_str(z->set.mem, buf_str(&z->help), &help) < 0) {
            return -ENOMEM;
        }
        f->row.help = help.p;
    }
    return loose_add(f, z->set.mem, &s);
}

static int read_text(struct reading_of *z, int dirfd, const char *name, struct str *ret)
{
    buf_clear(&z->text);
    ssize_t r = file_read(dirfd, name, &z->text, NULL);
    *ret = buf_str(&z->text);
    return r < 0 ? (int)r : 0;
}

/* "4 8772612", after the name. -EINVAL: no number. */
static int parse_value(struct str *line, double *ret)
{
    struct str type = str_word(line), text = str_word(line);
    uint64_t u;
    int64_t i;
    if (str_eq(type, STR("4")) && num_scan_u64(text, &u) == 0) {
        *ret = (double)u;
        return 0;
    }
    if (str_eq(type, STR("3")) && num_scan_i64(text, &i) == 0) {
        *ret = (double)i;
        return 0;
    }
    return -EINVAL;
}

/* What follows the type, with the blanks that are in it: "dataset_name  7  pool1/a  b". */
static struct str rest_of(struct str line)
{
    str_word(&line);
    str_word(&line);
    return str_trim(line);
}

/* Lines after "name type data". dataset: a pool's, whose name is one of the lines; else NULL. */
static int put_lines(struct reading_of *z, struct str text, struct str prefix,
                     const struct str *pool)
{
    struct str labels = { 0 };
    bool begun = false;
    int r = 0;
    while (text.n && r >= 0) {
        struct str line = str_line(&text), whole = line, name = str_word(&line);
        double value;
        if (!begun) {
            begun = str_eq(name, STR("name"));
        } else if (pool && str_eq(name, STR("dataset_name"))) {
            struct metric_label own[] = { { STR("dataset"), rest_of(whole) },
                                          { STR("zpool"), *pool } };
            r = loose_labels(own, KG_ARRAY_LEN(own), &z->scratch, z->set.mem, &labels);
        } else if (parse_value(&line, &value) == 0) {
            r = put(z, prefix, name, value, labels);
        }
    }
    return r;
}

/* A line of names, then one of numbers. The first line is the kernel's own. */
static int put_io(struct reading_of *z, struct str text, struct str pool)
{
    struct metric_label own[] = { { STR("zpool"), pool } };
    struct str labels = { 0 };
    int r = loose_labels(own, 1, &z->scratch, z->set.mem, &labels);
    str_line(&text);
    struct str names = str_line(&text), numbers = str_line(&text);
    for (struct str name = str_word(&names); name.n && r >= 0; name = str_word(&names)) {
        uint64_t value;
        if (num_scan_u64(str_word(&numbers), &value) == 0) {
            r = put(z, STR("node_zfs_zpool_"), name, (double)value, labels);
        }
    }
    return r;
}

static int put_pool_state(struct str text, struct str pool, struct metric_sink *sink,
                          struct err *err)
{
    struct state_sample *s = metric_sink_add(sink, &state_subject, NULL, 0, err);
    struct str word = str_trim(text);
    char *lower = s ? arena_alloc(metric_sink_arena(sink), word.n) : NULL;
    if (!lower) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < word.n; i++) {
        lower[i] = (char)tolower((unsigned char)word.p[i]);
    }
    s->pool = pool;
    s->state = (struct str){ lower, word.n };
    return 0;
}

static int put_pool_file(struct reading_of *z, int fd, struct str file, struct str pool,
                         struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    bool io = str_eq(file, STR("io")), state = str_eq(file, STR("state"));
    if ((!io && !state && !str_starts(file, STR("objset-"))) ||
        read_text(z, fd, file.p, &text) < 0) {
        return 0; /* the pool may be gone meanwhile */
    }
    return io      ? put_io(z, text, pool)
           : state ? put_pool_state(text, pool, sink, err)
                   : put_lines(z, text, STR("node_zfs_zpool_dataset_"), &pool);
}

static int put_pool(struct reading_of *z, int fd, struct str pool, struct metric_sink *sink,
                    struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(fd, z->set.mem, &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = put_pool_file(z, fd, names[i], pool, sink, err);
    }
    return r;
}

static int put_all(struct reading_of *z, int dirfd, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 }, *names = NULL;
    size_t n = 0;
    int r = 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(files) && r >= 0; i++) {
        if (read_text(z, dirfd, files[i].file, &text) >= 0) {
            r = put_lines(z, text, files[i].prefix, NULL);
        }
    }
    r = r < 0 ? r : node_dir_names(dirfd, z->set.mem, &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd = file_open_dir_at(dirfd, names[i].p);
        if (fd >= 0) {
            r = put_pool(z, fd, names[i], sink, err);
        }
    }
    return r < 0 ? r : metric_sink_add_set(sink, &z->set);
}

static int zfs_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct reading_of z = { .n_series = 0 };
    loose_set_init(&z.set, metric_sink_arena(sink));
    buf_init(&z.text, LIMIT_NODE_FILE_BYTES);
    buf_init(&z.name, LIMIT_NODE_FILE_BYTES);
    buf_init(&z.scratch, LIMIT_NODE_FILE_BYTES);
    buf_init(&z.help, LIMIT_NODE_FILE_BYTES);
    int r = put_all(&z, node_dir_fd(state), sink, err);
    loose_set_done(&z.set);
    buf_done(&z.text);
    buf_done(&z.name);
    buf_done(&z.scratch);
    buf_done(&z.help);
    return r < 0 ? err_set_errno(err, -r, "spl/kstat/zfs") : 0;
}

static const struct metric_subject *const subjects[] = { &state_subject, NULL };

const struct collector collector_zfs = {
    .name = "zfs",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = zfs_start,
    .read = zfs_read,
    .stop = node_dir_stop,
};
