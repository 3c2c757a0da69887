#include "kube/client/json_wanted.h"

/* Room for most kinds. */
#define FIRST_NODES 32

/* Returns its index. */
static int add_node(struct json_wanted *w, struct str key)
{
    if (w->n == w->cap) {
        uint32_t cap = w->cap ? w->cap * 2 : FIRST_NODES;
        struct json_wanted_node *nodes = realloc(w->nodes, cap * sizeof(*nodes));
        if (!nodes) {
            return -ENOMEM;
        }
        w->nodes = nodes;
        w->cap = cap;
    }
    w->nodes[w->n] = (struct json_wanted_node){ .key = key };
    return (int)w->n++;
}

/* The child of that key, made when there is none; -ENOMEM. */
static int child_of(struct json_wanted *w, uint32_t parent, struct str key)
{
    uint32_t last = 0;
    for (uint32_t i = w->nodes[parent].first; i; i = w->nodes[i].next) {
        if (str_eq(w->nodes[i].key, key)) {
            return (int)i;
        }
        last = i;
    }
    int made = add_node(w, key);
    if (made < 0) {
        return made;
    }
    *(last ? &w->nodes[last].next : &w->nodes[parent].first) = (uint32_t)made;
    w->nodes[parent].hints |= json_wanted_hint(key);
    return made;
}

static int add_below(struct json_wanted *w, uint32_t parent, struct str path, bool whole)
{
    int at = (int)parent;
    while (path.n && at >= 0) {
        at = child_of(w, (uint32_t)at, str_cut(&path, '.'));
    }
    if (at < 0) {
        return at;
    }
    w->nodes[at].whole |= whole;
    return 0;
}

struct json_wanted *json_wanted_new(void)
{
    struct json_wanted *w = calloc(1, sizeof(*w));
    if (!w) {
        return NULL;
    }
    if (add_node(w, STR("")) < 0 || child_of(w, JSON_WANTED_EVENT, STR("object")) < 0 ||
        add_below(w, JSON_WANTED_EVENT, STR("type"), true) < 0) {
        json_wanted_free(w);
        return NULL;
    }
    return w;
}

void json_wanted_free(struct json_wanted *wanted)
{
    if (wanted) {
        free(wanted->nodes);
        free(wanted);
    }
}

int json_wanted_add(struct json_wanted *wanted, struct str in, struct str path, bool whole)
{
    int at = in.p ? child_of(wanted, JSON_WANTED_OBJECT, in) : JSON_WANTED_OBJECT;
    return at < 0 ? at : add_below(wanted, (uint32_t)at, path, whole);
}

int json_wanted_add_list(struct json_wanted *wanted, const char *const *paths)
{
    int r = 0;
    for (; r == 0 && paths && *paths; paths++) {
        struct str path = str_of(*paths);
        bool whole = !str_eat_end(&path, STR("."));
        r = json_wanted_add(wanted, (struct str){ 0 }, path, whole);
    }
    return r;
}
