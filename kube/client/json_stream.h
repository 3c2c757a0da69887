/* json_stream.h — cuts a LIST response or a watch stream into the texts of single objects.
 * Uses: base.  Threads: one at a time.  Owner: the watch.
 *
 * It does not parse: it follows strings, brackets and the keys of the outermost level, holds at
 * most one object's text, and works whatever the sizes of the pieces it is fed. "items": null is an
 * empty list. That an object's text is JSON in itself is left to the parser that gets it. */
#ifndef KG_KUBE_JSON_STREAM_H
#define KG_KUBE_JSON_STREAM_H

#include "base/buf.h"
#include "base/err.h"

enum json_stream_mode {
    JSON_STREAM_LIST, /* one object: {"kind":…,"metadata":{…},"items":[…]}, keys in any order */
    JSON_STREAM_WATCH, /* objects one after the other, white space between or not */
};

struct json_stream_events {
    /* The text of one element of items (LIST) or of one whole document (WATCH), valid during the
     * call: a place in the piece fed if it stands there whole. Negative: stop. Any may be NULL. */
    int (*on_object)(void *arg, struct str text);
    /* LIST: the list's own metadata object, when its text is complete. Negative: stop. */
    int (*on_list_metadata)(void *arg, struct str text);
    /* An object larger than the maximum was passed over; bytes so far. Negative: stop. */
    int (*on_oversize)(void *arg, size_t bytes);
};

struct json_stream;

/* NULL when out of memory. max_object: bytes of one object (0: LIMIT_OBJECT_BYTES). */
struct json_stream *json_stream_new(enum json_stream_mode mode, size_t max_object,
                                    const struct json_stream_events *events, void *arg);
void json_stream_free(struct json_stream *s);

/* Feeds the next piece. Errors: -EBADMSG not JSON of the expected shape (err: what, at which byte)
 * · -E2BIG more than LIMIT_PAGE_BYTES in LIST mode · -ELOOP deeper than LIMIT_JSON_DEPTH · -ENOMEM
 * · what an event returned. After an error the stream only takes json_stream_free. */
int json_stream_feed(struct json_stream *s, struct str piece, struct err *err);

/* Says that no more comes. Errors: -ENODATA it ends inside an object (or LIST: before its end) ·
 * -EBADMSG LIST: there was no items (a Status, say). */
int json_stream_end(struct json_stream *s, struct err *err);

#endif
