#include "kube/client/reflector.h"

#include "base/clock.h"
#include "base/limits.h"

#define SEC CLOCK_NS_PER_SEC

/* So often a page is asked for again, a streaming list broke, or a watch failed in the middle of
 * its stream with nothing gained, before something else is tried. */
#define TRIES 3

/* So often a streaming list may fail on its own, each time with pages in its stead, before it is
 * not tried again. */
#define STREAM_FAILURES 2

enum phase { PHASE_PAGES, PHASE_STREAM, PHASE_WATCH };

struct reflector {
    struct reflector_times times;
    struct backoff backoff;
    enum phase phase;
    bool streaming; /* the streaming list is to be tried */
    bool synced_once;
    bool generation_open;
    bool refresh_credentials;
    bool unlimited; /* the next list asks for all at once */
    bool doubtful;  /* a watch failed, and nothing that came since shows that version is known */
    unsigned timeout_sec;
    uint64_t until_ns; /* of the sleep before the next request; 0: none */

    /* The request that is under way. */
    bool under_way, is_heard, has_progressed;
    uint64_t begun_ns, idle_ns;

    uint64_t contact_ns;
    uint64_t failures;
    unsigned page_tries, stream_breaks, stream_failures, fruitless, gone, unauthorized;

    size_t version_n, list_version_n, continue_n;
    char version[REFLECTOR_VERSION_MAX];
    char list_version[REFLECTOR_VERSION_MAX]; /* of the list's first page */
    char continue_token[REFLECTOR_CONTINUE_MAX];
};

const struct reflector_times reflector_times_default = {
    .backoff = {
        .first_ns = 800 * CLOCK_NS_PER_MS,
        .max_ns = {
            [BACKOFF_NET] = 5 * SEC,
            [BACKOFF_SERVER] = 30 * SEC,
            [BACKOFF_DENIED] = 300 * SEC,
        },
        .retry_after_max_ns = 120 * SEC,
        .steady_ns = 10 * SEC,
    },
    .list_idle_ns = 65 * SEC, /* a server gives up on a list after 60 s */
    .stream_idle_ns = 20 * SEC,
    .watch_idle_ns = 90 * SEC,
    .watch_sec = 300,
    .more_sec = 300,
};

/* Spreads the ends of the watches of a whole cluster's agents. */
static void choose_timeout(struct reflector *r)
{
    r->timeout_sec =
        r->times.watch_sec + (unsigned)backoff_random(&r->backoff, r->times.more_sec + 1u);
}

struct reflector *reflector_new(const struct reflector_config *config)
{
    struct reflector *r = calloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    r->times = config->times ? *config->times : reflector_times_default;
    r->backoff = (struct backoff){ .times = r->times.backoff, .random = config->seed };
    r->streaming = config->streaming;
    r->phase = r->streaming ? PHASE_STREAM : PHASE_PAGES;
    choose_timeout(r);
    return r;
}

void reflector_free(struct reflector *r)
{
    free(r);
}

struct reflector_step reflector_next(struct reflector *r, uint64_t now_ns)
{
    if (now_ns < r->until_ns) {
        return (struct reflector_step){ .action = REFLECTOR_SLEEP, .until_ns = r->until_ns };
    }
    struct reflector_step step = {
        .refresh_credentials = r->refresh_credentials,
        .timeout_sec = r->timeout_sec,
        .relist_begins = r->phase != PHASE_WATCH && !r->generation_open,
    };
    switch (r->phase) {
    case PHASE_STREAM:
        step.action = REFLECTOR_LIST_STREAM;
        break;
    case PHASE_WATCH:
        step.action = REFLECTOR_WATCH;
        step.resource_version = (struct str){ r->version, r->version_n };
        break;
    case PHASE_PAGES:
        step.action = REFLECTOR_LIST_PAGE;
        step.limit = r->unlimited ? 0 : LIMIT_LIST_PAGE_OBJECTS;
        step.continue_token = (struct str){ r->continue_token, r->continue_n };
        /* A token carries its own version; the server refuses both together. */
        if (!r->synced_once && !r->unlimited && r->continue_n == 0) {
            step.resource_version = STR("0");
        }
        break;
    }
    return step;
}

static uint64_t idle_limit(struct reflector *r)
{
    switch (r->phase) {
    case PHASE_PAGES:
        return r->times.list_idle_ns;
    case PHASE_STREAM:
        return r->times.stream_idle_ns;
    case PHASE_WATCH:
        break;
    }
    /* The head of a watch's answer comes at once, even if nothing follows it for minutes. */
    if (!r->is_heard) {
        return r->times.stream_idle_ns;
    }
    return r->times.watch_idle_ns + backoff_random(&r->backoff, r->times.watch_idle_ns / 10);
}

void reflector_begun(struct reflector *r, uint64_t now_ns)
{
    r->under_way = true;
    r->is_heard = r->has_progressed = false;
    r->begun_ns = now_ns;
    r->idle_ns = idle_limit(r);
    r->until_ns = 0;
    r->refresh_credentials = false;
    if (r->phase != PHASE_WATCH) {
        r->generation_open = true;
    }
}

void reflector_heard(struct reflector *r, uint64_t now_ns)
{
    bool is_first = !r->is_heard;
    r->is_heard = true;
    r->contact_ns = now_ns;
    r->unauthorized = 0;
    if (r->phase == PHASE_WATCH) {
        r->failures = 0;
        backoff_good(&r->backoff, now_ns);
    }
    if (is_first) {
        r->idle_ns = idle_limit(r);
    }
}

static void end_request(struct reflector *r)
{
    r->under_way = false;
    choose_timeout(r);
}

static void back_off(struct reflector *r, enum backoff_fault kind, int64_t retry_after_ms,
                     uint64_t now_ns)
{
    r->failures++;
    r->doubtful = r->doubtful || r->phase == PHASE_WATCH;
    r->until_ns = backoff_fault(&r->backoff, kind, retry_after_ms, now_ns);
}

static int relist(struct reflector *r)
{
    bool was_open = r->generation_open;
    r->generation_open = false;
    r->continue_n = 0;
    r->page_tries = 0;
    r->list_version_n = 0;
    r->fruitless = 0;
    r->doubtful = false;
    r->phase = r->streaming ? PHASE_STREAM : PHASE_PAGES;
    return was_open ? REFLECTOR_ABORT : REFLECTOR_NOTHING;
}

static int relist_by_pages(struct reflector *r)
{
    int effect = relist(r);
    r->phase = PHASE_PAGES;
    return effect;
}

/* A list was interrupted. A page with a token shows the same snapshot when asked for again, so that
 * the generation may go on; everything else starts anew, because an object deleted since the first
 * attempt would stay for ever. */
static int interrupted(struct reflector *r, bool counts)
{
    switch (r->phase) {
    case PHASE_PAGES:
        if (r->continue_n == 0 || (counts && ++r->page_tries >= TRIES)) {
            return relist_by_pages(r);
        }
        return REFLECTOR_NOTHING;
    case PHASE_STREAM:
        if (counts && ++r->stream_breaks >= TRIES) {
            r->stream_breaks = 0;
            return relist_by_pages(r);
        }
        return relist(r);
    case PHASE_WATCH:
        break;
    }
    return REFLECTOR_NOTHING;
}

static int list_complete(struct reflector *r, struct str version, uint64_t now_ns)
{
    memcpy(r->version, version.p, version.n);
    r->version_n = version.n;
    r->phase = PHASE_WATCH;
    r->generation_open = false;
    r->synced_once = true;
    r->unlimited = false;
    r->failures = 0;
    backoff_good(&r->backoff, now_ns);
    return REFLECTOR_COMMIT;
}

static bool is_version(struct str version)
{
    return version.n > 0 && version.n <= REFLECTOR_VERSION_MAX;
}

int reflector_page_done(struct reflector *r, struct str resource_version, struct str continue_token,
                        uint64_t now_ns)
{
    if (!r->under_way || r->phase != PHASE_PAGES) {
        return -EINVAL;
    }
    if (!is_version(resource_version) || continue_token.n > REFLECTOR_CONTINUE_MAX) {
        return -EBADMSG;
    }
    reflector_heard(r, now_ns);
    end_request(r);
    r->page_tries = 0;
    /* The first page's version: should later pages be newer (a continuation that the server calls
     * inconsistent), the watch repeats what happened in between. */
    if (r->list_version_n == 0) {
        memcpy(r->list_version, resource_version.p, resource_version.n);
        r->list_version_n = resource_version.n;
    }
    if (continue_token.n > 0) {
        memcpy(r->continue_token, continue_token.p, continue_token.n);
        r->continue_n = continue_token.n;
        return REFLECTOR_NOTHING;
    }
    struct str version = { r->list_version, r->list_version_n };
    r->continue_n = r->list_version_n = 0;
    return list_complete(r, version, now_ns);
}

static void watch_progress(struct reflector *r, struct str version)
{
    r->has_progressed = true;
    if (r->phase != PHASE_WATCH) {
        return;
    }
    r->gone = r->fruitless = 0;
    r->doubtful = false;
    if (is_version(version)) {
        memcpy(r->version, version.p, version.n);
        r->version_n = version.n;
    }
}

int reflector_object(struct reflector *r, struct str resource_version, uint64_t now_ns)
{
    if (!r->under_way || r->phase == PHASE_PAGES) {
        return -EINVAL;
    }
    reflector_heard(r, now_ns);
    /* Initial objects come in order of their names: only the end bookmark's version counts. */
    watch_progress(r, resource_version);
    return REFLECTOR_NOTHING;
}

int reflector_bookmark(struct reflector *r, struct str resource_version, bool initial_events_end,
                       uint64_t now_ns)
{
    if (!r->under_way || r->phase == PHASE_PAGES ||
        (initial_events_end && !is_version(resource_version))) {
        return -EINVAL;
    }
    reflector_heard(r, now_ns);
    if (r->phase == PHASE_STREAM && initial_events_end) {
        int effect = list_complete(r, resource_version, now_ns);
        r->stream_breaks = r->stream_failures = 0;
        r->has_progressed = true;
        r->idle_ns = idle_limit(r);
        return effect;
    }
    watch_progress(r, resource_version);
    return REFLECTOR_NOTHING;
}

/* A watch that ended with nothing wrong. A server that was restored from a backup while it was away
 * takes a watch from a version that it has yet to reach, and is silent until it has. */
static int watch_ended(struct reflector *r)
{
    return r->doubtful ? relist(r) : REFLECTOR_NOTHING;
}

/* A streaming list that ended, went silent, or ran into an error where its end bookmark should be.
 * A server that sends objects and never that bookmark takes the parameters without knowing them;
 * one of the others may pass. */
static int stream_failed(struct reflector *r, bool is_unknown)
{
    r->failures++;
    if (is_unknown || ++r->stream_failures >= STREAM_FAILURES) {
        r->streaming = false;
    }
    return relist_by_pages(r);
}

int reflector_stream_end(struct reflector *r, uint64_t now_ns)
{
    if (!r->under_way || r->phase == PHASE_PAGES) {
        return -EINVAL;
    }
    end_request(r);
    if (r->phase == PHASE_STREAM) {
        return stream_failed(r, r->has_progressed);
    }
    /* An end at once, with nothing gained, is a failure in the clothes of a clean end. */
    if (!r->has_progressed && now_ns - r->begun_ns < r->times.backoff.first_ns) {
        back_off(r, BACKOFF_SERVER, -1, now_ns);
        return REFLECTOR_NOTHING;
    }
    return watch_ended(r);
}

static int gone(struct reflector *r, uint64_t now_ns)
{
    if (r->continue_n > 0) {
        r->unlimited = true;
    }
    if (r->gone++ == 0) {
        r->failures++;
    } else {
        back_off(r, BACKOFF_SERVER, -1, now_ns);
    }
    return relist(r);
}

/* The server refuses the parameters of a streaming list: 422 where the feature is off, the others
 * from what is older or stands in between. One whose etcd is too old for it (before 3.4.31, 3.5.13)
 * takes the request and then says 500 in place of the first object. */
static bool refuses_streaming(const struct reflector *r, int code)
{
    return code == 400 || code == 405 || code == 406 || code == 415 || code == 422 || code == 501 ||
           (code == 500 && r->is_heard && !r->has_progressed);
}

/* The same watch may be tried again, but not for ever: only a list shows whether there is still a
 * true copy to be had from this version. */
static int watch_failed_inside(struct reflector *r)
{
    return ++r->fruitless >= TRIES ? relist(r) : REFLECTOR_NOTHING;
}

static int server_error(struct reflector *r, int64_t retry_after_ms, uint64_t now_ns)
{
    back_off(r, BACKOFF_SERVER, retry_after_ms, now_ns);
    if (r->phase != PHASE_WATCH) {
        return interrupted(r, true);
    }
    /* As the answer to the request it says nothing about the version; as an event it may. */
    return r->is_heard ? watch_failed_inside(r) : REFLECTOR_NOTHING;
}

static int unauthorized(struct reflector *r, uint64_t now_ns)
{
    r->refresh_credentials = true;
    if (r->unauthorized++ == 0) {
        r->failures++;
    } else {
        back_off(r, BACKOFF_SERVER, -1, now_ns);
    }
    return interrupted(r, false);
}

int reflector_status(struct reflector *r, int code, struct str reason, int64_t retry_after_ms,
                     uint64_t now_ns)
{
    if (!r->under_way) {
        return -EINVAL;
    }
    end_request(r);
    if (code == 410 || str_eq(reason, STR("Expired")) || str_eq(reason, STR("Gone"))) {
        return gone(r, now_ns);
    }
    if (str_eq(reason, STR("ResourceVersionTooLarge"))) {
        /* This server (a lagging replica, or one restored from a backup) does not know our version
         * yet, or will never. */
        back_off(r, BACKOFF_SERVER, retry_after_ms, now_ns);
        return r->phase == PHASE_WATCH ? watch_failed_inside(r) : interrupted(r, true);
    }
    if (code == 401) {
        return unauthorized(r, now_ns);
    }
    if (r->phase == PHASE_STREAM && refuses_streaming(r, code)) {
        r->streaming = false;
        return relist_by_pages(r);
    }
    if (r->phase == PHASE_STREAM && r->is_heard && code >= 500) {
        return stream_failed(r, false);
    }
    if (code == 403 || code == 404 || code == 405) {
        back_off(r, BACKOFF_DENIED, -1, now_ns);
        return interrupted(r, false);
    }
    if (code == 429 || code >= 500) {
        return server_error(r, retry_after_ms, now_ns);
    }
    /* What is wrong with the request can only be its version or its token. */
    back_off(r, BACKOFF_SERVER, retry_after_ms, now_ns);
    return relist(r);
}

void reflector_hurry(struct reflector *r)
{
    r->until_ns = 0;
    r->backoff.doublings[BACKOFF_DENIED] = 0;
}

static int timed_out(struct reflector *r, uint64_t now_ns)
{
    if (r->phase == PHASE_STREAM && r->is_heard) {
        return stream_failed(r, r->has_progressed);
    }
    if (r->phase == PHASE_WATCH && r->is_heard) {
        return watch_ended(r);
    }
    back_off(r, BACKOFF_NET, -1, now_ns);
    return interrupted(r, true);
}

int reflector_broken(struct reflector *r, enum reflector_break why, uint64_t now_ns)
{
    if (!r->under_way && why != REFLECTOR_LOST) {
        return -EINVAL;
    }
    end_request(r);
    switch (why) {
    case REFLECTOR_TIMED_OUT:
        return timed_out(r, now_ns);
    case REFLECTOR_UNREACHABLE:
    case REFLECTOR_BROKEN:
        back_off(r, BACKOFF_NET, -1, now_ns);
        return interrupted(r, why == REFLECTOR_BROKEN);
    case REFLECTOR_GARBLED:
        back_off(r, BACKOFF_SERVER, -1, now_ns);
        return r->phase == PHASE_WATCH ? watch_failed_inside(r) : interrupted(r, true);
    case REFLECTOR_LOST:
        break;
    }
    back_off(r, BACKOFF_SERVER, -1, now_ns);
    return relist(r);
}

int reflector_relist(struct reflector *r)
{
    if (r->phase != PHASE_WATCH) {
        return REFLECTOR_NOTHING;
    }
    end_request(r);
    return relist(r);
}

uint64_t reflector_idle_ns(const struct reflector *r)
{
    return r->under_way ? r->idle_ns : 0;
}

enum reflector_sync reflector_sync(const struct reflector *r)
{
    if (!r->synced_once) {
        return REFLECTOR_NEVER_SYNCED;
    }
    return r->phase == PHASE_WATCH && r->failures == 0 ? REFLECTOR_SYNCED : REFLECTOR_BEHIND;
}

uint64_t reflector_last_contact_ns(const struct reflector *r)
{
    return r->contact_ns;
}

uint64_t reflector_failures(const struct reflector *r)
{
    return r->failures;
}
