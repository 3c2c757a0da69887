#include "metrics/gzip.h"

#include <isa-l/igzip_lib.h>

#define LEVEL 1

/* Room offered to the library at a time; less would cost calls, more memory per connection. */
#define OUT_BYTES ((size_t)64 << 10)

struct gzip {
    struct isal_zstream stream;
    uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
};

struct gzip *gzip_new(void)
{
    struct gzip *g = malloc(sizeof(*g));
    if (g) {
        isal_deflate_init(&g->stream);
        g->stream.level = LEVEL;
        g->stream.level_buf = g->level_buf;
        g->stream.level_buf_size = sizeof(g->level_buf);
        g->stream.gzip_flag = IGZIP_GZIP;
        g->stream.flush = NO_FLUSH;
    }
    return g;
}

void gzip_free(struct gzip *g)
{
    free(g);
}

/* Lets the library work until it has no more to say about what it was given. */
static int drain(struct isal_zstream *stream, struct buf *out)
{
    do {
        int r = buf_reserve(out, OUT_BYTES);
        if (r < 0) {
            return r;
        }
        stream->next_out = (uint8_t *)out->p + out->n;
        stream->avail_out = (uint32_t)KG_MIN(out->cap - out->n, (size_t)UINT32_MAX);
        uint32_t room = stream->avail_out;
        if (isal_deflate(stream) != COMP_OK) {
            return -EIO;
        }
        out->n += room - stream->avail_out;
    } while (stream->avail_out == 0);
    return 0;
}

int gzip_write(struct gzip *g, struct str in, bool last, struct buf *out)
{
    do {
        struct str piece = str_head(in, UINT32_MAX);
        in = str_from(in, piece.n);
        /* The library reads only; its struct lacks the const. */
        g->stream.next_in = (uint8_t *)(uintptr_t)piece.p;
        g->stream.avail_in = (uint32_t)piece.n;
        g->stream.end_of_stream = last && in.n == 0;
        int r = drain(&g->stream, out);
        if (r < 0) {
            return r;
        }
    } while (in.n > 0);
    return 0;
}
