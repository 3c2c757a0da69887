/* fuse_mount.h — a FUSE file system of one empty folder, which may stop answering statfs.
 * Uses: libc, /dev/fuse, mount(2).  Threads: one of its own.  Owner: each test. */
#ifndef KG_TESTS_COLLECTORS_FUSE_MOUNT_H
#define KG_TESTS_COLLECTORS_FUSE_MOUNT_H

#include "base/defs.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

struct fuse_mount {
    int fd;
    pthread_t thread;
    atomic_bool hang, end;
    atomic_uint_fast64_t waiting; /* a request that is not answered; 0: none */
};

static inline void fuse_mount_reply(const struct fuse_mount *m, uint64_t unique, int error,
                                    const void *body, size_t n)
{
    char out[256];
    struct fuse_out_header head = { (uint32_t)(sizeof(head) + n), error, unique };
    memcpy(out, &head, sizeof(head));
    if (n) {
        memcpy(out + sizeof(head), body, n);
    }
    (void)!write(m->fd, out, head.len);
}

static inline void fuse_mount_answer(struct fuse_mount *m, const struct fuse_in_header *in)
{
    const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
                                        .minor = 31,
                                        .max_write = 4096 };
    const struct fuse_statfs_out statfs = { .st = { .blocks = 900,
                                                    .bfree = 400,
                                                    .bavail = 300,
                                                    .files = 50,
                                                    .ffree = 20,
                                                    .bsize = 4096,
                                                    .frsize = 1024,
                                                    .namelen = 255 } };
    if (in->opcode == FUSE_INIT) {
        fuse_mount_reply(m, in->unique, 0, &init, sizeof(init));
    } else if (in->opcode == FUSE_STATFS && atomic_load(&m->hang)) {
        atomic_store(&m->waiting, in->unique);
    } else if (in->opcode == FUSE_STATFS) {
        fuse_mount_reply(m, in->unique, 0, &statfs, sizeof(statfs));
    } else if (in->opcode != FUSE_FORGET && in->opcode != FUSE_INTERRUPT) {
        fuse_mount_reply(m, in->unique, -ENOSYS, NULL, 0);
    }
}

static inline void *fuse_mount_main(void *arg)
{
    struct fuse_mount *m = arg;
    static char request[65536];
    while (!atomic_load(&m->end)) {
        struct pollfd p = { .fd = m->fd, .events = POLLIN };
        if (poll(&p, 1, 20) > 0 && read(m->fd, request, sizeof(request)) > 0) {
            struct fuse_in_header in;
            memcpy(&in, request, sizeof(in));
            fuse_mount_answer(m, &in);
        }
        uint64_t waiting = atomic_load(&m->waiting);
        if (waiting && !atomic_load(&m->hang)) {
            atomic_store(&m->waiting, 0);
            fuse_mount_reply(m, waiting, -EIO, NULL, 0);
        }
    }
    return NULL;
}

/* Says false, with errno, where FUSE cannot be mounted. */
static inline bool fuse_mount_start(struct fuse_mount *m, const char *path)
{
    char options[128];
    m->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (m->fd < 0) {
        return false;
    }
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", m->fd);
    if (mount("kubegauge-test", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        close(m->fd);
        return false;
    }
    return pthread_create(&m->thread, NULL, fuse_mount_main, m) == 0;
}

/* Ends the server as if it died: whoever waits gets ENOTCONN. The mount stays. */
static inline void fuse_mount_die(struct fuse_mount *m)
{
    atomic_store(&m->end, true);
    pthread_join(m->thread, NULL);
    close(m->fd);
}

#endif
