#include "metrics/part.h"

#include "base/limits.h"

struct str metric_part_header(const struct metric_part *part, size_t i, enum metric_format format)
{
    return part->ops->header ? part->ops->header(part, i, format) : (struct str){ 0 };
}

int metric_part_packed(const struct metric_part *part, size_t i, size_t *cursor,
                       enum metric_format format, struct packer *p, struct buf *out,
                       const struct pack_segment **ret)
{
    *ret = NULL;
    if (part->ops->packed) {
        return part->ops->packed(part, i, cursor, format, p, out, ret);
    }
    return part->ops->series(part, i, cursor, format, out, out->n + LIMIT_SCRAPE_PIECE_BYTES);
}
