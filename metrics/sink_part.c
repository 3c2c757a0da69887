#include "base/str_slots.h"
#include "metrics/sink_internal.h"

/* A cursor is the object and, below it, the number of its series of the row. */
#define CURSOR_BITS 24
#define CURSOR_SERIES (((size_t)1 << CURSOR_BITS) - 1)

/* Family i of a part: a row of a group, or one that stands in no table. */
struct sink_family {
    const struct sink_group *group;
    size_t row;
    const struct loose_family *loose;
};

struct sink_part {
    struct metric_part part;
    struct reading *reading;
    size_t n_families;
    struct sink_family families[];
};

static const struct sink_part *sink_part(const struct metric_part *part)
{
    return (const struct sink_part *)part; /* part is its first member */
}

static void part_free(struct snapshot *s)
{
    struct sink_part *part = KG_CONTAINER_OF(s, struct sink_part, part.snapshot);
    reading_unref(part->reading);
    free(part);
}

static size_t n_families(const struct metric_part *part)
{
    return sink_part(part)->n_families;
}

static const struct metric_family *family(const struct metric_part *part, size_t i)
{
    const struct sink_family *f = &sink_part(part)->families[i];
    return f->loose ? &f->loose->row : f->group->plan->rows[f->row].family;
}

static bool has_header(const struct metric_part *part, size_t i)
{
    const struct sink_family *f = &sink_part(part)->families[i];
    if (f->loose) {
        return f->loose->n_series > 0;
    }
    return f->group->row_series[f->row] > 0 || f->group->plan->subject->headers_always;
}

static struct str header(const struct metric_part *part, size_t i, enum metric_format format)
{
    const struct sink_family *f = &sink_part(part)->families[i];
    return f->loose ? (struct str){ 0 } : f->group->plan->rows[f->row].header[format];
}

static int series(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct buf *out, size_t enough)
{
    const struct sink_family *f = &sink_part(part)->families[i];
    if (f->loose) {
        return loose_put(f->loose, cursor, format, out, enough);
    }
    /* Samples of tables read the same in both formats. */
    const struct sink_group *group = f->group;
    size_t n = group->row_series[f->row] ? group->n_objects : 0;
    /* One for all objects: clearing it costs as much as a series. */
    struct metric_writer w = { .mode = WRITER_TEXT, .out = out, .enough = enough };
    for (size_t at = *cursor >> CURSOR_BITS; at < n; at++) {
        const struct sink_object *object = group->objects[at];
        w.common = object->common;
        w.at = object->columns->layout.at[f->row];
        w.skip = *cursor & CURSOR_SERIES;
        w.n_series = 0;
        writer_put_row(&w, &group->plan->rows[f->row], object->sample, object->present);
        *cursor = at << CURSOR_BITS | w.n_series;
        if (w.failed || w.more) {
            return w.failed ? w.failed : 1;
        }
        *cursor = (at + 1) << CURSOR_BITS;
    }
    return 0;
}

static const struct metric_part_ops ops = {
    .n_families = n_families,
    .family = family,
    .has_header = has_header,
    .header = header,
    .series = series,
};

/* Renders the object's common labels into the reading's memory. */
static int render_common(struct reading *reading, struct sink_group *group,
                         struct sink_object *object)
{
    const struct label_layout *layout = &object->columns->layout;
    uint32_t *ends = ARENA_ARRAY(&reading->mem, layout->n, uint32_t);
    if (!ends) {
        return -ENOMEM;
    }
    struct str text;
    buf_clear(&reading->text);
    int r =
        writer_common_text(group->plan, layout, object->sample, object->extra, object->columns->n,
                           &reading->values, &reading->text, ends, &group->n_cut);
    if (r >= 0) {
        r = arena_str(&reading->mem, buf_str(&reading->text), &text);
    }
    if (r >= 0) {
        object->common = (struct common_text){ text.p, text.n, ends };
    }
    return r;
}

/* How many series each row of the object will have; which emit functions tell only by putting. */
static int count_series(struct sink_group *group, const struct sink_object *object)
{
    struct metric_writer w = { .mode = WRITER_COUNT };
    for (size_t i = 0; i < group->plan->n_rows; i++) {
        size_t before = w.n_series;
        writer_put_row(&w, &group->plan->rows[i], object->sample, object->present);
        if (w.n_series - before > CURSOR_SERIES) {
            return -EOVERFLOW;
        }
        group->row_series[i] += w.n_series - before;
    }
    group->n_series += w.n_series;
    return w.failed;
}

/* The common labels of a group's objects, when they must be distinct. */
struct twins {
    struct str *slots;
    size_t cap;
};

static int twins_init(struct twins *t, struct reading *reading, const struct sink_group *group)
{
    size_t cap = 4;
    *t = (struct twins){ 0 };
    if (!group->plan->subject->distinct || group->n_objects < 2) {
        return 0;
    }
    while (cap < group->n_objects * 2) {
        cap *= 2;
    }
    t->slots = ARENA_ARRAY(&reading->mem, cap, struct str);
    t->cap = cap;
    return t->slots ? 0 : -ENOMEM;
}

/* Whether an object with these labels was there before. */
static bool twins_have(struct twins *t, const struct sink_object *object)
{
    if (!t->slots) {
        return false;
    }
    struct str labels = { object->common.n ? object->common.p : "", object->common.n };
    struct str *slot = str_slots_find(t->slots, t->cap, labels);
    bool there = slot->p != NULL;
    *slot = labels;
    return there;
}

/* Closes a group for adding and makes all that serving it needs. */
static int finish_group(struct reading *reading, struct sink_group *group, struct err *err)
{
    const char *name = group->plan->subject->name;
    struct twins twins;
    group->objects = ARENA_ARRAY(&reading->mem, group->n_objects, const struct sink_object *);
    group->row_series = ARENA_ARRAY(&reading->mem, group->plan->n_rows, size_t);
    if (!group->objects || !group->row_series || twins_init(&twins, reading, group) < 0) {
        return err_set(err, ENOMEM, "%s: reading", name);
    }
    size_t n = 0;
    for (struct sink_object *object = group->first; object; object = object->next) {
        object->present = metric_present(group->plan->subject, object->sample);
        int r = render_common(reading, group, object);
        if (r < 0) {
            return err_set_errno(err, -r, "%s: common labels", name);
        }
        if (twins_have(&twins, object)) {
            continue;
        }
        r = count_series(group, object);
        if (r < 0) {
            return err_set_errno(err, -r, "%s: series", name);
        }
        group->objects[n++] = object;
    }
    group->n_objects = n;
    return 0;
}

static bool is_of(const struct sink_group *group, const char *endpoint)
{
    return str_eq_c(str_of(group->plan->subject->part), endpoint);
}

/* The reading's families without a table that the endpoint serves. */
static const struct loose_family *loose_of(const struct reading *reading, const char *endpoint)
{
    return str_eq_c(STR("node"), endpoint) ? reading->loose : NULL;
}

static struct sink_part *part_alloc(struct reading *reading, const char *endpoint)
{
    size_t n = 0;
    for (const struct loose_family *f = loose_of(reading, endpoint); f; f = f->next) {
        n++;
    }
    for (const struct sink_group *group = reading->groups; group; group = group->next) {
        n += is_of(group, endpoint) ? group->plan->n_rows : 0;
    }
    struct sink_part *part = calloc(1, sizeof(*part) + n * sizeof(part->families[0]));
    if (part) {
        snapshot_init(&part->part.snapshot, part_free);
        part->part.ops = &ops;
        part->part.name = part->part.endpoint = endpoint;
        part->reading = reading_ref(reading);
    }
    return part;
}

struct metric_part *sink_part_new(struct reading *reading, const char *endpoint,
                                  uint64_t taken_mono_ns, struct err *err)
{
    struct sink_part *part = part_alloc(reading, endpoint);
    if (!part) {
        err_set(err, ENOMEM, "%s: reading", endpoint);
        return NULL;
    }
    for (struct sink_group *group = reading->groups; group; group = group->next) {
        if (!is_of(group, endpoint)) {
            continue;
        }
        if (!group->objects && finish_group(reading, group, err) < 0) {
            snapshot_unref(&part->part.snapshot);
            return NULL;
        }
        for (size_t row = 0; row < group->plan->n_rows; row++) {
            part->families[part->n_families++] = (struct sink_family){ group, row, NULL };
        }
        part->part.n_objects += group->n_objects;
        part->part.n_series += group->n_series;
    }
    for (const struct loose_family *f = loose_of(reading, endpoint); f; f = f->next) {
        part->families[part->n_families++] = (struct sink_family){ .loose = f };
        part->part.n_series += f->n_series;
    }
    part->part.taken_mono_ns = taken_mono_ns;
    part->part.n_bytes = reading->mem.used;
    return &part->part;
}
