/* Families that others wrote: *.prom in the folders of --collector.textfile.directory, in the text
 * format 0.0.4. node_textfile_scrape_error, node_textfile_mtime_seconds.
 *
 * A file that is not sound is left out whole. A family that does not agree with what an earlier
 * file says of it, or is called as one of ours, is left out of that file. Either sets the error
 * flag, and the first of them is told to the log: the rest is served. */
#include "base/limits.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"
#include "metrics/text_parse.h"

#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "collector.textfile.directory"
#define PATH_SHOWN 120 /* bytes of a path in a message */

struct error_sample {
    uint64_t present;
    bool error;
};

static const struct metric_family error_rows[] = {
    NODE_VALUE(struct error_sample, "node_textfile_scrape_error", GAUGE, 0, error, 1,
               "--collector.textfile.directory",
               "Whether something of the folders or files could not be read or was left out."),
};

NODE_SUBJECT(error_subject, "node_textfile", struct error_sample, error_rows);

struct file_sample {
    uint64_t present;
    struct str file;
    int64_t mtime;
};

static void file_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct file_sample *)sample)->file);
}

static const struct metric_family file_rows[] = {
    NODE_VALUE(struct file_sample, "node_textfile_mtime_seconds", GAUGE, 0, mtime, 1,
               "modification time of *.prom",
               "When the file, which was read without a fault, was last written."),
};

NODE_SUBJECT_OF(file_subject, "node_textfile_file", struct file_sample, file_rows, file_common,
                METRIC_LABELS("file"));

struct textfile {
    const struct str *folders; /* borrowed from the options */
    size_t n_folders;
    const struct map *ours; /* names of families that are not to be had; may be NULL */
};

/* One reading. */
struct run {
    const struct textfile *config;
    struct metric_sink *sink;
    struct arena *mem;
    struct buf text;
    struct map owners; /* every sample name that is taken -> its struct loose_family */
    struct loose_family *first, **last_link;
    size_t n_files, n_bytes, n_series;
    struct err *err; /* the first fault */
    size_t n_faults;
};

/* Counts a fault that is one file's or folder's; keeps what it says if it is the first. */
static void fault(struct run *run, const struct err *what)
{
    if (run->n_faults++ == 0 && run->err) {
        *run->err = *what;
    }
}

/* The end of a path, which is where the name stands. */
static struct str tail(struct str path)
{
    return path.n > PATH_SHOWN ? str_from(path, path.n - PATH_SHOWN) : path;
}

#define FAULT(run, code, ...)                                                                      \
    do {                                                                                           \
        struct err what = { 0 };                                                                   \
        err_set(&what, (code), __VA_ARGS__);                                                       \
        fault((run), &what);                                                                       \
    } while (0)

/* The names that samples of f have. */
static size_t sample_names(const struct loose_family *f, enum loose_kind out[3])
{
    size_t n = 0;
    if (f->row.type == METRIC_HISTOGRAM) {
        out[n++] = LOOSE_BUCKET;
    } else {
        out[n++] = LOOSE_VALUE;
    }
    if (f->row.type == METRIC_HISTOGRAM || f->row.type == METRIC_SUMMARY) {
        out[n++] = LOOSE_SUM;
        out[n++] = LOOSE_COUNT;
    }
    return n;
}

/* Whether the family's names are free; each of them is then its own. Names of our own tables never
 * are. -EEXIST: err says which is not. */
static int claim(struct run *run, struct loose_family *f, struct err *err)
{
    enum loose_kind kinds[3];
    size_t n = sample_names(f, kinds);
    struct str names[4] = { str_of(f->row.name) };
    for (size_t i = 0; i < n; i++) {
        auto_buf struct buf name = BUF_INIT(LIMIT_NODE_FILE_BYTES);
        buf_add_c(&name, f->row.name);
        buf_add(&name, loose_suffix(kinds[i]));
        if (arena_str(run->mem, buf_str(&name), &names[i + 1]) < 0) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i <= n; i++) {
        if (run->config->ours && map_get(run->config->ours, names[i])) {
            return err_set(err, EEXIST, "%.100s: " STR_FMT " is a family of this program",
                           f->row.name, STR_ARG(str_head(names[i], 100)));
        }
        if (map_get(&run->owners, names[i])) {
            return err_set(err, EEXIST, "%.100s: " STR_FMT " is a sample of another family",
                           f->row.name, STR_ARG(str_head(names[i], 100)));
        }
    }
    for (size_t i = 0; i <= n; i++) {
        if (map_put(&run->owners, names[i], f, NULL) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* Adds a file's family to those of the same name, or as a new one. -EEXIST: it cannot be, err says
 * why. */
static int merge_family(struct run *run, struct loose_family *f, struct err *err)
{
    struct loose_family *known = map_get(&run->owners, str_of(f->row.name));
    if (!known || !str_eq_c(str_of(known->row.name), f->row.name)) {
        int r = claim(run, f, err);
        if (r == 0) {
            f->next = NULL;
            *run->last_link = f;
            run->last_link = &f->next;
        }
        return r;
    }
    if (known->row.type != f->row.type) {
        return err_set(err, EEXIST, "%.150s has another TYPE in an earlier file", f->row.name);
    }
    if (known->has_help && f->has_help && !str_eq_c(str_of(known->row.help), f->row.help)) {
        return err_set(err, EEXIST, "%.150s has another HELP in an earlier file", f->row.name);
    }
    if (f->has_help) {
        known->has_help = true;
        known->row.help = f->row.help;
    }
    loose_family_append(known, f);
    return 0;
}

/* A family without HELP says where it is from. */
static int default_help(struct run *run, struct loose_family *f, struct str path)
{
    auto_buf struct buf help = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    struct str own;
    if (f->row.help[0] || f->has_help) {
        return 0;
    }
    buf_add(&help, STR("Read from "));
    buf_add(&help, path);
    buf_add_char(&help, '.');
    if (buf_failed(&help) || arena_str(run->mem, buf_str(&help), &own) < 0) {
        return -ENOMEM;
    }
    f->row.help = own.p;
    return 0;
}

static int merge_file(struct run *run, struct str path, const struct text_families *families)
{
    struct loose_family *next;
    for (struct loose_family *f = families->first; f; f = next) {
        struct err what = { 0 };
        next = f->next;
        int r = default_help(run, f, path);
        if (r == 0) {
            r = merge_family(run, f, &what);
        }
        if (r == -ENOMEM) {
            return r;
        }
        if (r < 0) {
            err_wrap(&what, STR_FMT, STR_ARG(tail(path)));
            fault(run, &what);
        } else {
            run->n_series += f->n_series;
        }
    }
    return 0;
}

/* Reads the file whole. It must be a file: opening a pipe would wait for a writer. */
static int read_text(struct run *run, int dirfd, const char *name, struct stat *st, struct err *err)
{
    if (fstatat(dirfd, name, st, 0) < 0) {
        return err_set_errno(err, errno, "stat");
    }
    if (!S_ISREG(st->st_mode)) {
        return err_set(err, EINVAL, "not a regular file");
    }
    if (run->n_files >= LIMIT_TEXTFILE_FILES) {
        return err_set(err, E2BIG, "more than %d files", LIMIT_TEXTFILE_FILES);
    }
    buf_done(&run->text);
    buf_init(&run->text, LIMIT_TEXTFILE_BYTES - run->n_bytes);
    ssize_t n = file_read(dirfd, name, &run->text, err);
    if (n == -EFBIG) {
        return err_set(err, EFBIG, "all files together are larger than %zu bytes",
                       LIMIT_TEXTFILE_BYTES);
    }
    run->n_files++;
    run->n_bytes += run->text.n;
    return n < 0 ? (int)n : 0;
}

static int read_file(struct run *run, int dirfd, struct str path, const char *name)
{
    struct err what = { 0 };
    struct stat st = { 0 };
    struct text_families families = { 0 };
    int r = read_text(run, dirfd, name, &st, &what);
    if (r == 0) {
        r = text_parse(buf_str(&run->text), LIMIT_TEXTFILE_SERIES - run->n_series, run->mem,
                       &families, &what);
    }
    if (r == -ENOMEM) {
        return r;
    }
    if (r < 0) {
        err_wrap(&what, STR_FMT, STR_ARG(tail(path)));
        fault(run, &what);
        return 0;
    }
    r = merge_file(run, path, &families);
    struct file_sample *s = r < 0 ? NULL : metric_sink_add(run->sink, &file_subject, NULL, 0, NULL);
    if (!s) {
        return -ENOMEM;
    }
    s->file = path;
    s->mtime = st.st_mtim.tv_sec;
    return 0;
}

static int read_folder(struct run *run, const char *folder)
{
    struct str *names = NULL;
    size_t n = 0;
    auto_close int fd = file_open_dir_at(AT_FDCWD, folder);
    int r = fd < 0 ? fd : node_dir_names(fd, run->mem, &names, &n);
    if (r < 0) {
        struct err what = { 0 };
        err_set_errno(&what, -r, "folder %.180s", folder);
        fault(run, &what);
        return r == -ENOMEM ? r : 0;
    }
    struct str base = str_of(folder);
    while (base.n > 1 && str_eat_end(&base, STR("/"))) {
    }
    for (size_t i = 0; i < n; i++) {
        if (!str_ends(names[i], STR(".prom"))) {
            continue;
        }
        auto_buf struct buf path = BUF_INIT(LIMIT_NODE_FILE_BYTES);
        struct str own;
        buf_add(&path, base);
        buf_add_c(&path, str_eq(base, STR("/")) ? "" : "/");
        buf_add(&path, names[i]);
        if (buf_failed(&path) || arena_str(run->mem, buf_str(&path), &own) < 0) {
            return -ENOMEM;
        }
        r = read_file(run, fd, own, names[i].p);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* A folder, or a pattern of folders. One that finds nothing is taken as it is, and then missed. */
static int read_pattern(struct run *run, struct str pattern)
{
    auto_free char *text = str_dup(pattern);
    glob_t found = { 0 };
    if (!text) {
        return -ENOMEM;
    }
    /* Only its GLOB_TILDE shares anything with other threads. NOLINTNEXTLINE(concurrency-*) */
    int r = glob(text, 0, NULL, &found);
    if (r == GLOB_NOSPACE) {
        globfree(&found);
        return -ENOMEM;
    }
    size_t n = r == 0 ? found.gl_pathc : 0;
    int result = n ? 0 : read_folder(run, text);
    for (size_t i = 0; i < n && result == 0; i++) {
        result = read_folder(run, found.gl_pathv[i]);
    }
    globfree(&found);
    return result;
}

static int serve(struct run *run)
{
    struct loose_family *next;
    for (struct loose_family *f = run->first; f; f = next) {
        size_t dropped = 0;
        next = f->next;
        if (loose_finish(f, run->mem, &dropped) < 0) {
            return -ENOMEM;
        }
        if (dropped) {
            FAULT(run, EEXIST, "%.150s: %zu series stand there twice", f->row.name, dropped);
        }
        metric_sink_add_loose(run->sink, f);
    }
    struct error_sample *s = metric_sink_add(run->sink, &error_subject, NULL, 0, NULL);
    if (!s) {
        return -ENOMEM;
    }
    s->error = run->n_faults > 0;
    return 0;
}

static int textfile_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct run run = {
        .config = state,
        .sink = sink,
        .mem = metric_sink_arena(sink),
        .err = err,
    };
    int r = 0;
    run.last_link = &run.first;
    for (size_t i = 0; i < run.config->n_folders && r == 0; i++) {
        r = run.config->folders[i].n ? read_pattern(&run, run.config->folders[i]) : 0;
    }
    if (r == 0) {
        r = serve(&run);
    }
    map_done(&run.owners, NULL);
    buf_done(&run.text);
    if (r < 0) {
        return node_no_memory(err, "textfile");
    }
    if (run.n_faults > 1) {
        err_wrap(err, "%zu faults, the first", run.n_faults);
    }
    return run.n_faults > 0;
}

static const struct collector_option options[] = {
    { DIRECTORY, COLLECTOR_LIST, "",
      "Folders, or patterns of folders, whose *.prom files are served: families in the text format "
      "that others wrote." },
    { 0 },
};

extern const struct collector collector_textfile;

static int textfile_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct textfile *t = calloc(1, sizeof(*t));
    if (!t) {
        return node_no_memory(err, "textfile");
    }
    struct collector_value folders = collector_option_value(env, &collector_textfile, DIRECTORY);
    t->folders = folders.items;
    t->n_folders = folders.n_items;
    t->ours = env->families;
    *ret_state = t;
    return 0;
}

static const struct metric_subject *const subjects[] = { &error_subject, &file_subject, NULL };

const struct collector collector_textfile = {
    .name = "textfile",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = textfile_start,
    .read = textfile_read,
    .stop = free,
};
