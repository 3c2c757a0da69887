#include "collectors/node/node_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct entry {
    char *name;
    uint64_t inode; /* of the link */
    int fds[];      /* of each file; -1: not open */
};

struct node_kept {
    const char *const *files;
    size_t n_files;
    int dirfd;
    size_t n;
    struct entry **entries; /* sorted by name, as node_dir_names has them */
    size_t n_open;
};

struct node_kept *node_kept_new(const char *const *files, size_t n)
{
    struct node_kept *k = calloc(1, sizeof(*k));
    if (k) {
        k->files = files;
        k->n_files = n;
    }
    return k;
}

static void entry_close(struct node_kept *k, struct entry *e)
{
    for (size_t i = 0; i < k->n_files; i++) {
        if (e->fds[i] >= 0) {
            close(e->fds[i]);
            e->fds[i] = -1;
            k->n_open--;
        }
    }
}

static void entry_free(struct node_kept *k, struct entry *e)
{
    if (e) {
        entry_close(k, e);
        free(e->name);
        free(e);
    }
}

void node_kept_free(struct node_kept *k)
{
    if (!k) {
        return;
    }
    for (size_t i = 0; i < k->n; i++) {
        entry_free(k, k->entries[i]);
    }
    free(k->entries);
    free(k);
}

static struct entry *entry_new(const struct node_kept *k, struct str name)
{
    struct entry *e = calloc(1, sizeof(*e) + k->n_files * sizeof(e->fds[0]));
    if (e) {
        e->name = strndup(name.p, name.n);
    }
    if (!e || !e->name) {
        free(e);
        return NULL;
    }
    for (size_t i = 0; i < k->n_files; i++) {
        e->fds[i] = -1;
    }
    return e;
}

/* 0: nothing may be kept. */
static uint64_t inode_of(int dirfd, const char *name)
{
    struct stat st;
    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

/* The entry of this name, taken out of the old list from *at on; NULL when there is none. */
static struct entry *take(struct node_kept *k, size_t *at, struct str name)
{
    for (; *at < k->n; (*at)++) {
        struct entry *e = k->entries[*at];
        int order = str_cmp(str_of(e->name), name);
        if (order > 0) {
            return NULL;
        }
        k->entries[*at] = NULL;
        if (order == 0) {
            (*at)++;
            return e;
        }
        entry_free(k, e);
    }
    return NULL;
}

static int update(struct node_kept *k, const struct str *names, size_t n)
{
    struct statfs fs;
    bool keep = fstatfs(k->dirfd, &fs) == 0 && fs.f_type == SYSFS_MAGIC;
    struct entry **entries = calloc(n ? n : 1, sizeof(struct entry *));
    size_t at = 0, made = 0;
    for (; entries && made < n; made++) {
        struct entry *e = take(k, &at, names[made]);
        e = e ? e : entry_new(k, names[made]);
        if (!e) {
            break;
        }
        uint64_t inode = keep ? inode_of(k->dirfd, e->name) : 0;
        if (inode != e->inode) {
            entry_close(k, e);
            e->inode = inode;
        }
        entries[made] = e;
    }
    for (; at < k->n; at++) {
        entry_free(k, k->entries[at]);
    }
    free(k->entries);
    k->entries = entries;
    k->n = made;
    return made == n && entries ? 0 : -ENOMEM;
}

int node_kept_names(struct node_kept *k, int dirfd, struct arena *mem, struct str **ret_names,
                    size_t *ret_n)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, mem, &names, &n);
    k->dirfd = dirfd;
    r = r < 0 ? r : update(k, names, n);
    if (r >= 0) {
        *ret_names = names;
        *ret_n = n;
    }
    return r;
}

int node_kept_line(struct node_kept *k, size_t entry, size_t file, char *out, size_t size,
                   struct str *ret)
{
    struct entry *e = k->entries[entry];
    char path[512];
    struct str text = { 0 };
    int fd = e->fds[file];
    if (fd < 0) {
        int n = snprintf(path, sizeof(path), "%s/%s", e->name, k->files[file]);
        if (n < 0 || (size_t)n >= sizeof(path)) {
            return -ENAMETOOLONG;
        }
        fd = file_open_read_at(k->dirfd, path);
        if (fd < 0) {
            return fd;
        }
    }
    int r = file_pread_text(fd, out, size, &text);
    /* ENODEV: the device is gone. */
    bool keep =
        e->inode && r != -ENODEV && (e->fds[file] >= 0 || k->n_open < LIMIT_NODE_KEPT_FILES);
    k->n_open += keep && e->fds[file] < 0;
    k->n_open -= !keep && e->fds[file] >= 0;
    e->fds[file] = keep ? fd : -1;
    if (!keep) {
        close(fd);
    }
    if (r >= 0) {
        *ret = str_trim(text);
    }
    return r;
}

size_t node_kept_open(const struct node_kept *k)
{
    return k->n_open;
}
