/* The life of a request on a connection: begun, perhaps waiting, written piece by piece, ended.
 *
 * libwebsockets 4.1 keeps what a socket does not take and calls WRITEABLE again once that is out;
 * so one write for each such call holds at most one piece for a slow reader. */
#include "agent/http/server_private.h"

#include "base/clock.h"

#include <strings.h>

#define HEADER_VALUE_MAX 4096
#define ANSWER_TIMES_PIECE 5

static void unlink_exchange(struct exchange *x)
{
    *(x->previous ? &x->previous->next : &x->server->exchanges) = x->next;
    if (x->next) {
        x->next->previous = x->previous;
    }
    x->next = x->previous = NULL;
}

static void link_exchange(struct exchange *x)
{
    x->next = x->server->exchanges;
    if (x->next) {
        x->next->previous = x;
    }
    x->server->exchanges = x;
}

static int seconds(uint64_t ns)
{
    return (int)KG_MAX((ns + CLOCK_NS_PER_SEC - 1) / CLOCK_NS_PER_SEC, UINT64_C(1));
}

/* Every piece that the socket has taken whole starts the time anew. */
static void expect_progress(struct exchange *x)
{
    lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
                    seconds(x->server->config.write_timeout_ns));
}

static struct str header_value(struct lws *wsi, enum lws_token_indexes token, char *out)
{
    int n = lws_hdr_copy(wsi, out, HEADER_VALUE_MAX, token);
    return (struct str){ out, n > 0 ? (size_t)n : 0 };
}

/* The query parameters, decoded by libwebsockets, as views into text. More than fit are cut off by
 * the parser of the query, which refuses more than LIMIT_QUERY_ITEMS. */
static size_t query_args(struct lws *wsi, struct str *args, size_t max, char *text, size_t size)
{
    size_t n = 0;
    for (int i = 0; n < max && size > 1; i++) {
        int got = lws_hdr_copy_fragment(wsi, text, (int)size, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (got < 0) {
            break;
        }
        args[n++] = (struct str){ text, (size_t)got };
        text += got;
        size -= (size_t)got;
    }
    return n;
}

/* The client's address as text; an IPv4 one that came by an IPv6 socket as IPv4. */
static struct str peer_of(struct lws *wsi, char *out, size_t size)
{
    lws_get_peer_simple(wsi, out, size);
    struct str peer = { out, strnlen(out, size) };
    str_eat(&peer, STR("::ffff:"));
    return peer;
}

static enum request_method method_of(struct lws *wsi)
{
    char *path;
    int n;
    int method = lws_http_get_uri_and_method(wsi, &path, &n);
    return method == LWSHUMETH_GET    ? REQUEST_GET
           : method == LWSHUMETH_HEAD ? REQUEST_HEAD
                                      : REQUEST_OTHER;
}

static bool is_http_1_0(struct lws *wsi)
{
    char version[16];
    return lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP) <= 0 ||
           !str_eq(str_of(version), STR("HTTP/1.1"));
}

static int begin(struct exchange *x, struct lws *wsi, struct str path)
{
    char accept[HEADER_VALUE_MAX], encoding[HEADER_VALUE_MAX], text[LIMIT_REQUEST_HEADER_BYTES];
    struct str args[LIMIT_QUERY_ITEMS + 1];
    char agent[HEADER_VALUE_MAX], peer[64];
    struct server *s = lws_context_user(lws_get_context(wsi));
    struct request request = {
        .telemetry = lws_get_opaque_user_data(wsi) == &s->ports[SERVER_TELEMETRY],
        .method = method_of(wsi),
        .path = path,
        .args = args,
        .n_args = query_args(wsi, args, KG_ARRAY_LEN(args), text, sizeof(text)),
        .accept = header_value(wsi, WSI_TOKEN_HTTP_ACCEPT, accept),
        .accept_encoding = header_value(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, encoding),
        .peer = peer_of(wsi, peer, sizeof(peer)),
        .user_agent = header_value(wsi, WSI_TOKEN_HTTP_USER_AGENT, agent),
    };
    *x = (struct exchange){ .server = s, .wsi = wsi, .http_1_0 = is_http_1_0(wsi) };
    answer_begin(s->service, &request, clock_mono_ns(), &x->answer);
    /* The body of a request that is refused is not read, and a body without a length ends with the
     * connection. */
    x->last = x->http_1_0 || request.method == REQUEST_OTHER || s->service->draining;
    x->waits = x->answer.state == ANSWER_WAITS;
    link_exchange(x);
    expect_progress(x);
    if (!x->waits) {
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static int finish(struct exchange *x)
{
    bool last = x->last;
    struct lws *wsi = x->wsi;
    if (last) {
        return -1;
    }
    /* Ends in HTTP_DROP_PROTOCOL, which frees the exchange. */
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int writeable(struct exchange *x)
{
    uint64_t now = clock_mono_ns();
    if (!x->server || x->answer.state == ANSWER_NONE || x->waits) {
        return 0;
    }
    if (x->body_out) {
        return finish(x);
    }
    if (now - x->answer.began_ns > ANSWER_TIMES_PIECE * x->server->config.write_timeout_ns) {
        return -1;
    }
    expect_progress(x);
    if (server_write(x) < 0) {
        return -1;
    }
    if (x->body_out && !lws_partial_buffered(x->wsi)) {
        return finish(x);
    }
    lws_callback_on_writable(x->wsi);
    return 0;
}

static void end(struct exchange *x)
{
    if (x && x->server) {
        unlink_exchange(x);
        server_hear_again(x);
        struct server *s = x->server;
        bool noted = x->answer.scraper && x->answer.complete;
        answer_done(&x->answer, clock_mono_ns());
        x->server = NULL;
        if (noted) {
            server_poll_waiting(s); /* those that wait for the end of a scrape */
        }
    }
}

void server_poll_waiting(struct server *s)
{
    uint64_t now = clock_mono_ns();
    for (struct exchange *x = s->exchanges; x; x = x->next) {
        if (x->waits && answer_poll(&x->answer, now)) {
            x->waits = false;
            expect_progress(x);
            lws_callback_on_writable(x->wsi);
        }
    }
}

int server_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct server *s = lws_context_user(lws_get_context(wsi));
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP:
        return begin(user, wsi, (struct str){ in, len });
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return user ? writeable(user) : 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        server_poll_waiting(s);
        return 0;
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        end(user);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (!server_is_listener(s, wsi) && s->service->connections_now) {
            s->service->connections_now--;
        }
        return 0;
    default:
        return 0;
    }
}
