#include "kube/object/allowlist.h"

#include "base/limits.h"
#include "kube/resources/resource.h"
#include "metrics/names.h"

struct key_allowlist {
    struct str *entries;
    size_t n;
    bool all; /* the first entry is "*"; in any other place it stands for nothing */
};

struct plural_list {
    struct str plural; /* "*" for every resource */
    struct key_allowlist list;
};

struct key_allowlists {
    struct arena mem;
    struct plural_list *items;
    size_t n;
};

struct lone_list {
    struct key_allowlist list; /* first: the pointer that callers hold */
    struct arena mem;
};

/* Plain returns here and below, for the analyser, which does not look into err_set. */
static int no_memory(struct err *err)
{
    err_set(err, ENOMEM, "no memory for the allowlist");
    return -ENOMEM;
}

static bool entry_matches(struct str entry, struct str key)
{
    ssize_t star = str_find(entry, '*');
    if (star < 0) {
        return str_eq(entry, key);
    }
    if (entry.n == 1) {
        return false;
    }
    struct str before = str_head(entry, (size_t)star), after = str_from(entry, (size_t)star + 1);
    return key.n >= before.n + after.n && str_starts(key, before) && str_ends(key, after);
}

static bool list_matches(const struct key_allowlist *list, struct str key)
{
    if (list->all) {
        return true;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (entry_matches(list->entries[i], key)) {
            return true;
        }
    }
    return false;
}

/* Copies entry to the end of the list, whose array has room for it. */
static int list_add(struct key_allowlist *list, struct arena *mem, struct str entry,
                    struct err *err)
{
    ssize_t first = str_find(entry, '*');
    if (first != str_rfind(entry, '*')) {
        return err_set(err, EINVAL,
                       "\"" STR_FMT "\": a key may hold one '*' (\"app.example.com/*\"), not more",
                       STR_ARG(entry));
    }
    if (arena_str(mem, entry, &list->entries[list->n]) < 0) {
        return no_memory(err);
    }
    list->all |= list->n == 0 && str_eq_c(entry, "*");
    list->n++;
    return 0;
}

struct key_allowlist *key_allowlist_new(const struct str *entries, size_t n, struct err *err)
{
    struct lone_list *lone = calloc(1, sizeof(*lone));
    if (!lone) {
        no_memory(err);
        return NULL;
    }
    arena_init(&lone->mem, LIMIT_CONFIG_BYTES);
    lone->list.entries = ARENA_ARRAY(&lone->mem, n, struct str);
    int r = lone->list.entries ? 0 : no_memory(err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = list_add(&lone->list, &lone->mem, entries[i], err);
    }
    if (r < 0) {
        key_allowlist_free(&lone->list);
        return NULL;
    }
    return &lone->list;
}

void key_allowlist_free(struct key_allowlist *l)
{
    if (l) {
        struct lone_list *lone = KG_CONTAINER_OF(l, struct lone_list, list);
        arena_done(&lone->mem);
        free(lone);
    }
}

/* The item of this plural, a new one if there is none yet; an earlier list of it is dropped, as the
 * later of two mentions wins. */
static int item_of(struct key_allowlists *l, struct str plural, struct plural_list **ret,
                   struct err *err)
{
    if (!str_eq_c(plural, "*") && !kube_resource_by_plural(plural)) {
        err_set(err, EINVAL,
                "\"" STR_FMT "\" is not a resource that is served; write its plural name "
                "(\"pods\"), or \"*\" for all",
                STR_ARG(plural));
        return -EINVAL;
    }
    struct plural_list *item = NULL;
    for (size_t i = 0; i < l->n; i++) {
        item = str_eq(l->items[i].plural, plural) ? &l->items[i] : item;
    }
    item = item ? item : &l->items[l->n++];
    *item = (struct plural_list){ 0 };
    *ret = item;
    return arena_str(&l->mem, plural, &item->plural) < 0 ? no_memory(err) : 0;
}

static size_t count_of(struct str text, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == c;
    }
    return n;
}

/* Keys: "a,b/…*", what stands between the brackets. */
static int keys_parse(struct key_allowlists *l, struct plural_list *item, struct str keys,
                      struct err *err)
{
    item->list.entries = ARENA_ARRAY(&l->mem, count_of(keys, ',') + 1, struct str);
    if (!item->list.entries) {
        return no_memory(err);
    }
    if (str_empty(str_trim(keys))) {
        return 0;
    }
    for (bool more = true; more;) {
        more = str_find(keys, ',') >= 0;
        struct str key = str_trim(str_cut(&keys, ','));
        if (str_empty(key)) {
            return err_set(err, EINVAL, "an empty key in the list of " STR_FMT,
                           STR_ARG(item->plural));
        }
        int r = list_add(&item->list, &l->mem, key, err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* The next "pods=[a,b]" of *text, and the comma after it. */
static int item_parse(struct key_allowlists *l, struct str *text, struct err *err)
{
    struct str whole = *text;
    ssize_t open = str_find(*text, '['), close = str_find(*text, ']');
    struct str plural = str_trim(str_cut(text, '='));
    if (open < 1 || close < open || (size_t)open != whole.n - text->n) {
        return err_set(err, EINVAL, "\"" STR_FMT "\": write resource=[key,key],resource=[key]",
                       STR_ARG(whole));
    }
    struct str keys = str_from(str_head(whole, (size_t)close), (size_t)open + 1);
    *text = str_trim(str_from(whole, (size_t)close + 1));
    bool comma = str_eat(text, STR(","));
    *text = str_trim(*text);
    if (comma == str_empty(*text)) {
        return err_set(err, EINVAL, "\"" STR_FMT "\": one comma is to stand between two resources",
                       STR_ARG(whole));
    }
    struct plural_list *item = NULL;
    int r = item_of(l, plural, &item, err);
    return r < 0 ? r : keys_parse(l, item, keys, err);
}

struct key_allowlists *key_allowlists_parse(struct str text, struct err *err)
{
    struct key_allowlists *l = calloc(1, sizeof(*l));
    if (!l) {
        no_memory(err);
        return NULL;
    }
    arena_init(&l->mem, LIMIT_CONFIG_BYTES);
    l->items = ARENA_ARRAY(&l->mem, count_of(text, '='), struct plural_list);
    int r = l->items ? 0 : no_memory(err);
    text = str_trim(text);
    while (r >= 0 && text.n) {
        r = item_parse(l, &text, err);
    }
    if (r < 0) {
        key_allowlists_free(l);
        return NULL;
    }
    return l;
}

void key_allowlists_free(struct key_allowlists *l)
{
    if (l) {
        arena_done(&l->mem);
        free(l);
    }
}

const struct key_allowlist *key_allowlist_of(const struct key_allowlists *l, struct str plural)
{
    const struct key_allowlist *found = NULL;
    for (size_t i = 0; l && i < l->n; i++) {
        if (str_eq_c(l->items[i].plural, "*")) {
            found = &l->items[i].list;
            break;
        }
        if (str_eq(l->items[i].plural, plural)) {
            found = &l->items[i].list;
        }
    }
    return found && found->n ? found : NULL;
}

int key_allowlist_labels(const struct key_allowlist *list, const json_t *object, struct str prefix,
                         struct arena *mem, struct metric_label **ret, size_t *ret_n)
{
    json_t *members = (json_t *)(uintptr_t)object, *value; /* jansson iterates non-const objects */
    const char *key;
    size_t n = 0;
    struct metric_label *pairs = ARENA_ARRAY(mem, json_object_size(object), struct metric_label);
    if (!pairs) {
        return -ENOMEM;
    }
    json_object_foreach (members, key, value) {
        if (json_is_string(value) && list_matches(list, str_of(key))) {
            pairs[n++] = (struct metric_label){
                .name = str_of(key),
                .value = { json_string_value(value), json_string_length(value) },
            };
        }
    }
    int r = label_names_from_pairs(pairs, n, prefix, mem, ret);
    if (r >= 0) {
        *ret_n = n;
    }
    return r;
}
