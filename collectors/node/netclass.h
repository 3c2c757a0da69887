/* netclass.h — what the collector netclass knows of an interface, and its two sources.
 * Uses: collectors/node/node_kept, collectors/proc/links.  Threads: the collector's.
 * Owner: the collector netclass. */
#ifndef KG_COLLECTORS_NETCLASS_H
#define KG_COLLECTORS_NETCLASS_H

#include "collectors/node/node_kept.h"
#include "collectors/proc/links.h"

/* Numbers, as of the file of each in sysfs; then files that are texts. */
enum {
    NETCLASS_ASSIGN,
    NETCLASS_CARRIER,
    NETCLASS_CHANGES,
    NETCLASS_DOWN_COUNT,
    NETCLASS_UP_COUNT,
    NETCLASS_DEV_ID,
    NETCLASS_DORMANT,
    NETCLASS_FLAGS,
    NETCLASS_INDEX,
    NETCLASS_BELOW,
    NETCLASS_LINK_MODE,
    NETCLASS_MTU,
    NETCLASS_NAME_ASSIGN,
    NETCLASS_GROUP,
    NETCLASS_TYPE,
    NETCLASS_SPEED,
    NETCLASS_QUEUE,
    NETCLASS_NUMBERS,
    NETCLASS_ADDRESS = NETCLASS_NUMBERS,
    NETCLASS_BROADCAST,
    NETCLASS_DUPLEX,
    NETCLASS_OPERSTATE,
    NETCLASS_IFALIAS,
    NETCLASS_FILES,
};

#define HAS(number) (UINT64_C(1) << NETCLASS_##number)

struct netclass_sample {
    uint64_t present; /* HAS(…) */
    struct str device;
    int64_t v[NETCLASS_NUMBERS];
    struct str address, broadcast, duplex, ifalias, operstate;
};

extern const struct collector collector_netclass;
extern const char *const netclass_files[NETCLASS_FILES];

struct netclass_known; /* netclass_links.c */

struct netclass {
    int dirfd; /* of class/net */
    struct node_kept *kept;
    struct node_filter filter;
    bool ignore_speed;
    const char *procfs;

    struct links *links;          /* NULL: not opened, or not to be had */
    unsigned links_refused;       /* how often in a row it did not fit to sysfs, or failed */
    struct netclass_known *known; /* of each link: what netlink does not tell and seldom changes */
    size_t n_known;
};

/* Adds a sample with these values to the sink. Errors: -ENOMEM. */
int netclass_add(const struct netclass *n, const struct netclass_sample *values,
                 struct metric_sink *sink, struct err *err);

/* netclass_files.c: reads all interfaces from sysfs. */
int netclass_read_files(struct netclass *n, struct metric_sink *sink, struct err *err);

/* A number of a file: "1500", or "0x1003". Errors: -EBADMSG · as node_kept_line. */
int netclass_number(const struct netclass *n, size_t entry, size_t file, int64_t *ret);
/* A text of a file, in mem; empty when it cannot be read. Errors: -ENOMEM. */
int netclass_text(const struct netclass *n, size_t entry, size_t file, struct arena *mem,
                  struct str *ret);

/* netclass_links.c: the same by rtnetlink, as far as it goes. Errors: -ENODATA: it cannot be asked,
 * or tells of other interfaces than sysfs; nothing was added · -ENOMEM. */
int netclass_read_links(struct netclass *n, struct metric_sink *sink, struct err *err);
void netclass_links_stop(struct netclass *n);

#endif
