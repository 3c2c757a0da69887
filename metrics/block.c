#include "metrics/block.h"

#include "base/limits.h"
#include "base/num.h"
#include "metrics/label_value.h"
#include "metrics/writer_internal.h"

#include <assert.h>

/* Characters of numbers by their code; the two last codes are not used. */
static const char packed_chars[16] = "0123456789.e+-";

/* Their codes and one more by the character; 0: none. */
static const unsigned char packed_codes[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,
    ['7'] = 8, ['8'] = 9, ['9'] = 10, ['.'] = 11, ['e'] = 12, ['+'] = 13, ['-'] = 14,
};

enum { VALUE_PACKED = 1, VALUE_PLAIN = 64 };
static_assert(VALUE_PACKED + NUM_TEXT_MAX < VALUE_PLAIN, "a packed length must not look plain");

/* A LEB128 length of 28 bits: more than a block. */
#define LENGTH_BYTES_MAX 4
static_assert(LIMIT_BLOCK_BYTES <= 1 << 28, "lengths in a block have 28 bits");

static inline char *put_length(char *o, size_t n)
{
    char *most = o + LENGTH_BYTES_MAX - 1;
    for (; n >= 0x80 && o < most; n >>= 7) {
        *o++ = (char)(n | 0x80);
    }
    *o++ = (char)n;
    return o;
}

static void add_length(struct buf *out, size_t n)
{
    char bytes[LENGTH_BYTES_MAX];
    buf_add(out, (struct str){ bytes, (size_t)(put_length(bytes, n) - bytes) });
}

static inline size_t take_length(const unsigned char **p)
{
    size_t n = *(*p)++;
    if (n < 0x80) {
        return n;
    }
    n &= 0x7F;
    for (unsigned shift = 7;; shift += 7) {
        size_t more = *(*p)++;
        n |= (more & 0x7F) << shift;
        if (more < 0x80) {
            return n;
        }
    }
}

void block_add_text(struct buf *out, struct str s)
{
    if (!label_value_is_plain(s)) {
        add_length(out, label_value_size(s));
        label_value_add(out, s);
    } else if (buf_reserve(out, LENGTH_BYTES_MAX + s.n) == 0) {
        char *o = put_length(out->p + out->n, s.n);
        out->n = (size_t)((s.n ? put_bytes(o, s.p, s.n) : o) - out->p);
    }
}

void block_add_labels(struct buf *out, const struct metric_label *labels, size_t n, uint64_t *n_cut)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        struct str value = label_value_bounded(labels[i].value, n_cut);
        bytes += labels[i].name.n + label_value_size(value) + sizeof("=\"\",") - 1;
    }
    uint64_t counted = 0;
    add_length(out, bytes);
    for (size_t i = 0; i < n; i++) {
        buf_add(out, labels[i].name);
        buf_add(out, STR("=\""));
        label_value_add(out, label_value_bounded(labels[i].value, &counted));
        buf_add(out, STR("\","));
    }
}

/* Packs text two characters a byte; false when a character has no code (NaN, +Inf). */
static bool pack(const char *text, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        int code = packed_codes[(unsigned char)text[i]] - 1;
        if (code < 0) {
            return false;
        }
        out[i / 2] = (char)(i % 2 ? out[i / 2] | code : code << 4);
    }
    return true;
}

void block_add_value(struct buf *out, double value)
{
    char text[NUM_TEXT_MAX], packed[NUM_TEXT_MAX / 2];
    size_t n = num_format_double(text, value);
    if (n == 1 && (text[0] == '0' || text[0] == '1')) {
        buf_add_char(out, (char)(text[0] - '0'));
    } else if (pack(text, n, packed)) {
        buf_add_char(out, (char)(VALUE_PACKED + n));
        buf_add(out, (struct str){ packed, (n + 1) / 2 });
    } else {
        buf_add_char(out, (char)(VALUE_PLAIN + n));
        buf_add(out, (struct str){ text, n });
    }
}

static inline char *put_value(char *o, const unsigned char **p)
{
    size_t tag = *(*p)++;
    if (tag <= 1) {
        *o = (char)('0' + tag);
        return o + 1;
    }
    if (tag >= VALUE_PLAIN) {
        size_t n = tag - VALUE_PLAIN;
        o = put_bytes(o, (const char *)*p, n);
        *p += n;
        return o;
    }
    size_t n = tag - VALUE_PACKED;
    for (size_t i = 0; i < n; i += 2) { /* an odd end writes one byte more, which is not kept */
        unsigned char two = *(*p)++;
        o[i] = packed_chars[two >> 4];
        o[i + 1] = packed_chars[two & 15];
    }
    return o + n;
}

int block_encoder_init(struct block_encoder *e, const struct metric_plan *plan)
{
    *e = (struct block_encoder){
        .samples = BUF_INIT(LIMIT_BLOCK_BYTES),
        .common = BUF_INIT(LIMIT_BLOCK_BYTES),
        .values = BUF_INIT(LIMIT_BLOCK_BYTES),
        .packed = BUF_INIT(LIMIT_BLOCK_BYTES),
        .ends = calloc(plan->n_rows + 1, sizeof(*e->ends)),
    };
    return e->ends ? 0 : -ENOMEM;
}

void block_encoder_done(struct block_encoder *e)
{
    buf_done(&e->samples);
    buf_done(&e->common);
    buf_done(&e->values);
    buf_done(&e->packed);
    free(e->ends);
    e->ends = NULL;
}

/* Puts the parts one after the other, header included, as the block will hold them. */
static int pack_block(struct block_encoder *e, const struct metric_plan *plan, size_t n_series,
                      const uint32_t *common_ends)
{
    size_t n = e->samples.n;
    struct block header = {
        .n_series = (uint32_t)n_series,
        .width = n <= UINT8_MAX    ? 1
                 : n <= UINT16_MAX ? 2
                                   : 4,
        .common_n = (uint32_t)e->common.n & ((1U << 29) - 1),
    };
    size_t n_common_ends = plan->subject->sorted_labels ? plan->layout.n : 0;
    header.n_data = (uint32_t)(plan->n_rows * header.width + n_common_ends * sizeof(uint32_t) +
                               e->common.n + n);
    buf_add(&e->packed, (struct str){ (const char *)&header, sizeof(header) });
    for (size_t i = 0; i < plan->n_rows; i++) {
        uint8_t narrow = (uint8_t)e->ends[i];
        uint16_t half = (uint16_t)e->ends[i];
        const void *end = header.width == 1   ? (const void *)&narrow
                          : header.width == 2 ? (const void *)&half
                                              : (const void *)&e->ends[i];
        buf_add(&e->packed, (struct str){ end, header.width });
    }
    buf_add(&e->packed,
            (struct str){ (const char *)common_ends, n_common_ends * sizeof(*common_ends) });
    buf_add(&e->packed, buf_str(&e->common));
    buf_add(&e->packed, buf_str(&e->samples));
    return buf_failed(&e->packed);
}

/* One huge object must not hold memory for all that follow. */
#define ENCODER_KEEP (256 * KIB)

static void clear(struct buf *b)
{
    if (b->cap > ENCODER_KEEP) {
        buf_done(b);
    }
    buf_clear(b);
}

int block_encode(struct block_encoder *e, const struct metric_plan *plan, const void *sample,
                 struct err *err)
{
    uint32_t common_ends[PLAN_LABELS_MAX];
    uint64_t present = metric_present(plan->subject, sample);
    struct metric_writer w = { .mode = WRITER_BLOCK, .out = &e->samples };
    clear(&e->samples);
    clear(&e->common);
    clear(&e->values);
    clear(&e->packed);
    int r = writer_common_text(plan, &plan->layout, sample, NULL, 0, &e->values, &e->common,
                               common_ends, &e->n_cut);
    if (r < 0) {
        return err_set_errno(err, -r, "%s: common labels", plan->subject->name);
    }
    for (size_t i = 0; i < plan->n_rows; i++) {
        writer_put_row(&w, &plan->rows[i], sample, present);
        if (w.failed) {
            return err_set_errno(err, -w.failed, "%s", plan->rows[i].family->name);
        }
        e->ends[i] = (uint32_t)e->samples.n;
    }
    e->n_cut += w.n_cut;
    r = pack_block(e, plan, w.n_series, common_ends);
    return r < 0 ? err_set_errno(err, -r, "%s: block", plan->subject->name) : 0;
}

/* Where the part that does not count references begins. */
#define COMPARED_FROM offsetof(struct block, n_data)

bool block_is_encoded(const struct block *block, const struct block_encoder *e)
{
    size_t n = block_bytes(block);
    return n == e->packed.n && memcmp((const char *)block + COMPARED_FROM,
                                      e->packed.p + COMPARED_FROM, n - COMPARED_FROM) == 0;
}

size_t block_encoded_bytes(const struct block_encoder *e)
{
    return e->packed.n;
}

size_t block_encoded_series(const struct block_encoder *e)
{
    const struct block *encoded = (const void *)e->packed.p;
    return encoded->n_series;
}

/* An object's blocks differ by a few bytes from one change to the next. As long as each other they
 * fit into each other's places; else the heap grows by a third of the blocks while all objects
 * change. */
#define GRAIN_BYTES 64
#define HEAP_HEADER_BYTES sizeof(size_t)

/* The address sanitizer is to see what is read beyond the end. */
static size_t place_bytes(size_t n)
{
#ifdef __SANITIZE_ADDRESS__
    return n;
#else
    return (n + HEAP_HEADER_BYTES + GRAIN_BYTES - 1) / GRAIN_BYTES * GRAIN_BYTES -
           HEAP_HEADER_BYTES;
#endif
}

struct block *block_new(const struct block_encoder *e)
{
    struct block *block = malloc(place_bytes(e->packed.n));
    if (block) {
        memcpy(block, e->packed.p, e->packed.n);
        atomic_init(&block->refs, 1);
    }
    return block;
}

void block_unref(struct block *block)
{
    if (block && atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) == 1) {
        free(block);
    }
}

/* What is the same for all series of a row of a block. */
struct row_view {
    const struct plan_row *row;
    const uint8_t *at; /* NULL: own labels follow all common ones */
    const unsigned char *common_ends;
    const char *common;
    size_t common_n;
};

static inline size_t common_end(const struct row_view *v, size_t label)
{
    uint32_t end;
    memcpy(&end, v->common_ends + label * sizeof(end), sizeof(end));
    return end;
}

/* Labels of a subject with sorted labels: the own ones between the common ones. */
static char *put_merged(char *o, const struct row_view *v, const unsigned char **p)
{
    size_t shown = 0;
    for (size_t k = 0; k < v->row->n_own; k++) {
        size_t to = v->at[k] ? common_end(v, v->at[k] - 1U) : 0;
        o = put_bytes(o, v->common + shown, to - shown);
        shown = to;
        size_t n = take_length(p);
        o = put_bytes(o, v->row->own[k].p, v->row->own[k].n);
        o = put_bytes(o, (const char *)*p, n);
        *p += n;
        *o++ = '"';
        *o++ = ',';
    }
    return put_bytes(o, v->common + shown, v->common_n - shown);
}

static inline char *put_following(char *o, const struct row_view *v, const unsigned char **p)
{
    o = put_bytes(o, v->common, v->common_n);
    for (size_t k = 0; k < v->row->n_own; k++) {
        size_t n = take_length(p);
        o = put_bytes(o, v->row->own[k].p, v->row->own[k].n);
        o = put_bytes(o, (const char *)*p, n);
        *p += n;
        *o++ = '"';
        *o++ = ',';
    }
    return o;
}

/* One series from the sample at *p, which it passes. */
static inline char *put_series(char *o, const struct row_view *v, const unsigned char **p)
{
    o = put_bytes(o, v->row->head.p, v->row->head.n);
    o = v->at ? put_merged(o, v, p) : put_following(o, v, p);
    if (v->row->family->open_labels) {
        size_t n = take_length(p);
        o = put_bytes(o, (const char *)*p, n);
        *p += n;
    }
    o = put_labels_end(o);
    o = put_value(o, p);
    *o++ = '\n';
    return o;
}

/* Bytes that the own labels of the sample at p take in it, at least those they take as text. */
static size_t labels_bytes(const struct plan_row *row, const unsigned char *p)
{
    const unsigned char *start = p;
    size_t texts = row->n_own + (row->family->open_labels ? 1 : 0);
    for (size_t k = 0; k < texts; k++) {
        size_t n = take_length(&p);
        p += n;
    }
    return (size_t)(p - start);
}

/* Up to here the rest of a row is taken for the size of one sample without looking. */
#define REST_BYTES 512

int block_put_row(const struct block *block, const struct metric_plan *plan, size_t row, size_t *at,
                  struct buf *out, size_t enough)
{
    bool sorted = plan->subject->sorted_labels;
    const unsigned char *ends = block->data + plan->n_rows * block->width;
    const unsigned char *common = ends + (sorted ? plan->layout.n * sizeof(uint32_t) : 0);
    struct row_view v = {
        .row = &plan->rows[row],
        .at = sorted ? plan->layout.at[row] : NULL,
        .common_ends = ends,
        .common = (const char *)common,
        .common_n = block->common_n,
    };
    const unsigned char *samples = common + block->common_n;
    const unsigned char *start = samples + (row ? block_end(block, row - 1) : 0);
    const unsigned char *p = start + *at, *end = samples + block_end(block, row);
    while (p < end) {
        if (out->n >= enough) {
            *at = (size_t)(p - start);
            return 1;
        }
        size_t rest = (size_t)(end - p);
        size_t own = rest <= REST_BYTES ? rest : labels_bytes(v.row, p);
        size_t need = v.row->constant_bytes + v.common_n + own + NUM_TEXT_MAX;
        if (out->failed || out->cap - out->n < need) {
            int r = buf_reserve(out, need);
            if (r < 0) {
                *at = (size_t)(p - start);
                return r;
            }
        }
        out->n = (size_t)(put_series(out->p + out->n, &v, &p) - out->p);
    }
    *at = (size_t)(p - start);
    return 0;
}
