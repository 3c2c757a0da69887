/* file_watch.h — tells when the content of a few files changes, however it is exchanged.
 * Uses: file, libc.  Threads: one at a time.  Owner: the struct's holder, by file_watch_done.
 *
 * Each file's folder is watched by inotify, because files are renamed into place, and a ConfigMap's
 * are links through another link (..data) that is exchanged. A notice is only a hint: what counts
 * is the content. Where inotify gives none (another file system, a link to elsewhere) a look now
 * and then finds the change. */
#ifndef KG_BASE_FILE_WATCH_H
#define KG_BASE_FILE_WATCH_H

#include "base/defs.h"

#define FILE_WATCH_MAX 4

struct file_watch {
    int fd; /* readable when something happened; negative: there is no inotify */
    size_t n;
    struct file_watch_entry {
        const char *path; /* borrowed */
        int folder;       /* inotify's number of it; negative: it could not be watched yet */
        bool exists;
        uint64_t hash;
    } files[FILE_WATCH_MAX];
};

/* Without a file as yet. Where there is no inotify, only looks find changes. */
void file_watch_init(struct file_watch *w);

/* Closes what it has open; the struct may be initialised again. */
void file_watch_done(struct file_watch *w);

/* Adds a file, which may be missing, as it is now. path is borrowed. Returns its index, or -ENOSPC.
 */
int file_watch_add(struct file_watch *w, const char *path);

/* Takes what inotify has to tell and reads the files. Returns a bit for each whose content is
 * another than at the last look, or which came or went. */
unsigned file_watch_look(struct file_watch *w);

/* A number of 48 bits that stands for the content (0: the file is missing), so that it fits into a
 * double. */
uint64_t file_watch_hash(const struct file_watch *w, size_t index);

#endif
