/* answer.h — a request and the answer to it, without a word of any HTTP library.
 * Uses: agent/service, negotiate, query, metrics.  Threads: the HTTP loop.  Owner: the server. */
#ifndef KG_AGENT_ANSWER_H
#define KG_AGENT_ANSWER_H

#include "agent/http/negotiate.h"
#include "agent/http/query.h"
#include "agent/service.h"
#include "metrics/pack.h"
#include "metrics/scrape.h"

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_OTHER };

struct request {
    enum request_method method;
    bool telemetry; /* it came to the telemetry port */
    struct str path;
    const struct str *args; /* decoded "key=value" */
    size_t n_args;
    struct str accept, accept_encoding;
    struct str peer, user_agent; /* the client's address without port; empty when not known */
};

enum answer_state {
    ANSWER_NONE,
    ANSWER_WAITS,  /* for a reading of the node, or the end of a scrape */
    ANSWER_TEXT,   /* the body is text */
    ANSWER_SCRAPE, /* the body comes by answer_next, of a length not known before */
};

struct answer {
    enum answer_state state;
    int status;
    const char *content_type;
    bool head;               /* headers only */
    bool allow_get;          /* 405: says what is allowed */
    unsigned retry_after_s;  /* 0: none */
    enum pack_coding coding; /* Content-Encoding */
    bool vary;               /* the answer depends on Accept and Accept-Encoding */
    struct buf text;         /* ANSWER_TEXT */

    struct service *service;
    const struct endpoint *endpoint;
    struct negotiated negotiated;
    struct query query;
    uint64_t scraper; /* scraper_id; 0: the answer holds no objects in any case */
    char peer[46];
    bool with_objects;         /* the state of some resource is in it, be it without a series */
    bool counted;              /* in service->scrapes_now */
    uint64_t ticket, began_ns; /* ticket: of the reading, or of the scrapes noted before */
    struct scrape *scrape;
    uint64_t sent_bytes;
    bool complete;
};

/* Begins the answer to a request; request is not kept. *a becomes ANSWER_WAITS or has its status
 * and a body. Errors (no such path, bad query, too busy) are answers, too. */
void answer_begin(struct service *s, const struct request *request, uint64_t now_ns,
                  struct answer *a);

/* Looks whether the reading that a waiting answer needs is there, or it has waited too long.
 * Returns whether it waits no more. */
bool answer_poll(struct answer *a, uint64_t now_ns);

/* Memory that answers share while they are written, so that a slow client holds none of it. */
struct answer_scratch {
    struct buf text;
    struct packer *packers[PACK_N_CODINGS];
};

/* Errors: -ENOMEM, it is then as after done. */
int answer_scratch_init(struct answer_scratch *scratch);
void answer_scratch_done(struct answer_scratch *scratch);

/* Appends the next bytes of the body of an ANSWER_SCRAPE, of bounded size, to out. Returns 1 when
 * more follows, 0 at the end, or an error: the answer cannot be completed then. */
int answer_next(struct answer *a, struct answer_scratch *scratch, struct buf *out);

/* Ends it, complete or not, and counts it. The struct may be used again. */
void answer_done(struct answer *a, uint64_t now_ns);

#endif
