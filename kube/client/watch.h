/* watch.h — holds a true copy of one resource in a consumer: reflector + HTTP + splitter.
 * Uses: base, kube/client/http, kube/client/reflector, kube/client/json_stream, jansson.  Threads:
 * the kube loop; kube_watch_state from any.  Owner: the kube loop.
 *
 * One request at a time. Each object is read alone and freed at once; what nobody looks at (two
 * thirds of a pod) is passed over. Objects of other shards are dropped by their uid before they are
 * read. */
#ifndef KG_KUBE_WATCH_H
#define KG_KUBE_WATCH_H

#include "base/err.h"
#include "base/str.h"
#include "kube/client/http.h"
#include "kube/client/json_wanted.h"
#include "kube/client/reflector.h"
#include "kube/client/shard.h"

#include <jansson.h>

/* Who keeps the copy. All calls on the kube loop's thread. */
struct kube_consumer {
    /* Paths of what it looks at, as kube/client/json_wanted.h has them, for who says to the watch
     * what is wanted; NULL: not known. Ends with NULL. */
    const char *const *reads;
    /* A new generation begins: what is put from now on goes into it until commit or abort. */
    int (*relist_begin)(void *arg, struct err *err);
    int (*relist_commit)(void *arg, struct err *err);
    void (*relist_abort)(void *arg);
    /* An object was added or changed. object is borrowed, and whatever jansson makes during the
     * call goes with it. An error counts as a decode error. */
    int (*put)(void *arg, const json_t *object, struct err *err);
    void (*remove)(void *arg, const json_t *object);
    /* Make changes visible: after a commit at once, else at most 20 times a second, and not later
     * than 50 ms after the first change that is not visible. */
    void (*settle)(void *arg);
    /* Whether it needs all objects anew, for a reason of its own; asked once a second or more often
     * while no list is under way. NULL: never. */
    bool (*wants_list)(void *arg);
};

struct kube_watch_spec {
    const char *group, *version, *plural;        /* group "" for core */
    const char *namespace;                       /* NULL: all */
    const char *field_selector, *label_selector; /* plain text, escaped here; or NULL */
    /* What the consumer looks at; of other members nothing is read. NULL: everything. Borrowed
     * until the watch is freed. */
    const struct json_wanted *wanted;
    bool streaming;     /* try the streaming list first */
    bool metadata_only; /* ask for no more than the objects' metadata (PartialObjectMetadata); a
                           server that cannot cut them down sends them whole */
    const struct reflector_times *times; /* NULL: reflector_times_default */
    uint64_t seed;                       /* of the jitter; 0: chosen at random */
    struct kube_shard shard;             /* zeroed: every object */
    bool shard_at_server; /* divided by RANGE: ask the server to send the share only */
};

/* Whether the server sends the share only. Each object is looked at here all the same, so that the
 * copy is right whatever the server does. */
enum kube_watch_sharding {
    KUBE_WATCH_SHARDING_HERE,    /* nothing to divide, or the server is not asked */
    KUBE_WATCH_SHARDING_UNKNOWN, /* asked; too few objects came to tell */
    KUBE_WATCH_SHARDING_SERVER,  /* it does: a list says so, or many objects came and all were ours
                                  */
    KUBE_WATCH_SHARDING_IGNORED, /* it does not: an older server, or the feature is off */
    KUBE_WATCH_SHARDING_REFUSED, /* it refused the selector or applied another: not asked again */
};

struct kube_watch_state {
    enum reflector_sync sync; /* SYNCED: the copy is as true as the server tells */
    bool synced_once;         /* a list was completed */
    bool connected;           /* a watch or list is under way and was answered */
    int refused; /* 403, 404 or 405: the last list's status, the server has no such resource or does
                    not let us see it; 0: neither */
    /* clock_mono_ns of the last byte, bookmark or end; 0: never. A quiet watch that is well hears
     * of the server about once a minute only. */
    uint64_t last_contact_ns;
    uint64_t behind_since_ns; /* since when the copy may be out of date; 0 while it is not */
    uint64_t failures;        /* in a row */
    uint64_t list_success, list_error;   /* lists completed; requests of a list that failed */
    uint64_t watch_success, watch_error; /* watches that the server took; that failed */
    uint64_t decode_errors, oversize_objects;
    uint64_t foreign_objects; /* other shards' objects that came, in lists and events, and went */
    enum kube_watch_sharding sharding;
    uint64_t events;                 /* objects added, changed, removed by watches */
    uint64_t relists;                /* lists begun after the first that was completed */
    char last_error[ERR_MAX];        /* "" when the last step went well */
    char last_decode_error[ERR_MAX]; /* stays */
};

struct kube_watch;

/* NULL on error. http, consumer and arg are borrowed. */
struct kube_watch *kube_watch_new(struct kube_http *http, struct kube_config *config,
                                  const struct kube_watch_spec *spec,
                                  const struct kube_consumer *consumer, void *arg, struct err *err);
void kube_watch_free(struct kube_watch *w);

/* Does what is due at now_ns (starts a request, ends a sleep). Returns the time in ns at which it
 * wants to be called again at the latest. */
uint64_t kube_watch_turn(struct kube_watch *w, uint64_t now_ns);

/* A copy of the state. Any thread. */
struct kube_watch_state kube_watch_state(struct kube_watch *w);

#endif
