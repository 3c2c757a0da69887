#include "kube/client/http_impl.h"

#include "base/clock.h"

void http_transfer_free(struct kube_transfer *t)
{
    struct kube_http *h = t->http;
    if (t->easy) {
        /* Not in the multi handle: an error that says so is none. */
        curl_multi_remove_handle(h->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    size_t i = 0;
    while (i < h->n && h->transfers[i] != t) {
        i++;
    }
    h->transfers[i] = h->transfers[--h->n];
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    buf_done(&t->error_body);
    free(t);
}

struct kube_transfer *kube_http_send(struct kube_http *h, const struct kube_http_request *request,
                                     const struct kube_http_events *events, void *arg,
                                     struct err *err)
{
    if (h->n >= LIMIT_TRANSFERS) {
        err_set(err, EBUSY, "%d requests are under way", LIMIT_TRANSFERS);
        return NULL;
    }
    struct kube_transfer *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set_errno(err, ENOMEM, "request");
        return NULL;
    }
    *t = (struct kube_transfer){
        .http = h,
        .easy = curl_easy_init(),
        .events = events,
        .arg = arg,
        .idle_ms = request->timeouts.idle_ms,
        .last_byte_ns = clock_mono_ns(),
        .retry_after_ms = -1,
        .error_body = BUF_INIT(LIMIT_ERROR_BODY_BYTES),
    };
    h->transfers[h->n++] = t;
    int r = t->easy ? http_setup(t, request, err) : err_set_errno(err, ENOMEM, "request");
    if (r < 0 || http_receive(t, err) < 0) {
        http_transfer_free(t);
        return NULL;
    }
    return t;
}

struct kube_transfer *kube_http_get(struct kube_http *h, const char *path,
                                    const struct kube_http_timeouts *timeouts,
                                    const struct kube_http_events *events, void *arg,
                                    struct err *err)
{
    struct kube_http_request request = { .method = "GET", .path = path, .timeouts = *timeouts };
    return kube_http_send(h, &request, events, arg, err);
}
