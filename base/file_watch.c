#include "base/file_watch.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |       \
     IN_MOVE_SELF | IN_ONLYDIR)

#define HASH_BITS UINT64_C(0xffffffffffff)

/* What cannot be read counts as missing. */
static bool read_file(struct file_watch_entry *f)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    bool exists = file_read(AT_FDCWD, f->path, &text, NULL) >= 0;
    uint64_t hash = exists ? hash_str(HASH_START, buf_str(&text)) : 0;
    bool same = exists == f->exists && hash == f->hash;
    f->exists = exists;
    f->hash = hash;
    return !same;
}

static void watch_folder(struct file_watch *w, struct file_watch_entry *f)
{
    char folder[PATH_MAX] = ".";
    ssize_t slash = str_rfind(str_of(f->path), '/');
    struct str name = slash > 0 ? str_head(str_of(f->path), (size_t)slash) : STR("/");
    if (w->fd < 0 || (slash >= 0 && str_copy(folder, sizeof(folder), name) < 0)) {
        return;
    }
    f->folder = inotify_add_watch(w->fd, folder, EVENTS);
}

void file_watch_init(struct file_watch *w)
{
    *w = (struct file_watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
}

void file_watch_done(struct file_watch *w)
{
    if (w->fd >= 0) {
        close(w->fd);
    }
    *w = (struct file_watch){ .fd = -1 };
}

int file_watch_add(struct file_watch *w, const char *path)
{
    if (w->n == FILE_WATCH_MAX) {
        return -ENOSPC;
    }
    struct file_watch_entry *f = &w->files[w->n];
    *f = (struct file_watch_entry){ .path = path, .folder = -1 };
    watch_folder(w, f);
    read_file(f);
    return (int)w->n++;
}

static void drain(const struct file_watch *w)
{
    char events[4096];
    ssize_t n = 1;
    while (w->fd >= 0 && n > 0) {
        n = read(w->fd, events, sizeof(events));
    }
}

unsigned file_watch_look(struct file_watch *w)
{
    unsigned changed = 0;
    drain(w);
    for (size_t i = 0; i < w->n; i++) {
        /* Anew each time: the folder may have come, or be another one of the same name. */
        watch_folder(w, &w->files[i]);
        changed |= (unsigned)read_file(&w->files[i]) << i;
    }
    return changed;
}

uint64_t file_watch_hash(const struct file_watch *w, size_t index)
{
    return w->files[index].hash & HASH_BITS;
}
