#include "collectors/cgroup/devices.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "collectors/scan.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define DEVICE_NAME_MAX 64

struct device {
    uint32_t major, minor;
    char name[DEVICE_NAME_MAX];
    size_t name_len;
};

struct devices {
    const char *sysfs;
    bool seen;
    uint64_t disks_hash; /* of what /proc/diskstats listed when the names were read */
    struct device *list; /* sorted by number */
    size_t n, cap;
};

struct devices *devices_new(const char *sysfs)
{
    struct devices *d = calloc(1, sizeof(*d));
    if (d) {
        d->sysfs = sysfs;
    }
    return d;
}

void devices_free(struct devices *d)
{
    if (d) {
        free(d->list);
        free(d);
    }
}

/* Of numbers and names: a device that came, went or changed its name changes it. */
static uint64_t hash_disks(const struct diskstat *disks, size_t n)
{
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < n; i++) {
        hash = hash_u64(hash, (uint64_t)disks[i].major << 32 | disks[i].minor);
        hash = hash_str(hash, disks[i].name);
    }
    return hash;
}

static bool is_named(struct str name)
{
    return !str_empty(name) && name.p[0] != '.' && name.n + sizeof("/dev/") <= DEVICE_NAME_MAX &&
           !str_starts(name, STR("loop")) && !str_starts(name, STR("ram")) &&
           !str_starts(name, STR("sr"));
}

/* block/NAME/dev is "254:0\n"; block/NAME/hidden is 1 for the paths of a multipath device. */
static bool read_device(int block_fd, const char *name, struct device *ret)
{
    char path[NAME_MAX + 16], text[64];
    struct str s = { 0 };
    uint64_t hidden = 0, major, minor;
    snprintf(path, sizeof(path), "%s/hidden", name);
    if (file_read_u64_at(block_fd, path, &hidden) == 0 && hidden == 1) {
        return false;
    }
    snprintf(path, sizeof(path), "%s/dev", name);
    if (file_read_text_at(block_fd, path, text, sizeof(text), &s) < 0) {
        return false;
    }
    struct scan at = scan_of(s);
    if (!scan_u64(&at, &major) || !scan_char(&at, ':') || !scan_u64(&at, &minor)) {
        return false;
    }
    ret->major = (uint32_t)major;
    ret->minor = (uint32_t)minor;
    int n = snprintf(ret->name, sizeof(ret->name), "/dev/%s", name);
    ret->name_len = (size_t)n;
    for (size_t i = 0; i < ret->name_len; i++) {
        if (ret->name[i] == '!') { /* sysfs cannot have the slash of cciss/c0d0 in a name */
            ret->name[i] = '/';
        }
    }
    return true;
}

static bool add(struct devices *d, const struct device *device)
{
    if (d->n == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 32;
        struct device *list =
            cap > LIMIT_BLOCK_DEVICES ? NULL : reallocarray(d->list, cap, sizeof(*list));
        if (!list) {
            return false;
        }
        d->list = list;
        d->cap = cap;
    }
    d->list[d->n++] = *device;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct device *x = a, *y = b;
    if (x->major != y->major) {
        return x->major < y->major ? -1 : 1;
    }
    return x->minor < y->minor ? -1 : x->minor > y->minor;
}

static void read_names(struct devices *d)
{
    char path[PATH_MAX];
    d->n = 0;
    if (file_join(path, sizeof(path), d->sysfs, "block") < 0) {
        return;
    }
    DIR *dir = opendir(path);
    if (!dir) {
        return;
    }
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        struct device device;
        if (is_named(str_of(entry->d_name)) && read_device(dirfd(dir), entry->d_name, &device) &&
            !add(d, &device)) {
            break;
        }
    }
    closedir(dir);
    if (d->n) {
        qsort(d->list, d->n, sizeof(*d->list), by_number);
    }
}

void devices_refresh(struct devices *d, const struct diskstat *disks, size_t n)
{
    uint64_t hash = hash_disks(disks, n);
    if (d->seen && hash == d->disks_hash) {
        return;
    }
    d->seen = true;
    d->disks_hash = hash;
    read_names(d);
}

struct str devices_name(const struct devices *d, uint32_t major, uint32_t minor)
{
    struct device key = { .major = major, .minor = minor };
    const struct device *found =
        d->n ? bsearch(&key, d->list, d->n, sizeof(*d->list), by_number) : NULL;
    return found ? (struct str){ found->name, found->name_len } : (struct str){ 0 };
}
