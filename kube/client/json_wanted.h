/* json_wanted.h — which members of an object are read, as a tree of their keys.
 * Uses: base.  Threads: any, once it is filled.  Owner: who has an object read.
 *
 * A member is named by its path from the object's root: "spec.containers.name", where arrays on the
 * way count for nothing. With a member all below it is wanted, unless its path ends with a dot:
 * "spec.volumes.ephemeral." wants what it is (an object, an array of so many elements, a text), but
 * none of its members. */
#ifndef KG_KUBE_JSON_WANTED_H
#define KG_KUBE_JSON_WANTED_H

#include "base/str.h"

struct json_wanted_node {
    struct str key;       /* borrowed */
    uint64_t hints;       /* a bit for each child's key, by json_wanted_hint */
    uint32_t first, next; /* of its children; of its siblings; 0: none */
    bool whole;
};

struct json_wanted {
    struct json_wanted_node *nodes;
    uint32_t n, cap;
};

/* The nodes that stand for a watch event, {"type":…,"object":{…}}, and for an object. */
enum { JSON_WANTED_EVENT, JSON_WANTED_OBJECT };

/* Of an object nothing is wanted yet; of an event its type. NULL when out of memory. */
struct json_wanted *json_wanted_new(void);
void json_wanted_free(struct json_wanted *wanted);

/* Has the member at path wanted, within the object's member `in` (p NULL: within the object
 * itself); whole: with all below it. Texts are borrowed. Errors: -ENOMEM. */
int json_wanted_add(struct json_wanted *wanted, struct str in, struct str path, bool whole);

/* The same of a list of paths from the root, as above, that ends with NULL; NULL: none. */
int json_wanted_add_list(struct json_wanted *wanted, const char *const *paths);

static inline uint64_t json_wanted_hint(struct str key)
{
    return UINT64_C(1) << ((key.n + (key.n ? (unsigned char)key.p[0] * 7U : 0)) & 63);
}

/* The node that stands for the member of that key, in an object that node stands for; 0: it is not
 * wanted. */
static inline uint32_t json_wanted_find(const struct json_wanted *wanted, uint32_t node,
                                        struct str key)
{
    const struct json_wanted_node *in = &wanted->nodes[node];
    if (in->whole) {
        return node;
    }
    uint32_t i = in->hints & json_wanted_hint(key) ? in->first : 0;
    while (i && !str_eq(wanted->nodes[i].key, key)) {
        i = wanted->nodes[i].next;
    }
    return i;
}

#endif
