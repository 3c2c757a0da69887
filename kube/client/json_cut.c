/* json_cut.c — a tree of the paths' keys, and a walk through the text along it. What lies off the
 * paths is passed over by kube/client/json_scan.h. */
#include "kube/client/json_cut.h"

#include "base/limits.h"
#include "kube/client/json_scan.h"

/* Levels of objects and arrays that are walked through; deeper ones are passed over whole. */
#define DEPTH_MAX 16

struct cut_node {
    struct str key;
    bool cut;
    uint32_t child, next; /* first of its children, its next sibling; 0: none */
};

/* nodes[0] stands for an event, nodes[1], its only child, for the object. */
struct json_cut {
    uint32_t n;
    struct cut_node nodes[];
};

enum { NODE_EVENT, NODE_OBJECT, N_ROOTS };

static size_t count_keys(const char *const *list)
{
    size_t n = 0;
    for (; list && *list; list++) {
        n++;
        for (const char *at = *list; *at; at++) {
            n += *at == '.';
        }
    }
    return n;
}

/* The child of that key, 0 when there is none. */
static inline uint32_t find_child(const struct json_cut *cut, uint32_t parent, struct str key)
{
    uint32_t i = cut->nodes[parent].child;
    while (i && !str_eq(cut->nodes[i].key, key)) {
        i = cut->nodes[i].next;
    }
    return i;
}

static uint32_t add_child(struct json_cut *cut, uint32_t parent, struct str key)
{
    uint32_t found = find_child(cut, parent, key);
    if (!found) {
        found = cut->n++;
        cut->nodes[found] = (struct cut_node){ .key = key, .next = cut->nodes[parent].child };
        cut->nodes[parent].child = found;
    }
    return found;
}

static void add_path(struct json_cut *cut, struct str path)
{
    uint32_t at = NODE_OBJECT;
    while (path.n) {
        at = add_child(cut, at, str_cut(&path, '.'));
    }
    cut->nodes[at].cut = true;
}

struct json_cut *json_cut_new(const char *const *const *lists, size_t n)
{
    size_t keys = N_ROOTS;
    for (size_t i = 0; i < n; i++) {
        keys += count_keys(lists[i]);
    }
    struct json_cut *cut = calloc(1, sizeof(*cut) + keys * sizeof(cut->nodes[0]));
    if (!cut) {
        return NULL;
    }
    cut->n = N_ROOTS;
    cut->nodes[NODE_EVENT].child = NODE_OBJECT;
    cut->nodes[NODE_OBJECT].key = STR("object");
    for (size_t i = 0; i < n; i++) {
        for (const char *const *path = lists[i]; path && *path; path++) {
            add_path(cut, str_of(*path));
        }
    }
    return cut;
}

void json_cut_keep(struct json_cut *cut, const char *const *list)
{
    for (; list && *list; list++) {
        struct str path = str_of(*list);
        uint32_t at = NODE_OBJECT;
        while (path.n && at) {
            at = find_child(cut, at, str_cut(&path, '.'));
        }
        cut->nodes[at].cut = false;
    }
}

void json_cut_free(struct json_cut *cut)
{
    free(cut);
}

struct level {
    uint32_t node;
    bool is_array;
};

struct walk {
    const struct json_cut *cut;
    const char *at, *end;
    const char *kept; /* from here on the text is not yet in out */
    struct buf *out;
    struct level levels[DEPTH_MAX];
    size_t depth;
};

static inline void pass_blanks(struct walk *w)
{
    while (w->at < w->end &&
           (*w->at == ' ' || *w->at == '\n' || *w->at == '\r' || *w->at == '\t')) {
        w->at++;
    }
}

/* From after the opening quote to after the closing one; false when there is none. */
static inline bool pass_string(struct walk *w)
{
    for (;;) {
        const char *quote = memchr(w->at, '"', (size_t)(w->end - w->at));
        if (!quote) {
            return false;
        }
        const char *before = quote;
        while (before > w->at && before[-1] == '\\') {
            before--;
        }
        w->at = quote + 1;
        if ((quote - before) % 2 == 0) {
            return true;
        }
    }
}

/* Over a whole value, whatever it is. */
static bool pass_value(struct walk *w)
{
    char c = *w->at;
    if (c == '"') {
        w->at++;
        return pass_string(w);
    }
    if (c == '{' || c == '[') {
        struct json_nest nest;
        json_nest_open(&nest);
        w->at++;
        ssize_t used = json_nest_scan(&nest, (struct str){ w->at, (size_t)(w->end - w->at) });
        w->at += used < 0 ? 0 : used;
        return used >= 0 && nest.depth == 0;
    }
    const char *from = w->at;
    while (w->at < w->end && *w->at != ',' && *w->at != '}' && *w->at != ']' && *w->at != ' ' &&
           *w->at != '\n') {
        w->at++;
    }
    return w->at > from;
}

/* Goes into the object or array that begins here, or over it when it lies too deep. */
static bool enter(struct walk *w, uint32_t node)
{
    bool opens = *w->at == '{' || *w->at == '[';
    if (!opens || w->depth == DEPTH_MAX) {
        return pass_value(w);
    }
    w->levels[w->depth++] = (struct level){ node, *w->at == '[' };
    w->at++;
    return true;
}

/* Leaves out the member whose key's quote stands at from and whose value ends here, with the comma
 * after it, or else the one before it. */
static bool leave_out(struct walk *w, const char *from)
{
    buf_add(w->out, (struct str){ w->kept, (size_t)(from - w->kept) });
    pass_blanks(w);
    if (w->at == w->end) {
        return false;
    }
    if (*w->at == ',') {
        w->at++;
        pass_blanks(w);
        w->kept = w->at;
        return w->at < w->end && *w->at == '"';
    }
    w->kept = w->at;
    struct str tail = buf_str(w->out);
    size_t n = tail.n;
    while (n && (tail.p[n - 1] == ' ' || tail.p[n - 1] == '\n' || tail.p[n - 1] == '\r' ||
                 tail.p[n - 1] == '\t')) {
        n--;
    }
    if (n && tail.p[n - 1] == ',') {
        buf_truncate(w->out, n - 1);
    }
    return *w->at == '}';
}

static bool pass_member(struct walk *w, uint32_t node)
{
    const char *from = w->at++;
    if (!pass_string(w)) {
        return false;
    }
    struct str key = { from + 1, (size_t)(w->at - from) - 2 };
    pass_blanks(w);
    if (w->at == w->end || *w->at != ':') {
        return false;
    }
    w->at++;
    pass_blanks(w);
    if (w->at == w->end) {
        return false;
    }
    uint32_t child = find_child(w->cut, node, key);
    if (!child) {
        return pass_value(w);
    }
    if (w->cut->nodes[child].cut) {
        return pass_value(w) && leave_out(w, from);
    }
    return enter(w, child);
}

/* One token or value of the innermost level. */
static bool step(struct walk *w)
{
    struct level level = w->levels[w->depth - 1];
    pass_blanks(w);
    if (w->at == w->end) {
        return false;
    }
    if (*w->at == (level.is_array ? ']' : '}')) {
        w->at++;
        w->depth--;
        return true;
    }
    if (*w->at == ',') {
        w->at++;
        return true;
    }
    if (level.is_array) {
        return enter(w, level.node);
    }
    return *w->at == '"' && pass_member(w, level.node);
}

static struct str cut_from(const struct json_cut *cut, uint32_t root, struct str text,
                           struct buf *scratch)
{
    if (!cut || cut->n == N_ROOTS || text.n == 0) {
        return text;
    }
    struct walk w = {
        .cut = cut,
        .at = text.p,
        .end = text.p + text.n,
        .kept = text.p,
        .out = scratch,
    };
    buf_clear(scratch);
    pass_blanks(&w);
    if (w.at == w.end || *w.at != '{' || !enter(&w, root)) {
        return text;
    }
    while (w.depth > 0) {
        if (!step(&w)) {
            return text;
        }
    }
    if (w.kept == text.p) {
        return text;
    }
    buf_add(scratch, (struct str){ w.kept, (size_t)(w.end - w.kept) });
    return buf_failed(scratch) ? text : buf_str(scratch);
}

struct str json_cut_object(const struct json_cut *cut, struct str text, struct buf *scratch)
{
    return cut_from(cut, NODE_OBJECT, text, scratch);
}

struct str json_cut_event(const struct json_cut *cut, struct str text, struct buf *scratch)
{
    return cut_from(cut, NODE_EVENT, text, scratch);
}
