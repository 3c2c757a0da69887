#include "tests/integration/fetch.h"

#include "base/clock.h"
#include "tests/support/test.h"

static int on_body(void *arg, struct str piece)
{
    struct fetch *f = arg;
    assert_int_equal(f->ended, 0);
    f->n_pieces++;
    f->n_bytes += piece.n;
    buf_add(&f->body, str_head(piece, f->body.max - f->body.n));
    if (f->in_body) {
        f->in_body(f);
    }
    return f->refuse_at && f->n_bytes >= f->refuse_at ? -EBADMSG : 0;
}

static void on_end(void *arg, const struct kube_http_end *end)
{
    struct fetch *f = arg;
    f->ended++;
    f->end = *end;
    assert_non_null(end->message);
    snprintf(f->message, sizeof(f->message), "%s", end->message);
    buf_add(&f->error_body, end->error_body);
    if (f->in_end) {
        f->in_end(f);
    }
}

static void on_answer(void *arg)
{
    struct fetch *f = arg;
    assert_int_equal(f->n_pieces, 0);
    assert_int_equal(f->ended, 0);
    f->n_answers++;
    if (f->in_answer) {
        f->in_answer(f);
    }
}

const struct kube_http_events fetch_events = {
    .on_body = on_body,
    .on_end = on_end,
    .on_answer = on_answer,
};
const struct kube_http_timeouts no_timeouts;

void fetch_begin(struct kube_http *h, struct fetch *f, const char *path,
                 struct kube_http_timeouts timeouts)
{
    struct err err = { 0 };
    f->http = h;
    f->ended = 0;
    f->n_pieces = f->n_bytes = f->n_answers = 0;
    buf_clear(&f->body);
    buf_clear(&f->error_body);
    f->transfer = kube_http_get(h, path, &timeouts, &fetch_events, f, &err);
    if (!f->transfer) {
        fail_msg("%s", err.text);
    }
}

void fetch_turn(struct kube_http *h, int timeout_ms)
{
    struct err err = { 0 };
    if (kube_http_turn(h, timeout_ms, &err) < 0) {
        fail_msg("%s", err.text);
    }
}

#define PATIENCE_NS (20 * CLOCK_NS_PER_SEC)

void fetch_wait(struct kube_http *h, struct fetch *f)
{
    uint64_t end = clock_mono_ns() + PATIENCE_NS;
    while (!f->ended) {
        if (clock_mono_ns() > end) {
            fail_msg("no end in sight");
        }
        fetch_turn(h, 100);
    }
}

void fetch(struct kube_http *h, struct fetch *f, const char *path)
{
    fetch_begin(h, f, path, no_timeouts);
    fetch_wait(h, f);
}

void fetch_done(struct fetch *f)
{
    buf_done(&f->body);
    buf_done(&f->error_body);
}

void fetch_expect(const struct fetch *f, enum kube_http_result result, long status)
{
    assert_true(f->n_answers == (status == 200) || result == KUBE_HTTP_BROKEN);
    if (f->end.result != result || f->end.status != status || f->ended != 1) {
        fail_msg("result %d status %ld (%s), ended %d times", (int)f->end.result, f->end.status,
                 f->message, f->ended);
    }
}
