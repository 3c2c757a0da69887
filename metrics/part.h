/* part.h — an immutable set of series that a scrape can walk family by family.
 * Uses: family, pack, base/snapshot.  Threads: any (immutable).  Owner: its references.
 *
 * The store and the sink both publish parts; the scrape knows only this interface. */
#ifndef KG_METRICS_PART_H
#define KG_METRICS_PART_H

#include "base/buf.h"
#include "base/snapshot.h"
#include "metrics/family.h"
#include "metrics/pack.h"

struct metric_part;

struct metric_part_ops {
    /* Families in the order they are served: names are unique within a part. */
    size_t (*n_families)(const struct metric_part *part);
    const struct metric_family *(*family)(const struct metric_part *part, size_t i);

    /* Whether family i has a HELP and TYPE block now. */
    bool (*has_header)(const struct metric_part *part, size_t i);

    /* Those lines if they are laid out already, valid as long as the part; else empty, and they are
     * made by metrics/header.h. NULL: they never are; ask by metric_part_header. */
    struct str (*header)(const struct metric_part *part, size_t i, enum metric_format format);

    /* Appends whole series of family i, from *cursor (0 at first) on, until out holds at least
     * `enough` bytes or all are written. Advances *cursor. Returns 1 when more remain, 0 at the
     * end, or the error of out. */
    int (*series)(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct buf *out, size_t enough);

    /* The same for an answer that is compressed, a stretch at a time: either sets *ret to a segment
     * that is kept with the part and lasts as long, or appends the stretch's text to out, of up to
     * about 1 MiB. May compress by p to keep the result. NULL: the part keeps none; ask by
     * metric_part_packed. */
    int (*packed)(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct packer *p, struct buf *out,
                  const struct pack_segment **ret);
};

struct metric_part {
    struct snapshot snapshot; /* first: parts are published in snapshot cells */
    const struct metric_part_ops *ops;
    const char *name;                    /* of the subject or source: "pods", "container" */
    const char *endpoint;                /* "state", "cadvisor", "node", "volumes", "self" */
    uint64_t taken_mono_ns;              /* when its values were read (sink) or published (store) */
    size_t n_objects, n_series, n_bytes; /* n_bytes: memory held by it */
};

/* Asks any part for the lines of a family, as above. */
struct str metric_part_header(const struct metric_part *part, size_t i, enum metric_format format);

/* Asks any part for its next stretch, as above. *ret is NULL when it is text. Errors: of out. */
int metric_part_packed(const struct metric_part *part, size_t i, size_t *cursor,
                       enum metric_format format, struct packer *p, struct buf *out,
                       const struct pack_segment **ret);

#endif
