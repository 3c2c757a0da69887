#include "collectors/node/node_file.h"

#include "base/num.h"
#include "collectors/proc/dents.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_BYTES (4 * KIB)

/* What is not there, and what only root may see, is no fault of the collector. */
static int open_failed(int code, const char *path, struct err *err)
{
    bool none = code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM;
    err_set_errno(err, code, "open %.150s", path);
    return none ? -ENODATA : -code;
}

int node_file_open(struct node_file *f, const char *root, const char *path, struct err *err)
{
    *f = (struct node_file){ .fd = -1 };
    buf_init(&f->text, LIMIT_NODE_FILE_BYTES);
    int r = file_join(f->path, sizeof(f->path), root, path);
    if (r < 0) {
        return err_set_errno(err, -r, "%.150s", path);
    }
    f->fd = file_open_read_at(AT_FDCWD, f->path);
    return f->fd < 0 ? open_failed(-f->fd, f->path, err) : 0;
}

int node_file_open_net(struct node_file *f, const char *procfs, const char *name, struct err *err)
{
    char path[64];
    snprintf(path, sizeof(path), "1/net/%s", name);
    if (node_file_open(f, procfs, path, NULL) == 0) {
        return 0;
    }
    snprintf(path, sizeof(path), "net/%s", name);
    return node_file_open(f, procfs, path, err);
}

int node_file_read(struct node_file *f, struct str *ret, struct err *err)
{
    size_t room = KG_MAX(f->text.cap, FIRST_BYTES);
    for (;; room *= 2) {
        buf_clear(&f->text);
        if (room > LIMIT_NODE_FILE_BYTES || buf_reserve(&f->text, room) < 0) {
            return err_set(err, room > LIMIT_NODE_FILE_BYTES ? EFBIG : ENOMEM,
                           "%s: no room for %zu bytes", f->path, room);
        }
        int r = file_pread_text(f->fd, f->text.p, f->text.cap, ret);
        if (r >= 0) {
            return 0;
        }
        if (r != -EFBIG) {
            return err_set_errno(err, -r, "read %s", f->path);
        }
    }
}

void node_file_close(struct node_file *f)
{
    if (f->fd >= 0) {
        close(f->fd);
        f->fd = -1;
    }
    buf_done(&f->text);
}

static int one_file(int r, struct node_file *f, void **ret_state)
{
    if (r < 0) {
        node_file_close(f);
        free(f);
    } else {
        *ret_state = f;
    }
    return r;
}

int node_one_file_start(const char *root, const char *path, void **ret_state, struct err *err)
{
    struct node_file *f = calloc(1, sizeof(*f));
    return f ? one_file(node_file_open(f, root, path, err), f, ret_state)
             : node_no_memory(err, path);
}

int node_one_net_file_start(const char *procfs, const char *name, void **ret_state, struct err *err)
{
    struct node_file *f = calloc(1, sizeof(*f));
    return f ? one_file(node_file_open_net(f, procfs, name, err), f, ret_state)
             : node_no_memory(err, name);
}

void node_one_file_stop(void *state)
{
    node_file_close(state);
    free(state);
}

struct node_numbers {
    struct node_file files[NODE_NUMBERS_MAX];
};

void node_numbers_stop(void *state)
{
    struct node_numbers *n = state;
    for (size_t i = 0; n && i < NODE_NUMBERS_MAX; i++) {
        node_file_close(&n->files[i]);
    }
    free(n);
}

int node_numbers_start(const char *root, const char *const *paths, void **ret_state,
                       struct err *err)
{
    struct node_numbers *n = calloc(1, sizeof(*n));
    if (!n) {
        return node_no_memory(err, paths[0]);
    }
    for (size_t i = 0; i < NODE_NUMBERS_MAX; i++) {
        n->files[i].fd = -1;
    }
    for (size_t i = 0; paths[i] && i < NODE_NUMBERS_MAX; i++) {
        int r = node_file_open(&n->files[i], root, paths[i], i ? NULL : err);
        if (r < 0 && i == 0) {
            node_numbers_stop(n);
            return r;
        }
    }
    *ret_state = n;
    return 0;
}

int node_numbers_read(void *state, uint64_t *ret, uint64_t *ret_present, struct err *err)
{
    struct node_numbers *n = state;
    *ret_present = 0;
    for (size_t i = 0; i < NODE_NUMBERS_MAX; i++) {
        struct str text = { 0 };
        ret[i] = 0;
        if (n->files[i].fd < 0) {
            continue;
        }
        int r = node_file_read(&n->files[i], &text, err);
        if (r < 0) {
            return r;
        }
        if (num_scan_u64(str_trim(text), &ret[i]) < 0) {
            return err_set(err, EBADMSG, "%s: no number", n->files[i].path);
        }
        *ret_present |= UINT64_C(1) << i;
    }
    return 0;
}

int node_line_at(int dirfd, const char *path, char *out, size_t size, struct str *ret)
{
    int r = file_read_text_at(dirfd, path, out, size, ret);
    if (r >= 0) {
        *ret = str_trim(*ret);
    }
    return r;
}

int node_u64_at(int dirfd, const char *path, uint64_t *ret)
{
    char text[64];
    struct str s = { 0 };
    int r = node_line_at(dirfd, path, text, sizeof(text), &s);
    return r < 0 ? r : num_scan_u64(s, ret);
}

int node_i64_at(int dirfd, const char *path, int64_t *ret)
{
    char text[64];
    struct str s = { 0 };
    int r = node_line_at(dirfd, path, text, sizeof(text), &s);
    return r < 0 ? r : num_scan_i64(s, ret);
}

int node_dir_open(const char *root, const char *path, struct err *err)
{
    char joined[PATH_MAX];
    int r = file_join(joined, sizeof(joined), root, path);
    if (r < 0) {
        return err_set_errno(err, -r, "%.150s", path);
    }
    int fd = file_open_dir_at(AT_FDCWD, joined);
    return fd < 0 ? open_failed(-fd, joined, err) : fd;
}

struct node_dir {
    int fd;
};

int node_dir_start(const char *root, const char *path, void **ret_state, struct err *err)
{
    struct node_dir *d = calloc(1, sizeof(*d));
    if (!d) {
        return node_no_memory(err, path);
    }
    d->fd = node_dir_open(root, path, err);
    if (d->fd < 0) {
        int r = d->fd;
        free(d);
        return r;
    }
    *ret_state = d;
    return 0;
}

int node_dir_fd(const void *state)
{
    return ((const struct node_dir *)state)->fd;
}

void node_dir_stop(void *state)
{
    close(((struct node_dir *)state)->fd);
    free(state);
}

int node_text_at(int dirfd, const char *path, struct arena *mem, struct str *ret)
{
    char text[4096];
    struct str value = { 0 };
    int r = node_line_at(dirfd, path, text, sizeof(text), &value);
    return r < 0 ? r : arena_str(mem, value, ret);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

int node_dir_names(int dirfd, struct arena *mem, struct str **ret_names, size_t *ret_n)
{
    size_t n = 0, cap = 0;
    struct str *names = NULL;
    struct dents dents;
    const char *name;
    int r = lseek(dirfd, 0, SEEK_SET) < 0 ? -errno : 0;
    dents_init(&dents, dirfd);
    while (r == 0 && (name = dents_next(&dents, &r)) != NULL) {
        if (n == cap) {
            cap = cap ? cap * 2 : 16;
            struct str *more = cap > LIMIT_NODE_NAMES ? NULL : ARENA_ARRAY(mem, cap, struct str);
            if (!more) {
                return cap > LIMIT_NODE_NAMES ? -E2BIG : -ENOMEM;
            }
            if (n) {
                memcpy(more, names, n * sizeof(*names));
            }
            names = more;
        }
        if (arena_str(mem, str_of(name), &names[n]) < 0) {
            return -ENOMEM;
        }
        n++;
    }
    if (r < 0) {
        return r;
    }
    if (n) {
        qsort(names, n, sizeof(*names), by_name);
    }
    *ret_names = names;
    *ret_n = n;
    return 0;
}

static int pattern_of(struct pattern **ret, const struct collector_env *env,
                      const struct collector *c, const char *name, bool whole, struct err *err)
{
    const char *text = name ? collector_option_value(env, c, name).text : "";
    if (!text || !*text) {
        return 0;
    }
    struct err own = { 0 };
    auto_buf struct buf all = BUF_INIT(LIMIT_CONFIG_BYTES);
    buf_addf(&all, whole ? "^(?:%s)$" : "%s", text);
    *ret = pattern_new(name, PATTERN_NAME, buf_str(&all), err ? err : &own);
    return *ret ? 0 : -(err ? err : &own)->code;
}

static int filter_init(struct node_filter *f, const struct collector_env *env,
                       const struct collector *c, const char *exclude, const char *include,
                       bool whole, struct err *err)
{
    *f = (struct node_filter){ 0 };
    int r = pattern_of(&f->exclude, env, c, exclude, whole, err);
    if (r == 0) {
        r = pattern_of(&f->include, env, c, include, whole, err);
    }
    if (r < 0) {
        node_filter_done(f);
    }
    return r;
}

int node_filter_init(struct node_filter *f, const struct collector_env *env,
                     const struct collector *c, const char *exclude, const char *include,
                     struct err *err)
{
    return filter_init(f, env, c, exclude, include, false, err);
}

int node_filter_init_whole(struct node_filter *f, const struct collector_env *env,
                           const struct collector *c, const char *exclude, const char *include,
                           struct err *err)
{
    return filter_init(f, env, c, exclude, include, true, err);
}

void node_filter_done(struct node_filter *f)
{
    pattern_free(f->exclude);
    pattern_free(f->include);
    *f = (struct node_filter){ 0 };
}

bool node_filter_takes(const struct node_filter *f, struct str name)
{
    return !(f->exclude && pattern_match(f->exclude, name) == PATTERN_MATCH) &&
           !(f->include && pattern_match(f->include, name) != PATTERN_MATCH);
}

int node_no_memory(struct err *err, const char *collector)
{
    return err_set(err, ENOMEM, "%.100s: out of memory", collector);
}
