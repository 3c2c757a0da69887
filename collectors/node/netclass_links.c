/* The interfaces by rtnetlink, and from sysfs only what that does not tell: speed and duplex each
 * time, the rest when the kernel has said that something changed.
 *
 * Sysfs may be that of another network namespace than ours. So whenever something has changed, each
 * link must be in sysfs with the same index; else all is read there. */
#include "collectors/node/netclass.h"

#include <stdio.h>

#define REFUSALS_MAX 3

struct netclass_known {
    uint32_t index;
    size_t entry; /* of kept */
    uint64_t present;
    int64_t assign, name_assign, dev_id, flags;
};

void netclass_links_stop(struct netclass *n)
{
    links_close(n->links);
    n->links = NULL;
    free(n->known);
    n->known = NULL;
    n->n_known = 0;
}

/* The kernel's own flags as sysfs shows them: netlink adds three that describe the state, and has
 * two others as users asked for them. */
static bool flags_of(const struct link *link, int64_t *ret)
{
    const unsigned wanted = LINK_PROMISCUOUS | LINK_ALLMULTI;
    if ((link->present & wanted) != wanted) {
        return false; /* before Linux 6.0 */
    }
    uint32_t flags = link->flags & ~(uint32_t)(IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT |
                                               IFF_PROMISC | IFF_ALLMULTI);
    flags |= (link->promiscuous ? IFF_PROMISC : 0) | (link->allmulti ? IFF_ALLMULTI : 0);
    *ret = flags;
    return true;
}

/* Sysfs shows neither carrier nor dormant of an interface that is down. */
static void set_numbers(const struct link *link, const struct netclass_known *known,
                        struct netclass_sample *s)
{
    bool up = link->flags & IFF_UP;
    const struct {
        int number;
        bool told;
        int64_t value;
    } numbers[] = {
        { NETCLASS_ASSIGN, known->present & HAS(ASSIGN), known->assign },
        { NETCLASS_CARRIER, up && (link->present & LINK_CARRIER), link->carrier },
        { NETCLASS_CHANGES, link->present & LINK_CHANGES, link->changes },
        { NETCLASS_DOWN_COUNT, link->present & LINK_DOWN_COUNT, link->down_count },
        { NETCLASS_UP_COUNT, link->present & LINK_UP_COUNT, link->up_count },
        { NETCLASS_DEV_ID, known->present & HAS(DEV_ID), known->dev_id },
        { NETCLASS_DORMANT, up, (link->flags & IFF_DORMANT) != 0 },
        { NETCLASS_INDEX, true, link->index },
        { NETCLASS_BELOW, true, link->below },
        { NETCLASS_LINK_MODE, link->present & LINK_MODE, link->mode },
        { NETCLASS_MTU, link->present & LINK_MTU, link->mtu },
        { NETCLASS_NAME_ASSIGN, known->present & HAS(NAME_ASSIGN), known->name_assign },
        { NETCLASS_GROUP, link->present & LINK_GROUP, link->group },
        { NETCLASS_TYPE, true, link->type },
        { NETCLASS_QUEUE, link->present & LINK_QUEUE, link->queue },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(numbers); i++) {
        if (numbers[i].told) {
            s->v[numbers[i].number] = numbers[i].value;
            s->present |= UINT64_C(1) << numbers[i].number;
        }
    }
}

static struct str operstate_of(const struct link *link)
{
    static const struct str names[] = {
        STR_INIT("unknown"), STR_INIT("notpresent"), STR_INIT("down"), STR_INIT("lowerlayerdown"),
        STR_INIT("testing"), STR_INIT("dormant"),    STR_INIT("up"),
    };
    return link->present & LINK_OPERSTATE && link->operstate < KG_ARRAY_LEN(names)
               ? names[link->operstate]
               : STR("");
}

/* "02:42:ac:11:00:02" */
static int address_text(const unsigned char *address, size_t n, struct arena *mem, struct str *ret)
{
    static const char digits[] = "0123456789abcdef";
    char text[3 * MAX_ADDR_LEN];
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i) {
            text[at++] = ':';
        }
        text[at++] = digits[address[i] >> 4];
        text[at++] = digits[address[i] & 15];
    }
    return arena_str(mem, (struct str){ text, at }, ret);
}

static int set_texts(const struct link *link, struct arena *mem, struct netclass_sample *s)
{
    s->operstate = operstate_of(link);
    if (arena_str(mem, str_of(link->name), &s->device) < 0 ||
        arena_str(mem, str_trim(str_of(link->alias)), &s->ifalias) < 0 ||
        address_text(link->address, link->address_n, mem, &s->address) < 0 ||
        address_text(link->broadcast, link->broadcast_n, mem, &s->broadcast) < 0) {
        return -ENOMEM;
    }
    return 0;
}

static int add_link(const struct netclass *n, const struct link *link,
                    const struct netclass_known *known, struct metric_sink *sink, struct err *err)
{
    struct netclass_sample s = { 0 };
    struct arena *mem = metric_sink_arena(sink);
    set_numbers(link, known, &s);
    if (flags_of(link, &s.v[NETCLASS_FLAGS]) ||
        netclass_number(n, known->entry, NETCLASS_FLAGS, &s.v[NETCLASS_FLAGS]) >= 0) {
        s.present |= HAS(FLAGS);
    }
    /* Of one that is down the kernel asks no driver: EINVAL. */
    if (link->flags & IFF_UP &&
        netclass_number(n, known->entry, NETCLASS_SPEED, &s.v[NETCLASS_SPEED]) >= 0) {
        s.present |= HAS(SPEED);
    }
    if (set_texts(link, mem, &s) < 0 ||
        (link->flags & IFF_UP &&
         netclass_text(n, known->entry, NETCLASS_DUPLEX, mem, &s.duplex) < 0)) {
        return node_no_memory(err, "netclass");
    }
    return netclass_add(n, &s, sink, err);
}

static void learn_number(const struct netclass *n, size_t entry, size_t file, int64_t *ret,
                         uint64_t *present)
{
    if (netclass_number(n, entry, file, ret) >= 0) {
        *present |= UINT64_C(1) << file;
    }
}

/* Finds each link among sysfs's names. Both are sorted. -ENODATA: they are others. */
static int learn(struct netclass *n, const struct link *list, size_t count, struct arena *mem)
{
    struct str *names = NULL;
    size_t n_names = 0, entry = 0;
    int r = node_kept_names(n->kept, n->dirfd, mem, &names, &n_names);
    struct netclass_known *known = r < 0 ? NULL : calloc(count ? count : 1, sizeof(*known));
    if (!known) {
        return r == -ENOMEM || r >= 0 ? -ENOMEM : -ENODATA;
    }
    free(n->known);
    n->known = known;
    n->n_known = 0;
    for (size_t i = 0; i < count; i++) {
        struct netclass_known *k = &known[i];
        int64_t index = 0;
        while (entry < n_names && !str_eq_c(names[entry], list[i].name)) {
            entry++;
        }
        if (entry == n_names || netclass_number(n, entry, NETCLASS_INDEX, &index) < 0 ||
            index != list[i].index) {
            return -ENODATA;
        }
        k->index = list[i].index;
        k->entry = entry;
        learn_number(n, entry, NETCLASS_ASSIGN, &k->assign, &k->present);
        learn_number(n, entry, NETCLASS_NAME_ASSIGN, &k->name_assign, &k->present);
        learn_number(n, entry, NETCLASS_DEV_ID, &k->dev_id, &k->present);
    }
    n->n_known = count;
    return 0;
}

/* Whether what is known is of these links. */
static bool still_known(const struct netclass *n, const struct link *list, size_t count)
{
    bool same = n->known && n->n_known == count;
    for (size_t i = 0; same && i < count; i++) {
        same = n->known[i].index == list[i].index;
    }
    return same;
}

static int list_links(struct netclass *n, const struct link **list, size_t *count,
                      struct arena *mem, struct err *err)
{
    if (!n->links) {
        n->links = links_open(n->procfs, err);
        if (!n->links) {
            return -ENODATA;
        }
    }
    int r = links_list(n->links, list, count, err);
    if (r < 0) {
        return -ENODATA;
    }
    /* After the list: the kernel tells of a change before the change can be seen. */
    bool changed = links_changed(n->links);
    return !changed && still_known(n, *list, *count) ? 0 : learn(n, *list, *count, mem);
}

int netclass_read_links(struct netclass *n, struct metric_sink *sink, struct err *err)
{
    const struct link *list = NULL;
    size_t count = 0;
    if (n->links_refused >= REFUSALS_MAX) {
        return -ENODATA;
    }
    int r = list_links(n, &list, &count, metric_sink_arena(sink), err);
    if (r < 0) {
        netclass_links_stop(n);
        n->links_refused++;
        return r == -ENOMEM ? node_no_memory(err, "netclass") : r;
    }
    n->links_refused = 0;
    for (size_t i = 0; i < count && r >= 0; i++) {
        if (node_filter_takes(&n->filter, str_of(list[i].name))) {
            r = add_link(n, &list[i], &n->known[i], sink, err);
        }
    }
    return r;
}
