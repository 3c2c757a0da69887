/* Bytes of an answer: status line and headers, then the body in chunks. */
#include "agent/http/server_private.h"

#include "base/clock.h"

#include <stdio.h>

#define HEADERS_MAX 1024

/* Room before the bytes of a piece: libwebsockets's own, the headers, which go with the first one,
 * and a chunk's size line. */
#define CHUNK_LINE_MAX 16
#define PIECE_OFFSET (LWS_PRE + HEADERS_MAX + CHUNK_LINE_MAX)

static const char chunk_end[] = "\r\n", body_end[] = "\r\n0\r\n\r\n", empty_end[] = "0\r\n\r\n";

struct headers {
    struct lws *wsi;
    unsigned char *at, *end;
    bool failed;
};

static void header(struct headers *h, const char *name, const char *value)
{
    h->failed |= lws_add_http_header_by_name(h->wsi, (const unsigned char *)name,
                                             (const unsigned char *)value, (int)strlen(value),
                                             &h->at, h->end) != 0;
}

static void header_number(struct headers *h, const char *name, size_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%zu", value);
    header(h, name, text);
}

/* Status line and headers, in buffer. Returns their length, 0 when they do not fit. */
static size_t make_headers(struct exchange *x, unsigned char buffer[HEADERS_MAX])
{
    const struct answer *a = &x->answer;
    struct headers h = { x->wsi, buffer, buffer + HEADERS_MAX, false };
    /* The flag leaves out the Server header: who scans for versions learns nothing. */
    h.failed = lws_add_http_header_status(x->wsi, (unsigned)a->status | LWSAHH_FLAG_NO_SERVER_NAME,
                                          &h.at, h.end) != 0;
    header(&h, "content-type:", a->content_type);
    header(&h, "x-content-type-options:", "nosniff");
    if (a->vary) {
        header(&h, "vary:", "Accept, Accept-Encoding");
    }
    if (a->coding != PACK_NONE) {
        header(&h, "content-encoding:", pack_name(a->coding));
    }
    if (a->allow_get) {
        header(&h, "allow:", "GET, HEAD");
    }
    if (a->retry_after_s) {
        header_number(&h, "retry-after:", a->retry_after_s);
    }
    if (a->state == ANSWER_TEXT) {
        header_number(&h, "content-length:", a->text.n);
    } else if (!x->http_1_0) {
        header(&h, "transfer-encoding:", "chunked");
    }
    if (x->last) {
        header(&h, "connection:", "close");
    }
    if (h.failed || lws_finalize_http_header(x->wsi, &h.at, h.end)) {
        return 0;
    }
    return (size_t)(h.at - buffer);
}

/* Puts the size line right before the piece, and what ends it after. Returns where it begins. */
static size_t frame_chunk(struct buf *out, bool end)
{
    char line[CHUNK_LINE_MAX + 1];
    size_t n = out->n - PIECE_OFFSET;
    if (n == 0) {
        buf_add_c(out, end ? empty_end : "");
        return PIECE_OFFSET;
    }
    size_t line_n = (size_t)snprintf(line, sizeof(line), "%zx\r\n", n);
    memcpy(out->p + PIECE_OFFSET - line_n, line, line_n);
    buf_add_c(out, end ? body_end : chunk_end);
    return PIECE_OFFSET - line_n;
}

/* The next bytes of the body, from PIECE_OFFSET of out on. Returns where what is to be sent
 * begins, or an error. */
static ssize_t next_piece(struct exchange *x, struct buf *out)
{
    if (x->answer.state == ANSWER_TEXT) { /* the whole text: it is small */
        buf_add(out, buf_str(&x->answer.text));
        x->body_out = x->answer.complete = true;
        return PIECE_OFFSET;
    }
    int more = answer_next(&x->answer, &x->server->scratch, out);
    if (more < 0) {
        return more;
    }
    x->body_out = more == 0;
    return (ssize_t)(x->http_1_0 ? PIECE_OFFSET : frame_chunk(out, more == 0));
}

int server_write(struct exchange *x)
{
    struct buf *out = &x->server->out;
    unsigned char headers[HEADERS_MAX];
    ssize_t from = PIECE_OFFSET;
    buf_clear(out);
    if (buf_reserve(out, PIECE_OFFSET) < 0) {
        return -1;
    }
    out->n = PIECE_OFFSET;
    if (x->answer.head) {
        x->body_out = true;
    } else {
        from = next_piece(x, out);
    }
    if (from < 0 || buf_failed(out)) {
        return -1;
    }
    if (!x->headers_out) {
        size_t n = make_headers(x, headers);
        if (n == 0) {
            return -1;
        }
        from -= (ssize_t)n;
        memcpy(out->p + from, headers, n);
        x->headers_out = true;
    }
    size_t n = out->n - (size_t)from;
    return n == 0                                                                     ? 0
           : lws_write(x->wsi, (unsigned char *)out->p + from, n, LWS_WRITE_HTTP) < 0 ? -1
                                                                                      : 0;
}
