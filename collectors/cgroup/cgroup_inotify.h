/* cgroup_inotify.h — watches on folders, each for an owner that is found again by the event.
 * Uses: base.  Threads: the node loop.  Owner: the tree. */
#ifndef KG_COLLECTORS_CGROUP_INOTIFY_H
#define KG_COLLECTORS_CGROUP_INOTIFY_H

#include "base/map.h"

struct cgroup_inotify {
    int fd;           /* -1: inotify is not to be had */
    struct map by_wd; /* watch descriptor, as bytes, to its owner */
};

/* What happened in a watched folder. */
enum cgroup_event {
    CGROUP_EVENT_MADE,
    CGROUP_EVENT_REMOVED,
    CGROUP_EVENT_UNWATCHED, /* the kernel dropped the watch; it is forgotten here already */
    CGROUP_EVENT_OVERFLOW,  /* events were lost; owner is NULL */
};

/* Without inotify (no more instances) fd is -1 and every add fails. */
void cgroup_inotify_open(struct cgroup_inotify *in);
void cgroup_inotify_close(struct cgroup_inotify *in);

/* Watches folders coming and going in path, for owner. Returns the watch. Errors: -ENOSPC no more
 * watches for this user · -ENOENT · others of inotify_add_watch · -ENOMEM · -EBADF no inotify. */
int cgroup_inotify_add(struct cgroup_inotify *in, const char *path, void *owner);

/* Drops a watch; a negative one is left alone. Events of it that still wait are ignored. A cgroup
 * that was removed needs it too: kernfs does not drop its watches. */
void cgroup_inotify_remove(struct cgroup_inotify *in, int watch);

/* Takes the events that wait, each once through take(); name is the folder's, empty where there is
 * none. take may add and remove watches. */
void cgroup_inotify_take(struct cgroup_inotify *in,
                         void (*take)(void *arg, enum cgroup_event event, void *owner,
                                      struct str name),
                         void *arg);

#endif
