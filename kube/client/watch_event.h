/* watch_event.h — what stands in the JSON of a watch event, a Status and a list's metadata.
 * Uses: base, jansson.  Threads: any.  Owner: none; results are borrowed from the JSON. */
#ifndef KG_KUBE_WATCH_EVENT_H
#define KG_KUBE_WATCH_EVENT_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

enum watch_event_type {
    WATCH_EVENT_PUT, /* ADDED, MODIFIED */
    WATCH_EVENT_REMOVE,
    WATCH_EVENT_BOOKMARK,
    WATCH_EVENT_ERROR,
};

struct watch_event {
    enum watch_event_type type;
    const json_t *object; /* of ERROR: a Status */
    struct str version;   /* metadata.resourceVersion, or empty */
    bool initial_events_end;
};

/* Reads {"type":…,"object":{…}}. Sets *ret. Errors: -EBADMSG another shape or type (err). */
int watch_event_read(const json_t *document, struct watch_event *ret, struct err *err);

struct watch_status {
    int code;
    struct str reason; /* "ResourceVersionTooLarge" where a cause or the message says that */
    struct str message;
    int64_t retry_after_ms; /* -1: none */
};

/* Reads a Status; what is absent is 0, empty, -1. */
struct watch_status watch_status_read(const json_t *status);

struct watch_list_metadata {
    struct str version, continue_token; /* empty when absent */
    struct str shard_selector;          /* what the server divided by; p NULL: it did not */
};

/* Reads {"resourceVersion":…,"continue":…,"shardInfo":{"selector":…}}. */
struct watch_list_metadata watch_list_metadata_read(const json_t *metadata);

/* Parses the text of one object or event. NULL on error. Errors: -EBADMSG not JSON (err: where) ·
 * -ENOMEM. */
json_t *watch_parse(struct str text, struct err *err);

#endif
