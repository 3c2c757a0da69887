/* block.h — one object's samples, as compact as they can be read at full speed.
 * Uses: plan, writer, base.  Threads: any (immutable, counted).  Owner: its references.
 *
 * One allocation: header, then
 *   end[n_rows]   where each row's samples end, counted from the first sample: bytes, 16 or 32 bit
 *                 as the block needs
 *   ends[n]       where each common label's text ends (subjects with sorted labels only), 32 bit
 *   common text   `namespace="a",pod="b",`
 *   samples       row by row; of one: own label values in order of the text, each a length (LEB128)
 *                 and escaped bytes; for rows with open labels one more text `label_a="x",`; the
 *                 value: byte 0 or 1 for that number, 1 + n for n characters of number packed two
 *                 a byte, 64 + n for n characters as they are. */
#ifndef KG_METRICS_BLOCK_H
#define KG_METRICS_BLOCK_H

#include "metrics/plan.h"
#include "metrics/writer.h"

struct block {
    atomic_uint refs;
    uint32_t n_data;
    uint32_t n_series;
    uint32_t width : 3, common_n : 29; /* bytes of an end; of the common text */
    unsigned char data[];
};

/* What an encoding needs of memory; kept by the store so that encoding allocates only the block. */
struct block_encoder {
    struct buf samples, common, values, packed;
    uint32_t *ends; /* n_rows */
    uint64_t n_cut; /* label values cut, in all */
};

/* Errors: -ENOMEM. */
int block_encoder_init(struct block_encoder *e, const struct metric_plan *plan);
void block_encoder_done(struct block_encoder *e);

/* Renders sample into e. Errors: -EINVAL (err names the row) · -ENOBUFS beyond LIMIT_BLOCK_BYTES ·
 * -ENOMEM. */
int block_encode(struct block_encoder *e, const struct metric_plan *plan, const void *sample,
                 struct err *err);

/* Whether the block holds what e does; bytes and series it would have; a new block of it with one
 * reference (NULL when out of memory). */
bool block_is_encoded(const struct block *block, const struct block_encoder *e);
size_t block_encoded_bytes(const struct block_encoder *e);
size_t block_encoded_series(const struct block_encoder *e);
struct block *block_new(const struct block_encoder *e);

/* References: the last unref frees; it takes NULL. */
void block_unref(struct block *block);
static inline struct block *block_ref(struct block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

/* Bytes of memory of the block. */
static inline size_t block_bytes(const struct block *block)
{
    return sizeof(*block) + block->n_data;
}

static inline size_t block_end(const struct block *block, size_t row)
{
    if (block->width == 1) {
        return block->data[row];
    }
    if (block->width == 2) {
        uint16_t end;
        memcpy(&end, block->data + 2 * row, sizeof(end));
        return end;
    }
    uint32_t end;
    memcpy(&end, block->data + 4 * row, sizeof(end));
    return end;
}

/* Whether the block has samples of the row. */
static inline bool block_has_row(const struct block *block, size_t row)
{
    return block_end(block, row) > (row ? block_end(block, row - 1) : 0);
}

/* Appends the row's series from byte *at of its samples on to out, until out holds `enough`.
 * Advances *at. Returns 1 when some are left, 0 at the end, or the error of out. */
int block_put_row(const struct block *block, const struct metric_plan *plan, size_t row, size_t *at,
                  struct buf *out, size_t enough);

/* Sets differ[row] for each row of which the blocks (of one plan; NULL: an object that is not
 * there) do not give the same text. */
void block_mark_rows(const struct block *a, const struct block *b, const struct metric_plan *plan,
                     bool *differ);

/* The encodings of a sample's parts (failures stick in out). */
void block_add_text(struct buf *out, struct str s);
void block_add_labels(struct buf *out, const struct metric_label *labels, size_t n,
                      uint64_t *n_cut);
void block_add_value(struct buf *out, double value);

#endif
