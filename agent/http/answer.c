#include "agent/http/answer.h"

#include "agent/http/answer_parts.h"
#include "agent/http/page.h"
#include "agent/http/scrape_note.h"
#include "base/clock.h"
#include "base/num.h"

#define TEXT_MAX (256 * KIB)
#define PLAIN "text/plain; charset=utf-8"

/* A scrape whose reading has not come by then gets 503: the node loop is stuck, and whoever asks
 * has long given up. */
#define READING_WAIT_NS (15 * CLOCK_NS_PER_SEC)

/* Without a scrape what is known is told again: who asks is to see that we live. */
#define SCRAPES_WAIT_NS (10 * CLOCK_NS_PER_SEC)

static void text_answer(struct answer *a, int status, const char *content_type)
{
    a->state = ANSWER_TEXT;
    a->status = status;
    a->content_type = content_type;
    a->coding = PACK_NONE;
    a->vary = false;
}

static void refuse(struct answer *a, int status, const char *why)
{
    text_answer(a, status, PLAIN);
    buf_addf(&a->text, "%s\n", why);
}

static void not_found(struct answer *a, struct str path, bool telemetry)
{
    text_answer(a, 404, PLAIN);
    buf_addf(&a->text, "Nothing is served at " STR_FMT ". There are:\n\n",
             STR_ARG(str_head(path, 200)));
    endpoints_list(telemetry, &a->text);
}

static void fixed_answer(struct answer *a, uint64_t now_ns)
{
    bool good = true;
    if (a->endpoint->kind == ENDPOINT_HEALTHZ) {
        good = health_alive(a->service->health, now_ns, &a->text);
    } else if (a->endpoint->kind == ENDPOINT_READYZ) {
        good = service_ready(a->service, now_ns, &a->text);
    } else if (a->endpoint->kind == ENDPOINT_LIVEZ) {
        good = service_live(a->service, now_ns, &a->text);
    } else {
        buf_add(&a->text, page_html);
        text_answer(a, 200, "text/html; charset=utf-8");
        return;
    }
    text_answer(a, good ? 200 : 503, PLAIN);
}

/* Tells who asks from what it is and what it asks for. */
static void identify(struct answer *a, const struct request *request)
{
    auto_buf struct buf query = BUF_INIT(LIMIT_REQUEST_HEADER_BYTES);
    for (size_t i = 0; i < request->n_args; i++) {
        buf_add(&query, request->args[i]);
        buf_add_char(&query, '&');
    }
    a->scraper = scraper_id(request->peer, request->user_agent, request->path, buf_str(&query));
    if (str_copy(a->peer, sizeof(a->peer), request->peer) < 0) {
        a->scraper = 0; /* no address is so long */
    }
}

static void scrape_begin(struct answer *a, const struct request *request)
{
    struct err err = { 0 };
    struct service *s = a->service;
    if (query_parse(request->args, request->n_args, &a->query, &err) < 0 ||
        answer_check_query(s, &a->query, &err) < 0) {
        refuse(a, err.code == ENOMEM ? 500 : 400, err_text(&err));
        return;
    }
    negotiate_format(request->accept, &a->negotiated);
    a->vary = true;
    a->coding = negotiate_coding(request->accept_encoding);
    a->status = 200;
    a->content_type = a->negotiated.content_type;
    if (a->head) {
        a->state = ANSWER_SCRAPE;
        a->complete = true;
        return;
    }
    if (s->scrapes_now >= s->max_scrapes) {
        s->scrapes_rejected++;
        refuse(a, 503, "too many scrapes at a time");
        a->retry_after_s = 1;
        return;
    }
    s->scrapes_now++;
    a->counted = true;
    if ((s->clock || s->gate) && (a->endpoint->parts & ENDPOINT_STATE)) {
        identify(a, request);
    }
    a->state = ANSWER_WAITS;
    uint64_t mask = answer_collectors(s, a->endpoint, &a->query);
    a->ticket = mask ? node_loop_request(s->node, mask) : 0;
}

/* A standby asks when somebody was scraped last, and is told as soon as a scrape ends. It says what
 * it knows already: "/scrapes?17". */
static void scrapes_begin(struct answer *a, const struct request *request)
{
    struct scrape_clock *clock = a->service->clock;
    if (!clock) {
        refuse(a, 404, "no objects are served here");
        return;
    }
    a->ticket = scrape_clock_noted(clock);
    if (request->n_args == 1 && num_scan_u64(request->args[0], &a->ticket) < 0) {
        refuse(a, 400, "not a number");
        return;
    }
    a->state = ANSWER_WAITS;
}

/* Whether something was noted that the asking one does not know; then it is told. */
static bool scrapes_poll(struct answer *a, uint64_t now_ns)
{
    struct scrape_clock *clock = a->service->clock;
    uint64_t noted = scrape_clock_noted(clock);
    bool waited = now_ns > a->began_ns && now_ns - a->began_ns > SCRAPES_WAIT_NS;
    if (noted == a->ticket && !waited) {
        return false;
    }
    struct scrape_snapshot seen;
    char note[LIMIT_LEASE_NOTE_BYTES];
    scrape_clock_snapshot(clock, now_ns, &seen);
    scrape_note_write(&seen, now_ns, note, sizeof(note));
    text_answer(a, 200, PLAIN);
    buf_addf(&a->text, "%llu\n%s\n", (unsigned long long)noted, note);
    return true;
}

/* "/readyz?overtaken" */
static void heed(struct service *s, const struct endpoint *endpoint, const struct request *request)
{
    if (endpoint->kind == ENDPOINT_READYZ && s->overtaken && request->n_args == 1 &&
        str_eq_c(request->args[0], SERVICE_OVERTAKEN)) {
        s->overtaken(s->lease_arg);
    }
}

void answer_begin(struct service *s, const struct request *request, uint64_t now_ns,
                  struct answer *a)
{
    *a = (struct answer){ .service = s, .began_ns = now_ns, .coding = PACK_NONE };
    buf_init(&a->text, TEXT_MAX);
    a->head = request->method == REQUEST_HEAD;
    a->endpoint = endpoint_find(request->path, request->telemetry);
    if (!a->endpoint) {
        not_found(a, request->path, request->telemetry);
    } else if (request->method == REQUEST_OTHER) {
        refuse(a, 405, "only GET and HEAD are served");
        a->allow_get = true;
    } else if (a->endpoint->kind == ENDPOINT_METRICS) {
        scrape_begin(a, request);
        answer_poll(a, now_ns);
    } else if (a->endpoint->kind == ENDPOINT_SCRAPES) {
        scrapes_begin(a, request);
        answer_poll(a, now_ns);
    } else {
        heed(s, a->endpoint, request);
        fixed_answer(a, now_ns);
    }
}

static void build(struct answer *a, struct node_reading *reading)
{
    struct object_gate *gate = a->service->gate;
    a->with_objects = !gate || object_gate_is_open(gate, a->scraper, a->began_ns, clock_mono_ns());
    a->scrape = answer_scrape(a->service, a->endpoint, &a->query, a->negotiated.format, reading,
                              &a->with_objects);
    a->state = ANSWER_SCRAPE;
    if (!a->scrape) {
        refuse(a, 500, "out of memory");
    }
}

bool answer_poll(struct answer *a, uint64_t now_ns)
{
    if (a->state != ANSWER_WAITS) {
        return true;
    }
    if (a->endpoint->kind == ENDPOINT_SCRAPES) {
        return scrapes_poll(a, now_ns);
    }
    struct node_reading *reading = a->ticket ? node_loop_reading(a->service->node) : NULL;
    bool served = a->ticket == 0 || (reading && reading->ticket >= a->ticket);
    if (served && reading && reading->failed) {
        refuse(a, 500, "the node could not be read");
    } else if (served) {
        build(a, reading);
    } else if (now_ns > a->began_ns && now_ns - a->began_ns > READING_WAIT_NS) {
        refuse(a, 503, "reading the node takes too long");
        a->retry_after_s = 5;
    }
    if (reading) {
        snapshot_unref(&reading->snapshot);
    }
    return a->state != ANSWER_WAITS;
}

int answer_scratch_init(struct answer_scratch *scratch)
{
    *scratch = (struct answer_scratch){ .text = BUF_INIT(LIMIT_ANSWER_SCRATCH_BYTES) };
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        scratch->packers[i] = packer_new((enum pack_coding)i);
        if (!scratch->packers[i]) {
            answer_scratch_done(scratch);
            return -ENOMEM;
        }
    }
    return 0;
}

void answer_scratch_done(struct answer_scratch *scratch)
{
    buf_done(&scratch->text);
    for (size_t i = 0; i < PACK_N_CODINGS; i++) {
        packer_free(scratch->packers[i]);
        scratch->packers[i] = NULL;
    }
}

int answer_next(struct answer *a, struct answer_scratch *scratch, struct buf *out)
{
    size_t before = out->n;
    int more = a->coding == PACK_NONE
                   ? scrape_next(a->scrape, out, LIMIT_SCRAPE_PIECE_BYTES)
                   : scrape_next_packed(a->scrape, scratch->packers[a->coding], &scratch->text, out,
                                        LIMIT_SCRAPE_PIECE_BYTES);
    a->sent_bytes += out->n - before;
    a->complete = more == 0;
    return more;
}

static void count(struct answer *a, uint64_t now_ns)
{
    struct scrape_counts *c = &a->service->counts[a->endpoint - endpoints];
    if (!a->scrape || !a->complete) {
        c->failed++;
        return;
    }
    if (a->scraper && a->service->clock) {
        scrape_clock_note(a->service->clock, a->scraper, str_of(a->peer), a->began_ns,
                          a->with_objects);
    }
    struct scrape_totals totals = scrape_totals(a->scrape);
    *(a->coding == PACK_NONE ? &a->service->codings.plain
                             : &a->service->codings.packed[a->coding]) += 1;
    c->scrapes++;
    c->last_duration_ns = now_ns - a->began_ns;
    c->last_series = totals.series;
    c->last_bytes = totals.bytes;
    c->duration_ns += c->last_duration_ns;
    c->series += totals.series;
    c->bytes += totals.bytes;
    c->sent_bytes += a->sent_bytes;
}

void answer_done(struct answer *a, uint64_t now_ns)
{
    if (a->counted) {
        a->service->scrapes_now--;
        count(a, now_ns);
    }
    scrape_free(a->scrape);
    query_done(&a->query);
    buf_done(&a->text);
    *a = (struct answer){ 0 };
}
