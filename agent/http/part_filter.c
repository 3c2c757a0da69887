#include "agent/http/part_filter.h"

struct part_filter {
    struct metric_part part;
    struct metric_part *inner;
    size_t n;
    size_t families[]; /* indices in inner */
};

static const struct part_filter *filter_of(const struct metric_part *part)
{
    return KG_CONTAINER_OF(part, const struct part_filter, part);
}

static size_t filter_n_families(const struct metric_part *part)
{
    return filter_of(part)->n;
}

static const struct metric_family *filter_family(const struct metric_part *part, size_t i)
{
    const struct part_filter *f = filter_of(part);
    return f->inner->ops->family(f->inner, f->families[i]);
}

static bool filter_has_header(const struct metric_part *part, size_t i)
{
    const struct part_filter *f = filter_of(part);
    return f->inner->ops->has_header(f->inner, f->families[i]);
}

static struct str filter_header(const struct metric_part *part, size_t i, enum metric_format format)
{
    const struct part_filter *f = filter_of(part);
    return metric_part_header(f->inner, f->families[i], format);
}

static int filter_series(const struct metric_part *part, size_t i, size_t *cursor,
                         enum metric_format format, struct buf *out, size_t enough)
{
    const struct part_filter *f = filter_of(part);
    return f->inner->ops->series(f->inner, f->families[i], cursor, format, out, enough);
}

static int filter_packed(const struct metric_part *part, size_t i, size_t *cursor,
                         enum metric_format format, struct packer *p, struct buf *out,
                         const struct pack_segment **ret)
{
    const struct part_filter *f = filter_of(part);
    return metric_part_packed(f->inner, f->families[i], cursor, format, p, out, ret);
}

static const struct metric_part_ops filter_ops = {
    .n_families = filter_n_families,
    .family = filter_family,
    .has_header = filter_has_header,
    .header = filter_header,
    .series = filter_series,
    .packed = filter_packed,
};

static void filter_free(struct snapshot *s)
{
    struct part_filter *f = KG_CONTAINER_OF(s, struct part_filter, part.snapshot);
    snapshot_unref(&f->inner->snapshot);
    free(f);
}

struct metric_part *part_filter_new(struct metric_part *inner,
                                    bool (*keep)(void *arg, const struct metric_family *family),
                                    void *arg)
{
    size_t n = inner->ops->n_families(inner);
    struct part_filter *f = calloc(1, sizeof(*f) + n * sizeof(f->families[0]));
    if (!f) {
        snapshot_unref(&inner->snapshot);
        return NULL;
    }
    f->part.name = inner->name;
    f->part.endpoint = inner->endpoint;
    f->part.taken_mono_ns = inner->taken_mono_ns;
    snapshot_init(&f->part.snapshot, filter_free);
    f->part.ops = &filter_ops;
    f->inner = inner;
    for (size_t i = 0; i < n; i++) {
        if (keep(arg, inner->ops->family(inner, i))) {
            f->families[f->n++] = i;
        }
    }
    return &f->part;
}
