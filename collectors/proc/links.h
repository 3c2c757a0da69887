/* links.h — the machine's network interfaces by rtnetlink: one question, where sysfs has a score of
 * files for each.
 * Uses: base.  Threads: one at a time per struct links.  Owner: the collector netclass.
 *
 * Netlink tells of the network namespace that the process is in, and of no other. */
#ifndef KG_COLLECTORS_LINKS_H
#define KG_COLLECTORS_LINKS_H

#include "base/err.h"
#include "base/str.h"

#include <linux/if.h>
#include <linux/netdevice.h>
#include <stdbool.h>

/* What of a link the kernel has told; what is not here it always tells. */
enum {
    LINK_CARRIER = 1 << 0,
    LINK_CHANGES = 1 << 1,
    LINK_DOWN_COUNT = 1 << 2, /* Linux 4.16 */
    LINK_UP_COUNT = 1 << 3,   /* the same */
    LINK_GROUP = 1 << 4,
    LINK_MODE = 1 << 5,
    LINK_MTU = 1 << 6,
    LINK_QUEUE = 1 << 7,
    LINK_OPERSTATE = 1 << 8,
    LINK_PROMISCUOUS = 1 << 9,
    LINK_ALLMULTI = 1 << 10, /* Linux 6.0 */
};

struct link {
    unsigned present;
    char name[IFNAMSIZ];
    uint32_t index, below; /* below: of the interface that it stands on, else its own */
    uint32_t flags;        /* IFF_*, as of dev_get_flags: with RUNNING, LOWER_UP and DORMANT, and
                              PROMISC and ALLMULTI only as somebody has asked for them */
    uint32_t promiscuous, allmulti; /* how many ask for them */
    uint32_t carrier, changes, down_count, up_count;
    uint32_t group, mode, mtu, queue, operstate, type;
    unsigned char address[MAX_ADDR_LEN], broadcast[MAX_ADDR_LEN];
    uint8_t address_n, broadcast_n;
    char alias[IFALIASZ]; /* empty: none */
};

struct link_list {
    struct link *at;
    size_t n, cap;
};

struct links;

/* procfs: whose process 1 must be in our network namespace. NULL on error. Errors: -ENODATA it is
 * not, or cannot be looked at · -ENOMEM · those of socket(2) and bind(2). */
struct links *links_open(const char *procfs, struct err *err);
void links_close(struct links *l); /* NULL is allowed */

/* Whether anything about a link, its numbers of packets aside, may have changed since this was
 * asked before. */
bool links_changed(struct links *l);

/* All links, sorted by name; valid until the next call. Errors: -E2BIG beyond LIMIT_NET_INTERFACES
 * · -EAGAIN they changed again and again while they were listed · -EBADMSG · -ENOMEM · those of
 * send(2), recv(2) and of the kernel's answer. */
int links_list(struct links *l, const struct link **ret, size_t *ret_n, struct err *err);

/* Adds the links of a part of the kernel's answer to the list, which grows as it must.
 * Shape:  struct nlmsghdr, struct ifinfomsg, attributes; again and again.
 * Sets:   *ret_intr when the list may have changed meanwhile, else leaves it.
 * Returns 1 when more is to come, 0 at the end. Errors: -EBADMSG · -E2BIG · -ENOMEM · the kernel's.
 * Source: rtnetlink(7), linux/if_link.h. */
int links_parse(const void *answer, size_t size, struct link_list *list, bool *ret_intr);

#endif
