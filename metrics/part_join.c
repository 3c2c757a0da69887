/* Family i of the joined part is family i / n of part i % n: neighbours have the same name, and a
 * scrape gives a name one header. */
#include "metrics/part_join.h"

struct joined {
    struct metric_part part;
    size_t n;
    struct metric_part *of[];
};

static const struct joined *joined(const struct metric_part *part)
{
    return (const struct joined *)part;
}

static size_t n_families(const struct metric_part *part)
{
    const struct joined *j = joined(part);
    return j->of[0]->ops->n_families(j->of[0]) * j->n;
}

static const struct metric_family *family(const struct metric_part *part, size_t i)
{
    const struct joined *j = joined(part);
    return j->of[0]->ops->family(j->of[0], i / j->n);
}

static bool has_header(const struct metric_part *part, size_t i)
{
    const struct joined *j = joined(part);
    bool any = false;
    for (size_t k = 0; k < j->n && i % j->n == 0; k++) {
        any |= j->of[k]->ops->has_header(j->of[k], i / j->n);
    }
    return any;
}

static struct str header(const struct metric_part *part, size_t i, enum metric_format format)
{
    const struct joined *j = joined(part);
    return metric_part_header(j->of[0], i / j->n, format);
}

static int series(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct buf *out, size_t enough)
{
    const struct joined *j = joined(part);
    const struct metric_part *one = j->of[i % j->n];
    return one->ops->series(one, i / j->n, cursor, format, out, enough);
}

static int packed(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct packer *p, struct buf *out,
                  const struct pack_segment **ret)
{
    const struct joined *j = joined(part);
    return metric_part_packed(j->of[i % j->n], i / j->n, cursor, format, p, out, ret);
}

static const struct metric_part_ops ops = {
    .n_families = n_families,
    .family = family,
    .has_header = has_header,
    .header = header,
    .series = series,
    .packed = packed,
};

static void unref_all(struct metric_part *const *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        snapshot_unref(&parts[i]->snapshot);
    }
}

static void joined_free(struct snapshot *s)
{
    struct joined *j = (struct joined *)s;
    unref_all(j->of, j->n);
    free(j);
}

struct metric_part *metric_part_join(struct metric_part *const *parts, size_t n)
{
    if (n == 1) {
        return parts[0];
    }
    struct joined *j = calloc(1, sizeof(*j) + n * sizeof(struct metric_part *));
    if (!j) {
        unref_all(parts, n);
        return NULL;
    }
    snapshot_init(&j->part.snapshot, joined_free);
    j->part.ops = &ops;
    j->part.name = parts[0]->name;
    j->part.endpoint = parts[0]->endpoint;
    j->part.taken_mono_ns = parts[0]->taken_mono_ns;
    j->n = n;
    for (size_t i = 0; i < n; i++) {
        j->of[i] = parts[i];
        j->part.n_objects += parts[i]->n_objects;
        j->part.n_series += parts[i]->n_series;
        j->part.n_bytes += parts[i]->n_bytes;
        j->part.taken_mono_ns = KG_MIN(j->part.taken_mono_ns, parts[i]->taken_mono_ns);
    }
    return &j->part;
}
