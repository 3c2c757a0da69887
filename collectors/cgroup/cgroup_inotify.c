#include "collectors/cgroup/cgroup_inotify.h"

#include "base/limits.h"

#include <sys/inotify.h>
#include <unistd.h>

#define WATCHED (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW)
#define EVENT_BYTES (32 * KIB)

/* A storm of events must not hold the loop: what is left makes the descriptor readable again. */
#define READS_AT_ONCE 8

static struct str key_of(const int *watch)
{
    return (struct str){ (const char *)watch, sizeof(*watch) };
}

void cgroup_inotify_open(struct cgroup_inotify *in)
{
    *in = (struct cgroup_inotify){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
}

void cgroup_inotify_close(struct cgroup_inotify *in)
{
    map_done(&in->by_wd, NULL);
    if (in->fd >= 0) {
        close(in->fd);
    }
    in->fd = -1;
}

int cgroup_inotify_add(struct cgroup_inotify *in, const char *path, void *owner)
{
    if (in->fd < 0) {
        return -EBADF;
    }
    int watch = inotify_add_watch(in->fd, path, WATCHED);
    if (watch < 0) {
        return -errno;
    }
    int r = map_put(&in->by_wd, key_of(&watch), owner, NULL);
    if (r < 0) {
        inotify_rm_watch(in->fd, watch);
        return r;
    }
    return watch;
}

void cgroup_inotify_remove(struct cgroup_inotify *in, int watch)
{
    if (watch >= 0 && map_remove(&in->by_wd, key_of(&watch))) {
        inotify_rm_watch(in->fd, watch);
    }
}

static void take_one(struct cgroup_inotify *in, const struct inotify_event *e,
                     void (*take)(void *, enum cgroup_event, void *, struct str), void *arg)
{
    if (e->mask & IN_Q_OVERFLOW) {
        take(arg, CGROUP_EVENT_OVERFLOW, NULL, STR(""));
        return;
    }
    void *owner = map_get(&in->by_wd, key_of(&e->wd));
    if (!owner) {
        return;
    }
    if (e->mask & IN_IGNORED) {
        map_remove(&in->by_wd, key_of(&e->wd));
        take(arg, CGROUP_EVENT_UNWATCHED, owner, STR(""));
    } else if (e->mask & IN_ISDIR) {
        bool made = e->mask & (IN_CREATE | IN_MOVED_TO);
        struct str name = { e->name, e->len ? strnlen(e->name, e->len) : 0 };
        take(arg, made ? CGROUP_EVENT_MADE : CGROUP_EVENT_REMOVED, owner, name);
    }
}

void cgroup_inotify_take(struct cgroup_inotify *in,
                         void (*take)(void *arg, enum cgroup_event event, void *owner,
                                      struct str name),
                         void *arg)
{
    if (in->fd < 0) {
        return;
    }
    _Alignas(struct inotify_event) char events[EVENT_BYTES];
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t n = read(in->fd, events, sizeof(events));
        if (n <= 0) {
            return;
        }
        for (size_t at = 0; at + sizeof(struct inotify_event) <= (size_t)n;) {
            const struct inotify_event *e = (const void *)(events + at);
            take_one(in, e, take, arg);
            at += sizeof(*e) + e->len;
        }
    }
}
