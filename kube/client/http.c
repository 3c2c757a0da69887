#include "kube/client/http.h"

#include "base/clock.h"
#include "kube/client/http_impl.h"

#include <stdio.h>

/* Idle connections that are kept. */
#define IDLE_CONNECTIONS 16L

/* A wait without end would hide a lost wakeup. */
#define WAIT_MAX_MS 1000

struct kube_http *kube_http_new(struct kube_config *config, const char *user_agent, struct err *err)
{
    struct kube_http *h = calloc(1, sizeof(*h));
    if (!h || http_global_init() < 0) {
        free(h);
        err_set_errno(err, ENOMEM, "HTTP");
        return NULL;
    }
    h->config = config;
    h->also.fd = -1;
    if (http_target_init(&h->target, config, err) < 0) {
        free(h);
        return NULL;
    }
    h->user_agent = str_dup(str_of(user_agent));
    h->multi = curl_multi_init();
    if (!h->user_agent || !h->multi ||
        curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS)) {
        kube_http_free(h);
        err_set_errno(err, ENOMEM, "HTTP");
        return NULL;
    }
    return h;
}

int kube_http_retarget(struct kube_http *h, struct err *err)
{
    struct http_target target;
    int r = http_target_init(&target, h->config, err);
    if (r == 0) {
        http_target_done(&h->target);
        h->target = target;
    }
    return r;
}

void kube_http_free(struct kube_http *h)
{
    if (!h) {
        return;
    }
    while (h->n > 0) {
        http_transfer_free(h->transfers[h->n - 1]);
    }
    curl_multi_cleanup(h->multi);
    http_target_done(&h->target);
    free(h->user_agent);
    free(h);
}

void kube_http_cancel(struct kube_transfer *t)
{
    if (!t || t->state == TRANSFER_ENDING) {
        return;
    }
    t->state = TRANSFER_CANCELLED;
    if (!t->http->performing) {
        http_transfer_free(t);
    }
}

void kube_http_set_idle(struct kube_transfer *t, long idle_ms)
{
    t->idle_ms = idle_ms;
}

void kube_http_poll_fd(struct kube_http *h, int fd, bool for_writing)
{
    h->also.fd = fd;
    h->also.events = for_writing ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN;
}

void kube_http_wakeup(struct kube_http *h)
{
    curl_multi_wakeup(h->multi);
}

size_t kube_http_count(const struct kube_http *h)
{
    return h->n;
}

static long port_of(struct kube_transfer *t)
{
    long port = 0;
    curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &port);
    return port;
}

static void finish(struct kube_transfer *t, const struct kube_http_end *end)
{
    t->state = TRANSFER_ENDING;
    http_sockets_heard(&t->http->sockets, port_of(t), t->last_byte_ns);
    t->http->n_callbacks++;
    t->events->on_end(t->arg, end);
    http_transfer_free(t);
}

static struct kube_transfer *find_state(const struct kube_http *h, enum transfer_state state)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->transfers[i]->state == state) {
            return h->transfers[i];
        }
    }
    return NULL;
}

static int multi_error(CURLMcode code, struct err *err)
{
    return err_set(err, code == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO, "curl: %s",
                   curl_multi_strerror(code));
}

static int perform(struct kube_http *h, struct err *err)
{
    int running;
    h->performing = true;
    CURLMcode code = curl_multi_perform(h->multi, &running);
    h->performing = false;
    for (struct kube_transfer *t; (t = find_state(h, TRANSFER_CANCELLED)) != NULL;) {
        http_transfer_free(t);
    }
    if (code) {
        return multi_error(code, err);
    }
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left)) != NULL;) {
        struct kube_transfer *t = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        struct kube_http_end end = http_end_of(t, m->data.result);
        finish(t, &end);
    }
    return 0;
}

/* Gives new transfers to the multi handle; not done in kube_http_get, which may be called from
 * within curl_multi_perform. Returns how many, or an error. */
static int adopt(struct kube_http *h, struct err *err)
{
    int n = 0;
    for (struct kube_transfer *t; (t = find_state(h, TRANSFER_NEW)) != NULL; n++) {
        CURLMcode code = curl_multi_add_handle(h->multi, t->easy);
        if (code) {
            return multi_error(code, err);
        }
        t->state = TRANSFER_RUNNING;
        t->last_byte_ns = clock_mono_ns();
    }
    return n;
}

/* When t's idle time-out is due; UINT64_MAX when it has none now. */
static uint64_t idle_at(struct kube_transfer *t)
{
    if (t->idle_ms <= 0 || t->state != TRANSFER_RUNNING || !http_is_connected(t)) {
        return UINT64_MAX;
    }
    return t->last_byte_ns + (uint64_t)t->idle_ms * CLOCK_NS_PER_MS;
}

/* Many HTTP/2 streams share a connection; one that is dead without saying so would be given to the
 * next request as well. So it is shut down with the transfer that found it silent, unless another
 * one had a byte from it in the later half of that silence. */
static void shut_connection(struct kube_transfer *idle)
{
    struct kube_http *h = idle->http;
    for (size_t i = 0; i < h->n; i++) {
        http_sockets_heard(&h->sockets, port_of(h->transfers[i]), h->transfers[i]->last_byte_ns);
    }
    uint64_t since = idle->last_byte_ns + (uint64_t)idle->idle_ms * CLOCK_NS_PER_MS / 2;
    http_sockets_shut(&h->sockets, port_of(idle), since);
}

static void end_idle(struct kube_transfer *t)
{
    shut_connection(t);
    struct kube_http_end end = http_end_of(t, CURLE_OPERATION_TIMEDOUT);
    char message[64];
    snprintf(message, sizeof(message), "no byte for %ld ms", t->idle_ms);
    end.result = KUBE_HTTP_IDLE;
    end.message = message;
    finish(t, &end);
}

/* Ends what is idle; returns when the next one may be. */
static uint64_t check_idle(struct kube_http *h)
{
    for (;;) {
        uint64_t first = UINT64_MAX, now = clock_mono_ns();
        struct kube_transfer *due = NULL;
        for (size_t i = 0; i < h->n; i++) {
            uint64_t at = idle_at(h->transfers[i]);
            first = KG_MIN(first, at);
            due = at <= now ? h->transfers[i] : due;
        }
        if (!due) {
            return first;
        }
        end_idle(due);
    }
}

static int wait_ms(int wanted_ms, uint64_t idle_ns)
{
    uint64_t now = clock_mono_ns();
    int wait = wanted_ms < 0 ? WAIT_MAX_MS : wanted_ms;
    if (idle_ns == UINT64_MAX) {
        return wait;
    }
    uint64_t left = idle_ns > now ? (idle_ns - now) / CLOCK_NS_PER_MS + 1 : 0;
    return left < (uint64_t)wait ? (int)left : wait;
}

int kube_http_turn(struct kube_http *h, int timeout_ms, struct err *err)
{
    uint64_t before = h->n_callbacks;
    int r = adopt(h, err);
    r = r > 0 ? perform(h, err) : r;
    if (r < 0) {
        return r;
    }
    uint64_t idle_ns = check_idle(h);
    bool waiting = h->n_callbacks == before;
    struct curl_waitfd also[] = { h->also };
    CURLMcode code = curl_multi_poll(h->multi, also, h->also.fd >= 0,
                                     waiting ? wait_ms(timeout_ms, idle_ns) : 0, NULL);
    if (code) {
        return multi_error(code, err);
    }
    r = perform(h, err);
    if (r == 0) {
        check_idle(h);
    }
    return r;
}
