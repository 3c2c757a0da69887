/* node_kept.h — small files of the entries of a folder of sysfs ("eth0/mtu" of class/net), kept
 * open from one reading to the next: opening costs three times what reading does.
 * Uses: base, collectors/node/node_file.  Threads: the collector's.  Owner: each collector.
 *
 * A descriptor follows its device through a change of name, so the link's inode, which follows it
 * as well, tells whether a name is still the same device's. Elsewhere than in sysfs, where a file
 * may be another one under the same name, nothing is kept. The kernel keeps a page an open file: no
 * more than LIMIT_NODE_KEPT_FILES are. */
#ifndef KG_COLLECTORS_NODE_KEPT_H
#define KG_COLLECTORS_NODE_KEPT_H

#include "collectors/node/node_file.h"

struct node_kept;

/* files: paths below each entry, n of them; borrowed. NULL when out of memory. */
struct node_kept *node_kept_new(const char *const *files, size_t n);
void node_kept_free(struct node_kept *k); /* NULL is allowed */

/* As node_dir_names; the entries below are those of this call. Closes what is not there any more.
 * dirfd: open as long as the entries are read. Errors: as there. */
int node_kept_names(struct node_kept *k, int dirfd, struct arena *mem, struct str **ret_names,
                    size_t *ret_n);

/* As node_line_at of file number `file` of entry number `entry`. */
int node_kept_line(struct node_kept *k, size_t entry, size_t file, char *out, size_t size,
                   struct str *ret);

/* Descriptors that are open now. */
size_t node_kept_open(const struct node_kept *k);

#endif
