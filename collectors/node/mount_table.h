/* mount_table.h — the text of /proc/PID/mountinfo as a list of mounts.
 * Uses: base, collectors/node/node_file.  Threads: any.  Owner: the collector filesystem. */
#ifndef KG_COLLECTORS_MOUNT_TABLE_H
#define KG_COLLECTORS_MOUNT_TABLE_H

#include "collectors/node/node_file.h"

struct mount {
    struct str device, mountpoint, fstype, major, minor;
    const char *path; /* of the mount point, from here */
    bool readonly;    /* the mount or the file system */
};

/* Which mounts are taken, and where they are seen. */
struct mount_rules {
    const struct node_filter *mounts, *types;
    const char *rootfs; /* where the machine's root is mounted: "/", or "/host" in a container */
};

/* Shape: "23 27 8:1 / /home rw,relatime shared:7 - ext4 /dev/sda1 rw,errors=remount-ro"; the
 * optional fields before the dash are any number. Sets *ret_list, in mem, with one mount for each
 * mount point, device and type, LIMIT_FILESYSTEMS at most. Returns 0, or 1 with err set when
 * there are more. Errors: -EBADMSG a line is malformed · -ENAMETOOLONG · -ENOMEM.
 * Source: proc_pid_mountinfo(5). */
int mount_table_parse(struct str text, const struct mount_rules *rules, struct arena *mem,
                      struct mount **ret_list, size_t *ret_n, struct err *err);

#endif
