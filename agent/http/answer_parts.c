/* A selecting parameter (resources=, collect[]=) leaves only what it or another one names; an
 * excluding one takes away. name[]= picks families of what is left. */
#include "agent/http/answer_parts.h"

#include "agent/http/part_filter.h"
#include "agent/node/node_scrape.h"
#include "agent/self/self.h"
#include "base/clock.h"

#define PARTS_MAX (NODE_PARTS + NODE_COLLECTORS_MAX + SERVICE_RESOURCES_MAX + 2)

struct part_list {
    struct metric_part *parts[PARTS_MAX];
    size_t n;
    bool failed;
};

/* Whether a collector is read for this query. */
static bool collector_selected(const struct query *q, struct str name)
{
    if (query_has(q, QUERY_EXCLUDE, name)) {
        return false;
    }
    if (q->given[QUERY_COLLECT]) {
        return query_has(q, QUERY_COLLECT, name);
    }
    return !q->given[QUERY_RESOURCES];
}

static bool resource_selected(const struct query *q, struct str name)
{
    if (query_has(q, QUERY_EXCLUDE_RESOURCES, name)) {
        return false;
    }
    if (q->given[QUERY_RESOURCES]) {
        return query_has(q, QUERY_RESOURCES, name);
    }
    return !q->given[QUERY_COLLECT];
}

static bool self_selected(const struct query *q)
{
    return !q->given[QUERY_COLLECT] && !q->given[QUERY_RESOURCES];
}

static ssize_t collector_index(const struct service *s, struct str name)
{
    const struct collector *const *c = s->node ? node_loop_collectors(s->node) : NULL;
    for (size_t i = 0; c && c[i]; i++) {
        if (str_eq_c(name, c[i]->name)) {
            return (ssize_t)i;
        }
    }
    return -1;
}

int answer_check_query(const struct service *s, const struct query *q, struct err *err)
{
    for (size_t i = 0; i < q->n_items; i++) {
        if (q->list_of[i] != QUERY_COLLECT) { /* to leave out what is not there is no fault */
            continue;
        }
        struct str name = str_head(q->items[i], 80);
        ssize_t at = collector_index(s, q->items[i]);
        if (at < 0) {
            return err_set(err, ENOENT, "there is no collector \"" STR_FMT "\"", STR_ARG(name));
        }
        if (!(node_loop_enabled(s->node) >> at & 1)) {
            return err_set(err, ENOENT, "collector \"" STR_FMT "\" is off", STR_ARG(name));
        }
    }
    return 0;
}

uint64_t answer_collectors(const struct service *s, const struct endpoint *endpoint,
                           const struct query *q)
{
    if (!s->node) {
        return 0;
    }
    const struct collector *const *c = node_loop_collectors(s->node);
    uint64_t mask = node_loop_mask_of_parts(s->node, endpoint->parts);
    for (size_t i = 0; c[i]; i++) {
        if (!collector_selected(q, str_of(c[i]->name))) {
            mask &= ~(UINT64_C(1) << i);
        }
    }
    return mask;
}

struct family_filter {
    const struct query *query;
    const struct collector *const *collectors; /* NULL: not of a reading */
};

/* The collector whose tables hold the row; "" when none does. */
static struct str collector_of(const struct collector *const *c, const struct metric_family *family)
{
    for (; *c; c++) {
        for (const struct metric_subject *const *s = (*c)->subjects; *s; s++) {
            if (family >= (*s)->rows && family < (*s)->rows + (*s)->n_rows) {
                return str_of((*c)->name);
            }
        }
    }
    return STR("");
}

static bool keep_family(void *arg, const struct metric_family *family)
{
    const struct family_filter *f = arg;
    if (f->query->given[QUERY_NAME] && !query_has(f->query, QUERY_NAME, str_of(family->name))) {
        return false;
    }
    return !f->collectors || collector_selected(f->query, collector_of(f->collectors, family));
}

/* Adds a part, of which the reference is taken over. */
static void add(struct part_list *list, struct metric_part *part, const struct query *q,
                const struct collector *const *c)
{
    bool by_collector = c && (q->given[QUERY_COLLECT] || q->given[QUERY_EXCLUDE]);
    struct family_filter filter = { q, by_collector ? c : NULL };
    if (part && (by_collector || q->given[QUERY_NAME])) {
        part = part_filter_new(part, keep_family, &filter);
    }
    if (!part || list->n == PARTS_MAX) {
        list->failed = true;
        return;
    }
    list->parts[list->n++] = part;
}

static void add_node_part(struct part_list *list, const struct service *s,
                          struct node_reading *reading, enum node_part which, const struct query *q)
{
    struct metric_part *part = reading ? reading->parts[which] : NULL;
    if (part) {
        snapshot_ref(&part->snapshot);
        add(list, part, q, node_loop_collectors(s->node));
    }
}

/* What was read aside of that part. */
static void add_aside(struct part_list *list, const struct service *s, struct node_reading *reading,
                      enum node_part which, const struct query *q)
{
    for (size_t i = 0; reading && i < reading->n_aside; i++) {
        const struct collector *c = node_loop_collectors(s->node)[reading->aside_of[i]];
        if (str_eq_c(str_of(reading->aside[i]->endpoint), node_part_name(which)) &&
            collector_selected(q, str_of(c->name))) {
            snapshot_ref(&reading->aside[i]->snapshot);
            add(list, reading->aside[i], q, NULL);
        }
    }
}

/* What is said of the scrape. */
static void add_node_scrape(struct part_list *list, const struct service *s,
                            const struct endpoint *endpoint, struct node_reading *reading,
                            const struct query *q)
{
    if (s->node && s->self_sink && !q->given[QUERY_RESOURCES]) {
        uint64_t mask = answer_collectors(s, endpoint, q);
        add(list, node_scrape_part(s->self_sink, s->node, reading, mask), q, NULL);
    }
}

/* Of this scrape's reading, or of the last one when the scrape needs none of its own. */
static void add_self_of_collectors(struct part_list *list, const struct service *s,
                                   struct node_reading *reading, const struct query *q)
{
    bool any = !reading && s->node && self_selected(q);
    struct node_reading *last = any ? node_loop_reading(s->node) : NULL;
    add_node_part(list, s, reading ? reading : last, NODE_PART_SELF, q);
    if (last) {
        snapshot_unref(&last->snapshot);
    }
}

static bool too_stale(const struct service *s, const struct service_resource *r)
{
    struct resource_report report = { 0 };
    r->report(r->arg, &report);
    return resource_behind_ns(&report, clock_mono_ns()) > s->stale_after_ns;
}

/* Returns whether there is any. */
static bool add_state(struct part_list *list, const struct service *s, const struct query *q)
{
    bool any = false;
    struct service_state *state = service_state(s);
    for (size_t i = 0; i < state->n; i++) {
        const struct service_resource *r = &state->resources[i];
        bool served = resource_selected(q, str_of(r->name)) && !too_stale(s, r);
        struct metric_part *part = served ? r->part(r->arg) : NULL;
        if (part) {
            add(list, part, q, NULL);
            any = true;
        }
    }
    snapshot_unref(&state->snapshot);
    return any;
}

static bool has_self(const struct service *s, const struct endpoint *endpoint)
{
    bool alone = endpoint->parts == ENDPOINT_PART(NODE_PART_SELF);
    return (endpoint->parts & ENDPOINT_PART(NODE_PART_SELF)) && (alone || !s->self_elsewhere);
}

struct scrape *answer_scrape(struct service *s, const struct endpoint *endpoint,
                             const struct query *q, enum metric_format format,
                             struct node_reading *reading, bool *objects)
{
    struct part_list list = { .n = 0 };
    for (enum node_part part = 0; part < NODE_PART_SELF; part++) {
        if (endpoint->parts & ENDPOINT_PART(part)) {
            add_node_part(&list, s, reading, part, q);
            add_aside(&list, s, reading, part, q);
        }
    }
    if (endpoint->parts & ENDPOINT_PART(NODE_PART_NODE)) {
        add_node_scrape(&list, s, endpoint, reading, q);
    }
    *objects = *objects && endpoint->parts & ENDPOINT_STATE && add_state(&list, s, q);
    if (has_self(s, endpoint)) {
        add_self_of_collectors(&list, s, reading, q);
        if (s->self_sink && self_selected(q)) {
            add(&list, self_part(s, clock_mono_ns()), q, NULL);
        }
    }
    if (list.failed) {
        for (size_t i = 0; i < list.n; i++) {
            snapshot_unref(&list.parts[i]->snapshot);
        }
        return NULL;
    }
    return scrape_new(list.parts, list.n, format);
}
