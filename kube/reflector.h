/* reflector.h — what to ask the API server next, to hold a true copy of one resource.
 * Uses: base.  Threads: one at a time.  Owner: the watch (kube/watch.h), which does the I/O.
 *
 * No I/O and no clock in here: it is told what happened and when, and says the next step, so that
 * every order of events is a unit test. States: LISTING (streaming list or pages), WATCHING,
 * WAITING (back-off). Rules: resume from the last resourceVersion after a break; 410 and reason
 * Expired relist; 401 re-reads credentials before the next step; 429 and 5xx honour Retry-After;
 * failures back off exponentially with jitter; a streaming list (sendInitialEvents) that the server
 * does not know falls back to pages for good. resourceVersion is opaque text. */
#ifndef KG_KUBE_REFLECTOR_H
#define KG_KUBE_REFLECTOR_H

#include "base/err.h"
#include "base/str.h"

#define REFLECTOR_VERSION_MAX 64
#define REFLECTOR_CONTINUE_MAX 4096

enum reflector_action {
    REFLECTOR_LIST_PAGE,   /* GET …?limit=500[&continue=…][&resourceVersion=0] */
    REFLECTOR_LIST_STREAM, /* GET …?watch=true&sendInitialEvents=true&resourceVersionMatch=… */
    REFLECTOR_WATCH,       /* GET …?watch=true&resourceVersion=…&allowWatchBookmarks=true */
    REFLECTOR_SLEEP,       /* nothing before until_ns */
};

struct reflector_step {
    enum reflector_action action;
    uint64_t until_ns;        /* SLEEP */
    bool relist_begins;       /* a new generation is to be opened before the request */
    bool refresh_credentials; /* before the request */
    struct str resource_version, continue_token; /* valid until the next call */
    unsigned timeout_sec; /* timeoutSeconds= of a watch, jittered (300..600) */
};

enum reflector_sync { REFLECTOR_NEVER_SYNCED, REFLECTOR_SYNCED, REFLECTOR_BEHIND };

/* What the owner must do with its generation after telling an event. */
enum reflector_effect {
    REFLECTOR_NOTHING = 0,
    REFLECTOR_COMMIT, /* the open generation is complete: swap it in */
    REFLECTOR_ABORT,  /* the open generation is worthless: drop it */
};

struct reflector;

/* seed: of the jitter (tests fix it). streaming: whether to try the streaming list first. */
struct reflector *reflector_new(uint64_t seed, bool streaming);
void reflector_free(struct reflector *r);

/* The next step; stable until an event is told. */
struct reflector_step reflector_next(struct reflector *r, uint64_t now_ns);

/* Events. Each returns an effect, or a negative errno for what cannot happen in this state. */
int reflector_page_done(struct reflector *r, struct str resource_version, struct str continue_token,
                        uint64_t now_ns);
int reflector_object(struct reflector *r, struct str resource_version, uint64_t now_ns);
int reflector_bookmark(struct reflector *r, struct str resource_version, bool initial_events_end,
                       uint64_t now_ns);
int reflector_stream_end(struct reflector *r, uint64_t now_ns); /* clean end of a watch */
/* An HTTP status >= 400, or an ERROR event's Status; reason may be empty ("Expired", …). */
int reflector_status(struct reflector *r, int code, struct str reason, int64_t retry_after_ms,
                     uint64_t now_ns);
/* The connection, TLS, a time-out, or what could not be parsed. */
int reflector_broken(struct reflector *r, uint64_t now_ns);

enum reflector_sync reflector_sync(const struct reflector *r);
uint64_t
reflector_last_contact_ns(const struct reflector *r);   /* last event from the server; 0 never */
uint64_t reflector_failures(const struct reflector *r); /* consecutive */

#endif
