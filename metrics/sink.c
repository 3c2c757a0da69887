#include "metrics/sink.h"

#include "metrics/sink_internal.h"

struct metric_sink {
    const struct metric_selection *selection;
    struct reading_pool *pool;
    struct reading *reading;    /* the open one, or NULL */
    struct metric_plan **plans; /* of all subjects seen so far, in order */
    size_t n_plans;
};

struct metric_sink *metric_sink_new(const struct metric_selection *selection, struct err *err)
{
    struct metric_sink *sink = calloc(1, sizeof(*sink));
    if (sink) {
        sink->selection = selection;
        sink->pool = reading_pool_new();
    }
    if (!sink || !sink->pool) {
        free(sink);
        err_set(err, ENOMEM, "sink");
        return NULL;
    }
    return sink;
}

void metric_sink_free(struct metric_sink *sink)
{
    if (!sink) {
        return;
    }
    reading_unref(sink->reading);
    reading_pool_close(sink->pool);
    for (size_t i = 0; i < sink->n_plans; i++) {
        metric_plan_unref(sink->plans[i]);
    }
    free(sink->plans);
    free(sink);
}

int metric_sink_begin(struct metric_sink *sink, struct err *err)
{
    reading_unref(sink->reading);
    sink->reading = reading_pool_get(sink->pool);
    return sink->reading ? 0 : err_set(err, ENOMEM, "reading");
}

struct arena *metric_sink_arena(struct metric_sink *sink)
{
    return &sink->reading->mem;
}

/* The subject's plan, made when it is first seen. */
static struct metric_plan *find_plan(struct metric_sink *sink, const struct metric_subject *subject,
                                     struct err *err)
{
    for (size_t i = 0; i < sink->n_plans; i++) {
        if (sink->plans[i]->subject == subject) {
            return sink->plans[i];
        }
    }
    struct metric_plan **plans =
        reallocarray(sink->plans, sink->n_plans + 1, sizeof(struct metric_plan *));
    if (!plans) {
        err_set(err, ENOMEM, "%s: table", subject->name);
        return NULL;
    }
    sink->plans = plans;
    struct metric_plan *plan = metric_plan_new(subject, sink->selection, err);
    if (plan) {
        plans[sink->n_plans++] = plan;
    }
    return plan;
}

static struct sink_group *find_group(struct metric_sink *sink, const struct metric_subject *subject,
                                     struct err *err)
{
    struct sink_group **link = &sink->reading->groups;
    for (; *link; link = &(*link)->next) {
        if ((*link)->plan->subject == subject) {
            return *link;
        }
    }
    struct metric_plan *plan = find_plan(sink, subject, err);
    if (!plan) {
        return NULL;
    }
    struct sink_group *group = ARENA_NEW(&sink->reading->mem, struct sink_group);
    if (!group) {
        err_set(err, ENOMEM, "%s: reading", subject->name);
        return NULL;
    }
    group->plan = metric_plan_ref(plan);
    group->last_link = &group->first;
    *link = group;
    return group;
}

static bool same_columns(const struct sink_columns *columns, const struct metric_extra *extra,
                         size_t n)
{
    bool same = columns->n == n;
    for (size_t i = 0; same && i < n; i++) {
        same = str_eq(columns->names[i], extra[i].name);
    }
    return same;
}

/* The layout for these extra columns; objects mostly have the same. */
static const struct sink_columns *find_columns(struct reading *reading, struct sink_group *group,
                                               const struct metric_extra *extra, size_t n,
                                               struct err *err)
{
    for (const struct sink_columns *known = group->columns; known; known = known->next) {
        if (same_columns(known, extra, n)) {
            return known;
        }
    }
    struct sink_columns *columns = ARENA_NEW(&reading->mem, struct sink_columns);
    struct str *names = ARENA_ARRAY(&reading->mem, n, struct str);
    if (!columns || !names) {
        err_set(err, ENOMEM, "%s: reading", group->plan->subject->name);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (arena_str(&reading->mem, extra[i].name, &names[i]) < 0) {
            err_set(err, ENOMEM, "%s: reading", group->plan->subject->name);
            return NULL;
        }
    }
    columns->n = n;
    columns->names = names;
    if (n == 0) {
        columns->layout = group->plan->layout;
    } else if (label_layout_make(group->plan, names, n, &reading->mem, &columns->layout, err) < 0) {
        return NULL;
    }
    columns->next = group->columns;
    group->columns = columns;
    return columns;
}

static int copy_values(struct reading *reading, struct sink_object *object,
                       const struct metric_extra *extra, size_t n)
{
    object->extra = ARENA_ARRAY(&reading->mem, n, struct str);
    if (!object->extra) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        int r = arena_str(&reading->mem, extra[i].value, &object->extra[i]);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

void *metric_sink_add(struct metric_sink *sink, const struct metric_subject *subject,
                      const struct metric_extra *extra, size_t n_extra, struct err *err)
{
    struct reading *reading = sink->reading;
    struct sink_group *group = find_group(sink, subject, err);
    if (!group) {
        return NULL;
    }
    if (group->objects) {
        err_set(err, EINVAL, "%s: the reading was taken already", subject->name);
        return NULL;
    }
    size_t n = extra ? n_extra : 0;
    const struct sink_columns *columns = find_columns(reading, group, extra, n, err);
    if (!columns) {
        return NULL;
    }
    struct sink_object *object = ARENA_NEW(&reading->mem, struct sink_object);
    void *sample = arena_alloc(&reading->mem, subject->sample_size);
    if (!object || !sample || copy_values(reading, object, extra, n) < 0) {
        err_set(err, ENOMEM, "%s: reading", subject->name);
        return NULL;
    }
    object->sample = sample;
    object->columns = columns;
    *group->last_link = object;
    group->last_link = &object->next;
    group->n_objects++;
    return sample;
}

void metric_sink_add_loose(struct metric_sink *sink, struct loose_family *f)
{
    if (metric_selected(sink->selection, &f->row)) {
        f->next = NULL;
        *sink->reading->last_loose = f;
        sink->reading->last_loose = &f->next;
    }
}

int metric_sink_add_set(struct metric_sink *sink, struct loose_set *set)
{
    struct loose_family *next;
    for (struct loose_family *f = set->first; f; f = next) {
        size_t dropped;
        next = f->next;
        int r = loose_finish(f, set->mem, &dropped);
        if (r < 0) {
            return r;
        }
        metric_sink_add_loose(sink, f);
    }
    return 0;
}

bool metric_sink_is_empty(const struct metric_sink *sink)
{
    return !sink->reading->groups && !sink->reading->loose;
}

struct metric_part *metric_sink_take(struct metric_sink *sink, const char *endpoint,
                                     uint64_t taken_mono_ns, struct err *err)
{
    return sink_part_new(sink->reading, endpoint, taken_mono_ns, err);
}
