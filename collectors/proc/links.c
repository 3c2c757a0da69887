#include "collectors/proc/links.h"

#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ANSWER_BYTES (32 * KIB) /* what the kernel makes of an answer at a time, at most */
#define TRIES 3

struct links {
    int ask, events;
    uint32_t seq;
    struct link_list list;
    alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
};

static int inode_of(const char *path, uint64_t *ret)
{
    struct statfs fs;
    struct stat st;
    if (statfs(path, &fs) < 0 || stat(path, &st) < 0) {
        return -errno;
    }
    *ret = st.st_ino;
    return fs.f_type == PROC_SUPER_MAGIC ? 0 : -EXDEV;
}

/* Whether process 1 of procfs is in the network namespace that we are in: each has files of its own
 * in net/, with inodes of their own. (ns/net would tell more plainly, to those who may trace.) */
static int same_namespace(const char *procfs, struct err *err)
{
    char path[PATH_MAX];
    uint64_t ours = 0, theirs = 0;
    int r = file_join(path, sizeof(path), procfs, "1/net/dev");
    r = r < 0 ? r : inode_of(path, &theirs);
    r = r < 0 ? r : inode_of("/proc/self/net/dev", &ours);
    if (r < 0) {
        err_set_errno(err, -r, "%.150s", path);
        return -ENODATA;
    }
    return ours == theirs ? 0
                          : err_set(err, ENODATA, "%.150s is of another network namespace", path);
}

static int open_socket(unsigned groups)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

struct links *links_open(const char *procfs, struct err *err)
{
    if (same_namespace(procfs, err) < 0) {
        return NULL;
    }
    struct links *l = calloc(1, sizeof(*l));
    if (!l) {
        err_set(err, ENOMEM, "links: out of memory");
        return NULL;
    }
    l->ask = open_socket(0);
    l->events = l->ask < 0 ? -1 : open_socket(RTMGRP_LINK);
    if (l->events < 0) {
        err_set_errno(err, errno, "links: netlink");
        links_close(l);
        return NULL;
    }
    /* One event is as good as many, so that little is kept for us: what is beyond is ENOBUFS. */
    const int room = 1;
    setsockopt(l->events, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    return l;
}

void links_close(struct links *l)
{
    if (l) {
        kg_close_cleanup(&l->ask);
        kg_close_cleanup(&l->events);
        free(l->list.at);
        free(l);
    }
}

bool links_changed(struct links *l)
{
    bool changed = false;
    for (;;) {
        char byte;
        ssize_t n = recv(l->events, &byte, 1, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && errno == EAGAIN) {
            return changed;
        }
        changed = true;
        if (n <= 0 && errno != ENOBUFS && errno != EINTR) {
            return changed;
        }
    }
}

static bool get_u32(const struct rtattr *a, uint32_t *ret)
{
    if (RTA_PAYLOAD(a) < sizeof(*ret)) {
        return false;
    }
    memcpy(ret, RTA_DATA(a), sizeof(*ret));
    return true;
}

static uint8_t copy_address(const struct rtattr *a, unsigned char *out)
{
    size_t n = KG_MIN((size_t)RTA_PAYLOAD(a), (size_t)MAX_ADDR_LEN);
    memcpy(out, RTA_DATA(a), n);
    return (uint8_t)n;
}

/* Attributes that are a number. */
static void set_number(struct link *link, const struct rtattr *a)
{
#define NUMBER(attribute, member, bits) [attribute] = { offsetof(struct link, member), (bits) }
    static const struct {
        size_t at;
        unsigned bit;
    } numbers[IFLA_MAX + 1] = {
        NUMBER(IFLA_MTU, mtu, LINK_MTU),
        NUMBER(IFLA_LINK, below, 0),
        NUMBER(IFLA_TXQLEN, queue, LINK_QUEUE),
        NUMBER(IFLA_GROUP, group, LINK_GROUP),
        NUMBER(IFLA_PROMISCUITY, promiscuous, LINK_PROMISCUOUS),
        NUMBER(IFLA_ALLMULTI, allmulti, LINK_ALLMULTI),
        NUMBER(IFLA_CARRIER_CHANGES, changes, LINK_CHANGES),
        NUMBER(IFLA_CARRIER_UP_COUNT, up_count, LINK_UP_COUNT),
        NUMBER(IFLA_CARRIER_DOWN_COUNT, down_count, LINK_DOWN_COUNT),
    };
#undef NUMBER
    if (a->rta_type <= IFLA_MAX && numbers[a->rta_type].at &&
        get_u32(a, (uint32_t *)(void *)((char *)link + numbers[a->rta_type].at))) {
        link->present |= numbers[a->rta_type].bit;
    }
}

/* One byte. */
static void set_byte(struct link *link, const struct rtattr *a, uint32_t *to, unsigned bit)
{
    if (RTA_PAYLOAD(a) >= 1) {
        *to = *(const uint8_t *)RTA_DATA(a);
        link->present |= bit;
    }
}

static int set_attribute(struct link *link, const struct rtattr *a)
{
    const char *data = RTA_DATA(a);
    const struct str text = { data, strnlen(data, RTA_PAYLOAD(a)) };
    switch (a->rta_type) {
    case IFLA_IFNAME:
        return str_copy(link->name, sizeof(link->name), text);
    case IFLA_IFALIAS:
        return str_copy(link->alias, sizeof(link->alias), text);
    case IFLA_ADDRESS:
        link->address_n = copy_address(a, link->address);
        return 0;
    case IFLA_BROADCAST:
        link->broadcast_n = copy_address(a, link->broadcast);
        return 0;
    case IFLA_OPERSTATE:
        set_byte(link, a, &link->operstate, LINK_OPERSTATE);
        return 0;
    case IFLA_LINKMODE:
        set_byte(link, a, &link->mode, LINK_MODE);
        return 0;
    case IFLA_CARRIER:
        set_byte(link, a, &link->carrier, LINK_CARRIER);
        return 0;
    default:
        set_number(link, a);
        return 0;
    }
}

/* What follows n bytes of a message or an attribute, of which the last may lack its padding. (The
 * kernel's macros for it count below 0.) */
static const void *next(const void *at, size_t n, size_t *left)
{
    n = KG_MIN(n, *left);
    *left -= n;
    return (const char *)at + n;
}

static int parse_link(const struct nlmsghdr *h, struct link *ret)
{
    const struct ifinfomsg *info = NLMSG_DATA(h);
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*info))) {
        return -EBADMSG;
    }
    *ret = (struct link){ .index = (uint32_t)info->ifi_index,
                          .below = (uint32_t)info->ifi_index,
                          .flags = info->ifi_flags,
                          .type = info->ifi_type };
    size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*info));
    const struct rtattr *a = IFLA_RTA(info);
    int r = 0;
    while (r == 0 && RTA_OK(a, left)) {
        r = set_attribute(ret, a);
        a = next(a, RTA_ALIGN(a->rta_len), &left);
    }
    return r == 0 && *ret->name ? 0 : -EBADMSG;
}

static int error_of(const struct nlmsghdr *h)
{
    const struct nlmsgerr *e = NLMSG_DATA(h);
    return h->nlmsg_len >= NLMSG_LENGTH(sizeof(e->error)) && e->error < 0 ? e->error : -EBADMSG;
}

static int make_room(struct link_list *list)
{
    if (list->n < list->cap) {
        return 0;
    }
    size_t cap = list->cap ? list->cap * 2 : 16;
    struct link *at = list->n < LIMIT_NET_INTERFACES ? realloc(list->at, cap * sizeof(*at)) : NULL;
    if (!at) {
        return list->n < LIMIT_NET_INTERFACES ? -ENOMEM : -E2BIG;
    }
    list->at = at;
    list->cap = cap;
    return 0;
}

int links_parse(const void *answer, size_t size, struct link_list *list, bool *ret_intr)
{
    const struct nlmsghdr *h = answer;
    for (; NLMSG_OK(h, size); h = next(h, NLMSG_ALIGN(h->nlmsg_len), &size)) {
        *ret_intr |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (h->nlmsg_type == NLMSG_DONE) {
            return 0;
        }
        if (h->nlmsg_type == NLMSG_ERROR) {
            return error_of(h);
        }
        if (h->nlmsg_type != RTM_NEWLINK) {
            continue;
        }
        int r = make_room(list);
        r = r < 0 ? r : parse_link(h, &list->at[list->n]);
        if (r < 0) {
            return r;
        }
        list->n += list->at[list->n].name[0] != '.'; /* as folders are listed */
    }
    return size ? -EBADMSG : 1;
}

static int ask(struct links *l)
{
    struct {
        struct nlmsghdr h;
        struct ifinfomsg info;
        struct rtattr mask;
        uint32_t value;
    } question = {
        .h = { .nlmsg_len = sizeof(question),
               .nlmsg_type = RTM_GETLINK,
               .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
               .nlmsg_seq = ++l->seq },
        .info = { .ifi_family = AF_UNSPEC },
        .mask = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK },
        .value = RTEXT_FILTER_SKIP_STATS, /* Linux 4.4; others tell what nobody reads */
    };
    return send(l->ask, &question, sizeof(question), 0) < 0 ? -errno : 0;
}

/* One list. Returns 1 when it may be of two times. */
static int list_once(struct links *l)
{
    bool intr = false;
    l->list.n = 0;
    int r = ask(l);
    for (r = r < 0 ? r : 1; r > 0;) {
        ssize_t size = recv(l->ask, l->answer, sizeof(l->answer), MSG_TRUNC);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        r = size < 0 ? -errno
            : (size_t)size > sizeof(l->answer)
                ? -EBADMSG
                : links_parse(l->answer, (size_t)size, &l->list, &intr);
    }
    return r < 0 ? r : intr;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct link *)a)->name, ((const struct link *)b)->name);
}

int links_list(struct links *l, const struct link **ret, size_t *ret_n, struct err *err)
{
    int r = 1;
    for (int i = 0; i < TRIES && r > 0; i++) {
        r = list_once(l);
    }
    if (r != 0) {
        return err_set_errno(err, r < 0 ? -r : EAGAIN, "links");
    }
    if (l->list.n) {
        qsort(l->list.at, l->list.n, sizeof(*l->list.at), by_name);
    }
    *ret = l->list.at;
    *ret_n = l->list.n;
    return 0;
}
