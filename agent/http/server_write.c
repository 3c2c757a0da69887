/* Bytes of an answer: status line and headers, then the body in chunks. */
#include "agent/http/server_private.h"

#include "base/clock.h"

#include <stdio.h>

#define HEADERS_MAX 1024

/* Room before the bytes of a piece: libwebsockets's own, and a chunk's size line. */
#define CHUNK_LINE_MAX 16
#define PIECE_OFFSET (LWS_PRE + CHUNK_LINE_MAX)

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

/* Empties the buffer of pieces, but for the room before one. */
static int begin_piece(struct buf *out)
{
    buf_clear(out);
    int r = buf_reserve(out, PIECE_OFFSET);
    if (r >= 0) {
        out->n = PIECE_OFFSET;
    }
    return r;
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

/* The first bytes of a body, in a chunk of their own. */
static int add_preface(struct exchange *x, struct headers *h)
{
    struct buf *out = &x->server->out;
    if (begin_piece(out) < 0 || answer_preface(&x->answer, out) < 0) {
        return -1;
    }
    if (out->n == PIECE_OFFSET) {
        return 0;
    }
    size_t from = x->http_1_0 ? PIECE_OFFSET : frame_chunk(out, false);
    size_t n = out->n - from;
    if (buf_failed(out) || n > (size_t)(h->end - h->at)) {
        return -1;
    }
    memcpy(h->at, out->p + from, n);
    h->at += n;
    return 0;
}

int server_write_headers(struct exchange *x)
{
    unsigned char buffer[LWS_PRE + HEADERS_MAX];
    unsigned char *start = buffer + LWS_PRE;
    const struct answer *a = &x->answer;
    struct headers h = { x->wsi, start, buffer + sizeof(buffer), false };
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
    if (h.failed || lws_finalize_http_header(x->wsi, &h.at, h.end) || add_preface(x, &h) < 0) {
        return -1;
    }
    int n = (int)(h.at - start);
    if (lws_write(x->wsi, start, (size_t)n, LWS_WRITE_HTTP_HEADERS) != n) {
        return -1;
    }
    x->headers_out = true;
    return 0;
}

/* The whole text: it is small. */
static int write_text(struct exchange *x)
{
    struct server *s = x->server;
    buf_clear(&s->out);
    if (buf_reserve(&s->out, LWS_PRE) < 0) {
        return -1;
    }
    s->out.n = LWS_PRE;
    buf_add(&s->out, buf_str(&x->answer.text));
    x->body_out = true;
    x->answer.complete = true;
    if (buf_failed(&s->out) || s->out.n == LWS_PRE) {
        return buf_failed(&s->out);
    }
    return lws_write(x->wsi, (unsigned char *)s->out.p + LWS_PRE, s->out.n - LWS_PRE,
                     LWS_WRITE_HTTP);
}

static int write_scrape(struct exchange *x)
{
    struct buf *out = &x->server->out;
    if (begin_piece(out) < 0) {
        return -1;
    }
    int more = answer_next(&x->answer, &x->server->scratch, out);
    if (more < 0) {
        return more;
    }
    size_t from = x->http_1_0 ? PIECE_OFFSET : frame_chunk(out, more == 0);
    x->body_out = more == 0;
    if (buf_failed(out)) {
        return -1;
    }
    if (out->n == from) {
        return 0;
    }
    return lws_write(x->wsi, (unsigned char *)out->p + from, out->n - from, LWS_WRITE_HTTP);
}

int server_write_body(struct exchange *x)
{
    return x->answer.state == ANSWER_TEXT ? write_text(x) : write_scrape(x);
}
