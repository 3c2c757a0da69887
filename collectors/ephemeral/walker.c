#include "collectors/ephemeral/walker.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/thread.h"
#include "collectors/ephemeral/folders.h"
#include "collectors/ephemeral/pace.h"
#include "collectors/ephemeral/project_quota.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * KIB)
#define PUBLISH_NS CLOCK_NS_PER_SEC
#define LEAVE_NS (2 * CLOCK_NS_PER_SEC)

/* From linux/ioprio.h, which libc has no part of. */
#define IOPRIO_WHO_THREAD 1
#define IOPRIO_IDLE (3 << 13)

struct ephemeral_walker {
    struct pace pace;
    struct snapshot_cell cell;
    atomic_ullong walks, quotas, inexact, walked_ns;

    pthread_mutex_t lock;
    pthread_cond_t left;
    unsigned refs; /* the owner and the thread */
    bool ended;

    /* Of the thread. */
    struct ephemeral_places places;
    const struct project_quota_calls *quota;
    uint64_t interval_ns;
    int root_fd;
    struct ephemeral_folders folders;
    size_t at;           /* in the queue */
    bool changed;        /* something is known that is not published */
    uint64_t search_ns;  /* of the next search */
    uint64_t publish_ns; /* not again before */
};

static void places_done(struct ephemeral_places *p)
{
    char *const all[] = {
        p->rootfs, p->procfs, p->kubelet, p->pod_logs, p->cgroupfs, p->cgroup_root
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        free(all[i]);
    }
}

static void walker_destroy(struct ephemeral_walker *w)
{
    ephemeral_folders_done(&w->folders);
    snapshot_cell_done(&w->cell);
    pace_done(&w->pace);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->left);
    places_done(&w->places);
    kg_close_cleanup(&w->root_fd);
    free(w);
}

/* Called with the lock held; gives it back. */
static void unref(struct ephemeral_walker *w)
{
    bool last = --w->refs == 0;
    pthread_mutex_unlock(&w->lock);
    if (last) {
        walker_destroy(w);
    }
}

/* What the quota of the folder says; -ENODATA and others: it is to be walked. */
static int ask_quota(const struct ephemeral_walker *w, int fd, struct disk_usage *ret)
{
    auto_close int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_close int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 || above < 0 ? -ENODATA : project_quota_usage(w->quota, dir, above, ret);
}

static int count(struct ephemeral_walker *w, struct str path, struct disk_usage *ret)
{
    auto_close int fd = ephemeral_open(w->root_fd, path, O_PATH | O_NOFOLLOW);
    if (fd < 0) {
        return fd;
    }
    if (ask_quota(w, fd, ret) == 0) {
        w->quotas++;
        return 0;
    }
    uint64_t began = clock_mono_ns();
    int r = disk_usage_walk(fd, pace_step, &w->pace, ret);
    w->walked_ns += clock_mono_ns() - began;
    w->walks++;
    w->inexact += r == 0 && ret->inexact;
    return r;
}

static void measure(struct ephemeral_walker *w, struct ephemeral_folder *folder)
{
    struct disk_usage usage;
    int r = count(w, folder->path, &usage);
    if (r == -ECANCELED) {
        return;
    }
    folder->tried_ns = clock_mono_ns();
    folder->item.state = r < 0 ? EPHEMERAL_FAILED : EPHEMERAL_MEASURED;
    if (r == 0) {
        folder->item.usage = usage;
        folder->item.measured_ns = folder->tried_ns;
    }
    w->changed = true;
}

/* Out of memory: what was published before stays, and its age grows. */
static void publish(struct ephemeral_walker *w, uint64_t now_ns)
{
    struct ephemeral_known *known = ephemeral_folders_known(&w->folders);
    if (known) {
        snapshot_cell_publish(&w->cell, &known->snapshot);
        w->changed = false;
    }
    w->publish_ns = now_ns + PUBLISH_NS;
}

/* Does what is due, and returns when the next is. */
static uint64_t turn(struct ephemeral_walker *w)
{
    uint64_t now = clock_mono_ns();
    if (now >= w->search_ns) {
        int r = ephemeral_folders_search(&w->folders, &w->places, w->root_fd);
        w->search_ns = now + w->interval_ns;
        w->at = 0;
        w->changed = true;
        if (r < 0) {
            err_set(&w->folders.fault, -r, "ephemeral storage: out of memory");
        }
    }
    uint64_t next = w->search_ns;
    if (w->at < w->folders.n_queue) {
        struct ephemeral_folder *folder = w->folders.queue[w->at];
        uint64_t due = folder->tried_ns ? folder->tried_ns + w->interval_ns : now;
        if (due <= now) {
            measure(w, folder);
            w->at++;
            next = now;
        } else {
            next = KG_MIN(next, due);
        }
    }
    if (w->changed && (next > now || now >= w->publish_ns)) {
        publish(w, now);
    }
    return next;
}

static void *thread_main(void *arg)
{
    struct ephemeral_walker *w = arg;
    pthread_setname_np(pthread_self(), "ephemeral");
    /* What others do comes first; where that cannot be said, the budget is what holds. */
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_THREAD, 0, IOPRIO_IDLE);
    bool more = true;
    while (more) {
        uint64_t next = turn(w);
        more = next > clock_mono_ns() ? pace_sleep(&w->pace, next) : !w->pace.stop;
    }
    pthread_mutex_lock(&w->lock);
    w->ended = true;
    pthread_cond_signal(&w->left);
    unref(w);
    return NULL;
}

static int copy_places(const struct ephemeral_places *from, struct ephemeral_places *to)
{
    *to = (struct ephemeral_places){
        .rootfs = str_dup(str_of(from->rootfs)),
        .procfs = str_dup(str_of(from->procfs)),
        .kubelet = str_dup(str_of(from->kubelet)),
        .pod_logs = str_dup(str_of(from->pod_logs)),
        .cgroupfs = str_dup(str_of(from->cgroupfs)),
        .cgroup_root = str_dup(str_of(from->cgroup_root)),
    };
    return to->rootfs && to->procfs && to->kubelet && to->pod_logs && to->cgroupfs &&
                   to->cgroup_root
               ? 0
               : -ENOMEM;
}

/* The parts that cannot be undone one by one: locks, conditions, the cell. */
static int walker_init(struct ephemeral_walker *w, uint64_t files_per_second)
{
    pthread_condattr_t attr;
    int r = pace_init(&w->pace, files_per_second);
    if (r < 0) {
        return r;
    }
    r = snapshot_cell_init(&w->cell);
    if (r < 0) {
        pace_done(&w->pace);
        return r;
    }
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->left, &attr);
    pthread_condattr_destroy(&attr);
    return 0;
}

struct ephemeral_walker *ephemeral_walker_new(const struct ephemeral_config *config,
                                              struct err *err)
{
    struct ephemeral_walker *w = calloc(1, sizeof(*w));
    if (!w || walker_init(w, config->files_per_second) < 0) {
        free(w);
        err_set(err, ENOMEM, "ephemeral storage: out of memory");
        return NULL;
    }
    w->refs = 2;
    w->quota = config->quota ? config->quota : &project_quota_kernel;
    w->interval_ns = config->interval_ns;
    w->root_fd = file_open_dir_at(AT_FDCWD, config->places.rootfs);
    int r = w->root_fd < 0 ? w->root_fd : copy_places(&config->places, &w->places);
    r = r < 0 ? r : thread_start_detached(STACK_BYTES, thread_main, w);
    if (r < 0) {
        err_set_errno(err, -r, "ephemeral storage: starting the walker on %s",
                      config->places.rootfs);
        walker_destroy(w);
        return NULL;
    }
    return w;
}

void ephemeral_walker_free(struct ephemeral_walker *w)
{
    if (!w) {
        return;
    }
    pace_stop(&w->pace);
    uint64_t until_ns = clock_mono_ns() + LEAVE_NS;
    const struct timespec until = { .tv_sec = (time_t)(until_ns / CLOCK_NS_PER_SEC),
                                    .tv_nsec = (long)(until_ns % CLOCK_NS_PER_SEC) };
    pthread_mutex_lock(&w->lock);
    int r = 0;
    while (!w->ended && r == 0) {
        r = pthread_cond_timedwait(&w->left, &w->lock, &until);
    }
    unref(w);
}

struct ephemeral_known *ephemeral_walker_acquire(struct ephemeral_walker *w)
{
    struct snapshot *s = snapshot_cell_acquire(&w->cell);
    return s ? KG_CONTAINER_OF(s, struct ephemeral_known, snapshot) : NULL;
}

struct ephemeral_counts ephemeral_walker_counts(struct ephemeral_walker *w)
{
    return (struct ephemeral_counts){
        .looks = w->pace.looks,
        .walks = w->walks,
        .quotas = w->quotas,
        .inexact = w->inexact,
        .walked_ns = w->walked_ns,
        .worked_ns = w->pace.worked_ns,
    };
}
