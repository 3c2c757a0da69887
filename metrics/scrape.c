#include "metrics/scrape.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str_slots.h"
#include "metrics/header.h"

#include <string.h>

#define NAMES_AT_FIRST 256

/* Names of rows, copied, since some go with their part. */
struct names {
    struct arena mem;
    struct str *slots; /* cap of them, a power of two; p is NULL where it is free */
    size_t n, cap;
};

/* Text compressed in one call: some milliseconds in which others wait. */
#define TURN_WORK_BYTES (4 * LIMIT_SCRAPE_PIECE_BYTES)

struct scrape {
    enum metric_format format;
    size_t n_parts, part, family, cursor; /* where it stands */
    bool header_done, ended;
    struct names served; /* family names that have had their header */
    struct scrape_totals totals;
    struct pack_body body; /* of a packed answer */
    struct metric_part *parts[];
};

struct scrape *scrape_new(struct metric_part *const *parts, size_t n_parts,
                          enum metric_format format)
{
    struct scrape *s = calloc(1, sizeof(*s) + n_parts * sizeof(struct metric_part *));
    if (!s) {
        for (size_t i = 0; i < n_parts; i++) {
            snapshot_unref(&parts[i]->snapshot);
        }
        return NULL;
    }
    s->format = format;
    s->n_parts = n_parts;
    arena_init(&s->served.mem, LIMIT_SCRAPE_NAMES_BYTES);
    for (size_t i = 0; i < n_parts; i++) {
        s->parts[i] = parts[i];
    }
    return s;
}

static int names_grow(struct names *names)
{
    struct names more = { .mem = names->mem,
                          .n = names->n,
                          .cap = names->cap ? names->cap * 2 : NAMES_AT_FIRST };
    more.slots = calloc(more.cap, sizeof(*more.slots));
    if (!more.slots) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < names->cap; i++) {
        if (names->slots[i].p) {
            *str_slots_find(more.slots, more.cap, names->slots[i]) = names->slots[i];
        }
    }
    free(names->slots);
    *names = more;
    return 0;
}

void scrape_free(struct scrape *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->n_parts; i++) {
        if (s->parts[i]) {
            snapshot_unref(&s->parts[i]->snapshot);
        }
    }
    arena_done(&s->served.mem);
    free(s->served.slots);
    free(s);
}

/* Writes the header of the current family unless it has none now or an earlier part had it. */
static int put_header(struct scrape *s, const struct metric_part *part, struct buf *out)
{
    if (!part->ops->has_header(part, s->family)) {
        return 0;
    }
    const struct metric_family *row = part->ops->family(part, s->family);
    struct str name = header_name(row, s->format);
    if (s->served.n >= s->served.cap / 2 && names_grow(&s->served) < 0) {
        return -ENOMEM;
    }
    struct str *slot = str_slots_find(s->served.slots, s->served.cap, name);
    if (slot->p) {
        return 0;
    }
    size_t before = out->n;
    struct str header = metric_part_header(part, s->family, s->format);
    if (header.p) {
        buf_add(out, header);
    } else {
        header_add(row, s->format, out);
    }
    int r = buf_failed(out);
    r = r < 0 ? r : arena_str(&s->served.mem, name, slot);
    if (r < 0) {
        buf_truncate(out, before);
        return r;
    }
    s->served.n++;
    return 0;
}

/* One call's work: where text goes, and when there is enough. */
struct turn {
    struct buf *text;
    size_t enough;         /* of text; of a packed answer: of out */
    struct packer *packer; /* NULL: the answer is plain */
    struct buf *out;
    uint64_t work; /* the packer's bytes at which it is enough, too */
};

static bool has_enough(const struct turn *t)
{
    if (!t->packer) {
        return t->text->n >= t->enough;
    }
    return t->out->n >= t->enough || packer_bytes(t->packer) + t->text->n >= t->work;
}

/* Compresses the text that has gathered. */
static int pack_text(struct scrape *s, struct turn *t)
{
    int r = t->text->n ? pack_add(&s->body, t->packer, buf_str(t->text), t->out) : 0;
    buf_clear(t->text);
    return r;
}

/* The series of the current family. Returns as metric_part_ops.series. */
static int put_series(struct scrape *s, const struct metric_part *part, struct turn *t)
{
    if (!t->packer) {
        return part->ops->series(part, s->family, &s->cursor, s->format, t->text, t->enough);
    }
    int r = 1;
    while (r == 1 && !has_enough(t)) {
        const struct pack_segment *segment;
        r = metric_part_packed(part, s->family, &s->cursor, s->format, t->packer, t->text,
                               &segment);
        int packed = r;
        if (r >= 0 && (segment || t->text->n >= LIMIT_SCRAPE_PIECE_BYTES)) {
            packed = pack_text(s, t);
        }
        if (packed >= 0 && segment) {
            packed = pack_add_segment(&s->body, segment, t->out);
        }
        r = packed < 0 ? packed : r;
    }
    return r;
}

/* Goes on with the current part. Returns 1 when there is enough, 0 when the part is complete. */
static int put_part(struct scrape *s, struct turn *t)
{
    const struct metric_part *part = s->parts[s->part];
    size_t n = part->ops->n_families(part);
    while (s->family < n) {
        if (has_enough(t)) {
            return 1;
        }
        if (!s->header_done) {
            int r = put_header(s, part, t->text);
            if (r < 0) {
                return r;
            }
            s->header_done = true;
        }
        int r = put_series(s, part, t);
        if (r != 0) {
            return r;
        }
        s->family++;
        s->cursor = 0;
        s->header_done = false;
    }
    return 0;
}

static int put_pieces(struct scrape *s, struct turn *t)
{
    for (; s->part < s->n_parts; s->part++) {
        int r = put_part(s, t);
        if (r != 0) {
            return r;
        }
        s->totals.series += s->parts[s->part]->n_series;
        /* Memory that only this scrape still holds need not wait for a slow reader. */
        snapshot_unref(&s->parts[s->part]->snapshot);
        s->parts[s->part] = NULL;
        s->family = 0;
    }
    if (s->format == METRIC_FORMAT_OPENMETRICS && !s->ended) {
        buf_add(t->text, STR("# EOF\n"));
    }
    s->ended = buf_failed(t->text) == 0;
    return buf_failed(t->text);
}

static size_t sum_up_to(size_t before, size_t more)
{
    return more > SIZE_MAX - before ? SIZE_MAX : before + more;
}

int scrape_next(struct scrape *s, struct buf *out, size_t enough)
{
    size_t before = out->n;
    struct turn t = { .text = out, .enough = sum_up_to(before, enough) };
    int r = put_pieces(s, &t);
    s->totals.bytes += out->n - before;
    return r;
}

int scrape_next_packed(struct scrape *s, struct packer *p, struct buf *text, struct buf *out,
                       size_t enough)
{
    buf_clear(text);
    struct turn t = {
        .text = text,
        .enough = sum_up_to(out->n, enough),
        .packer = p,
        .out = out,
        .work = packer_bytes(p) + TURN_WORK_BYTES,
    };
    int r = pack_begin(&s->body, packer_coding(p), out);
    r = r < 0 ? r : put_pieces(s, &t);
    int packed = r < 0 ? r : pack_text(s, &t);
    if (packed >= 0 && r == 0) {
        packed = pack_end(&s->body, out);
    }
    s->totals.bytes = s->body.n_raw;
    return packed < 0 ? packed : r;
}

struct scrape_totals scrape_totals(const struct scrape *s)
{
    return s->totals;
}
