/* reflector.h — what to ask the API server next, to hold a true copy of one resource.
 * Uses: base, kube/client/backoff.  Threads: one at a time.  Owner: the watch
 * (kube/client/watch.h), which does the I/O.
 *
 * No I/O and no clock in here: it is told what happened and when, and says the next step, so that
 * every order of events is a unit test. Phases: PAGES or STREAM (a list), then WATCH; a sleep may
 * stand before each request. Rules:
 *   - A watch resumes after any break from the last resourceVersion of an object or bookmark; that
 *     text is opaque and never compared as a number.
 *   - 410, or reason Expired or Gone, relists: at once the first time, backed off if nothing went
 *     well in between. So does what leaves doubt about the copy: an object that had to be passed
 *     over, a watch that fails three times in the middle of its stream with nothing gained.
 *   - The first list takes what the server's cache has (resourceVersion=0); a relist asks for the
 *     newest state, so that a copy never goes back in time. A continue token that expired starts
 *     the list again, without a limit, so that it cannot expire for ever.
 *   - 401 re-reads the credentials and tries again at once, then backed off; 403 and 404 are tried
 *     ever more rarely; 429 and 5xx wait for Retry-After.
 *   - Back-off doubles, with jitter, to a maximum by kind: short where no connection is made (a
 *     server that is down is not loaded, and all must be current soon after its return), longer
 *     where the server answers that it is overloaded. It starts anew after a steady time.
 *   - A streaming list (sendInitialEvents) that the server refuses, or takes without knowing it
 *     (objects, but never an end bookmark), falls back to pages for good; one that fails otherwise
 *     falls back once, the second time for good.
 *   - A watch that is silent for 90 s is given up and resumed at once, which is no failure: servers
 *     send a bookmark about once a minute, but (1.36) only while something of the resource changes,
 *     so that silence may be health. Where it is not, the new request finds out, because a server
 *     that is well answers it at once.
 *   - A watch that follows a failed one and is silent from its beginning gives way to a list: a
 *     server restored from a backup takes a version that it has yet to reach, and says nothing
 *     until it has. */
#ifndef KG_KUBE_REFLECTOR_H
#define KG_KUBE_REFLECTOR_H

#include "base/err.h"
#include "base/str.h"
#include "kube/client/backoff.h"

#define REFLECTOR_VERSION_MAX 64
#define REFLECTOR_CONTINUE_MAX 4096

struct reflector_times {
    struct backoff_times backoff;
    uint64_t list_idle_ns;        /* silence that ends a page */
    uint64_t stream_idle_ns;      /* silence that ends a streaming list, or a watch not answered */
    uint64_t watch_idle_ns;       /* silence that ends a watch; a tenth more by jitter */
    unsigned watch_sec, more_sec; /* timeoutSeconds= is watch_sec plus up to more_sec */
};

/* Back-off from 0.8 s to 5 s (no connection), 30 s (errors), 5 min (denied), 2 min (Retry-After),
 * anew after 10 s; silence of 65 s, 20 s and 90 s; watches of 300 to 600 s. */
extern const struct reflector_times reflector_times_default;

struct reflector_config {
    uint64_t seed;                       /* of the jitter; tests fix it */
    bool streaming;                      /* try the streaming list first */
    const struct reflector_times *times; /* copied; NULL: the default */
};

enum reflector_action {
    REFLECTOR_LIST_PAGE,   /* GET …?[limit=…][&continue=…][&resourceVersion=0] */
    REFLECTOR_LIST_STREAM, /* GET …?watch=true&sendInitialEvents=true&resourceVersionMatch=… */
    REFLECTOR_WATCH,       /* GET …?watch=true&resourceVersion=…&allowWatchBookmarks=true */
    REFLECTOR_SLEEP,       /* nothing before until_ns */
};

struct reflector_step {
    enum reflector_action action;
    uint64_t until_ns;        /* SLEEP */
    bool relist_begins;       /* a new generation is to be opened before the request */
    bool refresh_credentials; /* before the request */
    unsigned limit;           /* of a page; 0: none */
    struct str resource_version, continue_token; /* empty: none; valid until the next event */
    unsigned timeout_sec;                        /* timeoutSeconds= of a watch */
};

enum reflector_sync { REFLECTOR_NEVER_SYNCED, REFLECTOR_SYNCED, REFLECTOR_BEHIND };

/* What the owner must do with its generation after telling an event. */
enum reflector_effect {
    REFLECTOR_NOTHING = 0,
    REFLECTOR_COMMIT, /* the open generation is complete: swap it in */
    REFLECTOR_ABORT,  /* the open generation is worthless: drop it */
};

enum reflector_break {
    REFLECTOR_UNREACHABLE, /* no connection, or TLS refused */
    REFLECTOR_BROKEN,      /* it ended in the middle */
    REFLECTOR_GARBLED,     /* what came is not what was asked for, or could not be parsed */
    REFLECTOR_TIMED_OUT,   /* silent for reflector_idle_ns, or another time-out */
    REFLECTOR_LOST,        /* a change could not be applied: the copy is no longer true; also to be
                              told when no request is under way */
};

struct reflector;

/* NULL when out of memory. */
struct reflector *reflector_new(const struct reflector_config *config);
void reflector_free(struct reflector *r);

/* The next step; stable until an event is told or a sleep is over. Not to be asked while a request
 * is under way. */
struct reflector_step reflector_next(struct reflector *r, uint64_t now_ns);

/* Events. Those that end the request or a part of it return a reflector_effect, or -EINVAL for what
 * cannot happen in this phase (nothing changes then). */

/* The request of the last step goes out (its generation, if one begins, is open). */
void reflector_begun(struct reflector *r, uint64_t now_ns);
/* A 2xx status or bytes of its body came. */
void reflector_heard(struct reflector *r, uint64_t now_ns);
/* A page is complete. Errors also: -EBADMSG no version, or a version or token beyond its maximum;
 * the owner then tells REFLECTOR_GARBLED. */
int reflector_page_done(struct reflector *r, struct str resource_version, struct str continue_token,
                        uint64_t now_ns);
int reflector_object(struct reflector *r, struct str resource_version, uint64_t now_ns);
/* May return REFLECTOR_COMMIT: the streaming list is complete, the same request goes on as a watch.
 */
int reflector_bookmark(struct reflector *r, struct str resource_version, bool initial_events_end,
                       uint64_t now_ns);
int reflector_stream_end(struct reflector *r, uint64_t now_ns); /* clean end of a watch */
/* An HTTP status >= 400, or an ERROR event's Status; reason may be empty ("Expired", …;
 * "ResourceVersionTooLarge" when a cause of the Status says so). retry_after_ms: -1 none. */
int reflector_status(struct reflector *r, int code, struct str reason, int64_t retry_after_ms,
                     uint64_t now_ns);
int reflector_broken(struct reflector *r, enum reflector_break why, uint64_t now_ns);
/* The watch was ended here, for all objects to be listed anew; during a list: nothing. */
int reflector_relist(struct reflector *r);

/* What denied the last request has changed: a sleep that is under way ends. */
void reflector_hurry(struct reflector *r);

/* The silence after which the request that is under way is to be given up; changes with the first
 * byte heard, and when a streaming list becomes a watch. 0: none is under way. */
uint64_t reflector_idle_ns(const struct reflector *r);

/* SYNCED: a list was completed, and the watch that follows it is under way or being renewed after
 * a clean end. */
enum reflector_sync reflector_sync(const struct reflector *r);
uint64_t reflector_last_contact_ns(const struct reflector *r); /* last heard; 0 never */
uint64_t reflector_failures(const struct reflector *r);        /* consecutive */

#endif
