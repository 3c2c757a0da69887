#include "agent/http/query.h"

#include "base/buf.h"

static const struct {
    struct str key;
    bool commas; /* KSM's lists take several names in one value */
} lists[] = {
    [QUERY_RESOURCES] = { STR_INIT("resources"), true },
    [QUERY_EXCLUDE_RESOURCES] = { STR_INIT("exclude_resources"), true },
    [QUERY_COLLECT] = { STR_INIT("collect[]"), false },
    [QUERY_EXCLUDE] = { STR_INIT("exclude[]"), false },
    [QUERY_NAME] = { STR_INIT("name[]"), false },
};

static int add_item(struct query *q, enum query_list list, struct str item)
{
    if (str_empty(item)) {
        return 0;
    }
    if (q->n_items == LIMIT_QUERY_ITEMS) {
        return -E2BIG;
    }
    q->items[q->n_items] = item;
    q->list_of[q->n_items++] = (unsigned char)list;
    return 0;
}

static int add_values(struct query *q, enum query_list list, struct str value)
{
    int r = 0;
    q->given[list] = true;
    if (!lists[list].commas) {
        return add_item(q, list, value);
    }
    while (value.p && r == 0) {
        r = add_item(q, list, str_trim(str_cut(&value, ',')));
    }
    return r;
}

static int parse_arg(struct query *q, struct str arg)
{
    struct str value = arg, key = str_cut(&value, '=');
    for (size_t i = 0; i < QUERY_LISTS; i++) {
        if (str_eq(key, lists[i].key)) {
            return add_values(q, (enum query_list)i, value);
        }
    }
    return 0;
}

int query_parse(const struct str *args, size_t n_args, struct query *ret, struct err *err)
{
    size_t total = 0;
    *ret = (struct query){ 0 };
    if (n_args == 0) {
        return 0;
    }
    for (size_t i = 0; i < n_args; i++) {
        total += args[i].n;
    }
    ret->text = malloc(total + 1);
    ret->items = calloc(LIMIT_QUERY_ITEMS, sizeof(*ret->items));
    ret->list_of = calloc(LIMIT_QUERY_ITEMS, sizeof(*ret->list_of));
    if (!ret->text || !ret->items || !ret->list_of) {
        return err_set(err, ENOMEM, "out of memory");
    }
    char *at = ret->text;
    for (size_t i = 0; i < n_args; i++) {
        if (args[i].n == 0) {
            continue;
        }
        memcpy(at, args[i].p, args[i].n);
        if (parse_arg(ret, (struct str){ at, args[i].n }) < 0) {
            return err_set(err, E2BIG, "more than %d names in the query", LIMIT_QUERY_ITEMS);
        }
        at += args[i].n;
    }
    if (ret->given[QUERY_COLLECT] && ret->given[QUERY_EXCLUDE]) {
        return err_set(err, EINVAL, "collect[] and exclude[] exclude each other");
    }
    return 0;
}

void query_done(struct query *q)
{
    free(q->items);
    free(q->list_of);
    free(q->text);
    *q = (struct query){ 0 };
}

bool query_has(const struct query *q, enum query_list list, struct str name)
{
    for (size_t i = 0; i < q->n_items; i++) {
        if (q->list_of[i] == list && str_eq(q->items[i], name)) {
            return true;
        }
    }
    return false;
}
