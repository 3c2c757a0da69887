/* fuzz_json_stream.c — any bytes, cut anywhere, give what they give in one piece; and what jansson
 * takes as a list of objects comes out as exactly those objects.
 * Input: byte 0 mode and size of the maximum, byte 1 seed of the cuts, then the text. */
#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/json_stream.h"

#include <jansson.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct record {
    struct buf log;
    json_t *objects; /* array, when jansson is to be compared with */
    bool oversize;
};

static int on_object(void *arg, struct str text)
{
    struct record *r = arg;
    buf_addf(&r->log, "object %zu ", text.n);
    buf_add(&r->log, text);
    if (r->objects) {
        json_array_append_new(r->objects, json_loadb(text.p, text.n, 0, NULL));
    }
    return 0;
}

static int on_metadata(void *arg, struct str text)
{
    struct record *r = arg;
    buf_addf(&r->log, "metadata %zu ", text.n);
    buf_add(&r->log, text);
    return 0;
}

static int on_oversize(void *arg, size_t bytes)
{
    struct record *r = arg;
    r->oversize = true;
    buf_addf(&r->log, "oversize %zu ", bytes);
    return 0;
}

static int run(enum json_stream_mode mode, size_t max, struct str text, uint32_t seed,
               struct record *r)
{
    static const struct json_stream_events events = { on_object, on_metadata, on_oversize };
    struct json_stream *s = json_stream_new(mode, max, &events, r);
    int result = s ? 0 : -ENOMEM;
    while (text.n && result == 0) {
        size_t n = text.n;
        if (seed) {
            seed = seed * 1664525u + 1013904223u;
            n = KG_MIN(text.n, (size_t)1 + (seed >> 24) % 90);
        }
        char *copy = malloc(n); /* its own size, so that a read beyond it is seen */
        if (!copy) {
            abort();
        }
        memcpy(copy, text.p, n);
        result = json_stream_feed(s, (struct str){ copy, n }, NULL);
        free(copy);
        text = str_from(text, n);
    }
    if (result == 0) {
        result = json_stream_end(s, NULL);
    }
    json_stream_free(s);
    return result;
}

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

/* The items of a list that jansson takes, if all are objects; else NULL. */
static json_t *items_of(struct str text)
{
    json_t *whole = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_t *items = json_incref(json_object_get(whole, "items"));
    json_decref(whole);
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (!json_is_object(json_array_get(items, i))) {
            json_decref(items);
            return NULL;
        }
    }
    if (items && !json_is_array(items)) {
        json_decref(items);
        return NULL;
    }
    return items;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 64 * KIB) {
        return 0;
    }
    enum json_stream_mode mode = data[0] & 1 ? JSON_STREAM_WATCH : JSON_STREAM_LIST;
    size_t max = data[0] < 128 ? 0 : (size_t)(data[0] - 127) * 2;
    struct str text = { (const char *)data + 2, size - 2 };
    struct record whole = { .log = BUF_INIT(4 * MIB) }, cut = { .log = BUF_INIT(4 * MIB) };

    json_t *items = mode == JSON_STREAM_LIST && max == 0 ? items_of(text) : NULL;
    whole.objects = items ? json_array() : NULL;
    int result = run(mode, max, text, 0, &whole);
    require(run(mode, max, text, (uint32_t)data[1] * 7919 + 1, &cut) == result, "the same result");
    require(str_eq(buf_str(&whole.log), buf_str(&cut.log)), "the same events");
    if (items && result != -ELOOP) {
        require(result == 0, "jansson takes it, we do not");
        require(json_equal(items, whole.objects), "the same objects");
    }
    json_decref(items);
    json_decref(whole.objects);
    buf_done(&whole.log);
    buf_done(&cut.log);
    return 0;
}
