#include "collectors/fs_probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/thread.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#define PROBE_STACK_BYTES (128 * KIB)

/* Rounds of fs_probe_run_all: as many mounts less one may begin to hang in one reading. */
#define ROUNDS 4

/* One thread and its list. Held by its thread and by the probe; freed by the last of them. */
struct worker {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    fs_probe_ask_fn *ask;
    unsigned refs;
    bool requested, quit, abandoned, exited;
    size_t at; /* the path being asked */
    size_t n;
    char *root;
    char **paths;
    bool *stuck; /* left out: another thread still waits for it */
    struct fs_probe_result *results;
};

struct fs_probe {
    fs_probe_ask_fn *ask; /* in place of the kernel; or NULL */
    char *root;           /* NULL: our own */
    size_t n;
    char **paths;
    struct worker *worker; /* NULL: to be started */
    struct {
        struct worker *worker;
        char *path;
    } stuck[LIMIT_STUCK_MOUNTS];
    size_t n_stuck;
};

/* Opening by O_PATH asks nothing of the file system but the names on the way. */
static int open_path(const char *root, const char *path)
{
    if (root) {
        return file_open_in_root(root, path, O_PATH);
    }
    int fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void ask_kernel(const char *root, const char *path, struct fs_probe_result *ret)
{
    struct statvfs fs;
    struct statx st;
    auto_close int fd = open_path(root, path);
    if (fd < 0) {
        ret->r = fd;
        return;
    }
    if (fstatvfs(fd, &fs) < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) < 0) {
        ret->r = -errno;
        return;
    }
    ret->r = 0;
    ret->size_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
    ret->free_bytes = (uint64_t)fs.f_bfree * fs.f_frsize;
    ret->avail_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    ret->files = fs.f_files;
    ret->files_free = fs.f_ffree;
    ret->major = st.stx_dev_major;
    ret->minor = st.stx_dev_minor;
    ret->below_mount = st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
                       !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static void free_paths(char **paths, size_t n)
{
    for (size_t i = 0; paths && i < n; i++) {
        free(paths[i]);
    }
    free((void *)paths);
}

static char **copy_paths(const char *const *paths, size_t n)
{
    char **copy = calloc(n ? n : 1, sizeof(*copy));
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = str_dup(str_of(paths[i]));
        if (!copy[i]) {
            free_paths(copy, n);
            return NULL;
        }
    }
    return copy;
}

static void worker_destroy(struct worker *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->done);
    free_paths(w->paths, w->n);
    free(w->root);
    free(w->stuck);
    free(w->results);
    free(w);
}

/* Called with the lock held; gives it back. */
static void worker_unref(struct worker *w)
{
    bool last = --w->refs == 0;
    pthread_mutex_unlock(&w->lock);
    if (last) {
        worker_destroy(w);
    }
}

static void ask_all(struct worker *w)
{
    for (size_t i = 0; i < w->n && !w->abandoned; i++) {
        if (w->stuck[i]) {
            continue;
        }
        w->at = i;
        pthread_mutex_unlock(&w->lock);
        struct fs_probe_result result = { .r = -EIO };
        if (w->ask) {
            w->ask(w->paths[i], &result);
        } else {
            ask_kernel(w->root, w->paths[i], &result);
        }
        pthread_mutex_lock(&w->lock);
        if (!w->abandoned) {
            w->results[i] = result;
        }
    }
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->quit && !w->abandoned) {
        if (!w->requested) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        ask_all(w);
        w->requested = false;
        pthread_cond_signal(&w->done);
    }
    w->exited = true;
    worker_unref(w);
    return NULL;
}

static struct worker *worker_new(struct fs_probe *p)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (!w) {
        return NULL;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, &attr);
    pthread_cond_init(&w->done, &attr);
    pthread_condattr_destroy(&attr);
    w->ask = p->ask;
    w->refs = 2;
    w->n = p->n;
    w->root = p->root ? str_dup(str_of(p->root)) : NULL;
    w->paths = copy_paths((const char *const *)p->paths, p->n);
    w->stuck = calloc(p->n ? p->n : 1, sizeof(*w->stuck));
    w->results = calloc(p->n ? p->n : 1, sizeof(*w->results));
    bool copied = w->paths && (w->root || !p->root);
    if (!copied || !w->stuck || !w->results ||
        thread_start_detached(PROBE_STACK_BYTES, worker_main, w) < 0) {
        worker_destroy(w);
        return NULL;
    }
    return w;
}

/* Tells an idle thread to end and waits for nothing: it frees itself. */
static void dismiss(struct fs_probe *p)
{
    struct worker *w = p->worker;
    p->worker = NULL;
    if (w) {
        pthread_mutex_lock(&w->lock);
        w->quit = true;
        pthread_cond_signal(&w->wake);
        worker_unref(w);
    }
}

struct fs_probe *fs_probe_new(void)
{
    return calloc(1, sizeof(struct fs_probe));
}

void fs_probe_set_ask(struct fs_probe *p, fs_probe_ask_fn *ask)
{
    dismiss(p);
    p->ask = ask;
}

int fs_probe_set_root(struct fs_probe *p, const char *root)
{
    char *copy = *root ? str_dup(str_of(root)) : NULL;
    if (*root && !copy) {
        return -ENOMEM;
    }
    dismiss(p);
    free(p->root);
    p->root = copy;
    return 0;
}

void fs_probe_free(struct fs_probe *p)
{
    if (!p) {
        return;
    }
    dismiss(p);
    for (size_t i = 0; i < p->n_stuck; i++) {
        pthread_mutex_lock(&p->stuck[i].worker->lock);
        worker_unref(p->stuck[i].worker);
        free(p->stuck[i].path);
    }
    free_paths(p->paths, p->n);
    free(p->root);
    free(p);
}

static bool has_paths(const struct fs_probe *p, const char *const *paths, size_t n)
{
    bool same = p->paths && p->n == n;
    for (size_t i = 0; same && i < n; i++) {
        same = str_eq_c(str_of(paths[i]), p->paths[i]);
    }
    return same;
}

int fs_probe_set(struct fs_probe *p, const char *const *paths, size_t n)
{
    if (has_paths(p, paths, n)) {
        return 0;
    }
    dismiss(p);
    free_paths(p->paths, p->n);
    p->paths = copy_paths(paths, n);
    p->n = p->paths ? n : 0;
    return p->paths ? 0 : -ENOMEM;
}

/* Lets go of the threads that have come back. */
static void reap(struct fs_probe *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n_stuck; i++) {
        struct worker *w = p->stuck[i].worker;
        pthread_mutex_lock(&w->lock);
        if (w->exited) {
            worker_unref(w);
            free(p->stuck[i].path);
        } else {
            pthread_mutex_unlock(&w->lock);
            p->stuck[kept++] = p->stuck[i];
        }
    }
    p->n_stuck = kept;
}

static bool is_stuck(const struct fs_probe *p, const char *path)
{
    for (size_t i = 0; i < p->n_stuck; i++) {
        if (strcmp(p->stuck[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* Waits for the worker, whose lock is held, until it is done or the time is over. */
static bool wait_done(struct worker *w, unsigned timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + timeout_ms * CLOCK_NS_PER_MS;
    until.tv_sec += (time_t)(ns / CLOCK_NS_PER_SEC);
    until.tv_nsec = (long)(ns % CLOCK_NS_PER_SEC);
    int r = 0;
    while (w->requested && r != ETIMEDOUT) {
        r = pthread_cond_timedwait(&w->done, &w->lock, &until);
    }
    return !w->requested;
}

int fs_probe_run(struct fs_probe *p, unsigned timeout_ms, struct fs_probe_result *ret)
{
    reap(p);
    if (p->n == 0) {
        return 0;
    }
    if (p->n_stuck == LIMIT_STUCK_MOUNTS) {
        return -EBUSY;
    }
    if (!p->worker) {
        p->worker = worker_new(p);
    }
    struct worker *w = p->worker;
    if (!w) {
        return -EAGAIN;
    }
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->n; i++) {
        w->stuck[i] = is_stuck(p, w->paths[i]);
        w->results[i] = (struct fs_probe_result){ .r = -ETIMEDOUT };
    }
    w->requested = true;
    pthread_cond_signal(&w->wake);
    bool done = wait_done(w, timeout_ms);
    memcpy(ret, w->results, w->n * sizeof(*ret));
    if (done) {
        pthread_mutex_unlock(&w->lock);
        return 0;
    }
    w->abandoned = true;
    p->worker = NULL;
    p->stuck[p->n_stuck].path = str_dup(str_of(w->paths[w->at]));
    if (p->stuck[p->n_stuck].path) {
        p->stuck[p->n_stuck++].worker = w;
        pthread_mutex_unlock(&w->lock);
    } else {
        worker_unref(w);
    }
    return 0;
}

int fs_probe_run_all(struct fs_probe *p, uint64_t timeout_ns, struct fs_probe_result *ret)
{
    unsigned slice_ms = (unsigned)(timeout_ns / ROUNDS / CLOCK_NS_PER_MS);
    size_t stuck;
    int r, rounds = 0;
    do {
        stuck = p->n_stuck;
        r = fs_probe_run(p, KG_MAX(slice_ms, 1u), ret);
    } while (r >= 0 && p->n_stuck > stuck && ++rounds < ROUNDS);
    return r;
}

size_t fs_probe_stuck(const struct fs_probe *p)
{
    return p->n_stuck;
}
