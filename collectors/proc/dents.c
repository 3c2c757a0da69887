#include "collectors/proc/dents.h"

#include <sys/syscall.h>
#include <unistd.h>

void dents_init(struct dents *d, int fd)
{
    d->fd = fd;
    d->n = d->at = 0;
}

const char *dents_next(struct dents *d, int *ret)
{
    for (;;) {
        if (d->at >= d->n) {
            d->n = syscall(SYS_getdents64, d->fd, d->buffer.bytes, sizeof(d->buffer.bytes));
            d->at = 0;
            if (d->n <= 0) {
                *ret = d->n < 0 ? -errno : 0;
                d->n = 0;
                return NULL;
            }
        }
        const struct dirent64 *entry = (const struct dirent64 *)(void *)(d->buffer.bytes + d->at);
        d->at += entry->d_reclen;
        if (entry->d_name[0] != '.') {
            return entry->d_name;
        }
    }
}
