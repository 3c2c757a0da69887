/* devices.h — names of block devices by number, from sysfs.
 * Uses: base.  Threads: the node loop.  Owner: the cgroup reader. */
#ifndef KG_COLLECTORS_CGROUP_DEVICES_H
#define KG_COLLECTORS_CGROUP_DEVICES_H

#include "collectors/proc/proc_parse.h"

struct devices;

/* NULL when out of memory. sysfs is borrowed. */
struct devices *devices_new(const char *sysfs);
void devices_free(struct devices *d);

/* Reads /sys/block anew if the n disks of /proc/diskstats are others than at the last call. At most
 * LIMIT_BLOCK_DEVICES names are kept; a folder that cannot be read leaves no names. */
void devices_refresh(struct devices *d, const struct diskstat *disks, size_t n);

/* "/dev/vda", or the empty text for a number that is not named there: loop, ram and sr devices and
 * hidden ones are left out, as the peer does. Valid until the next refresh. */
struct str devices_name(const struct devices *d, uint32_t major, uint32_t minor);

#endif
