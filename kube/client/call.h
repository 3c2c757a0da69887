/* call.h — one request to the API server about one object, its answer parsed: get, create, update,
 * patch, delete.
 * Uses: base, kube/client/http, jansson.  Threads: the kube loop.  Owner: whoever starts it.
 *
 * Credentials, TLS, proxies and connections are those of the kube_http. Nothing is tried again. */
#ifndef KG_KUBE_CALL_H
#define KG_KUBE_CALL_H

#include "base/err.h"
#include "kube/client/http.h"

#include <jansson.h>

enum kube_verb { KUBE_GET, KUBE_CREATE, KUBE_UPDATE, KUBE_MERGE_PATCH, KUBE_DELETE };

struct kube_call_spec {
    enum kube_verb verb; /* sent as GET, POST, PUT, PATCH (merge patch), DELETE */
    const char *path;    /* "/apis/GROUP/VERSION/namespaces/NS/PLURAL[/NAME][?query]", escaped */
    const json_t *body;  /* borrowed until the call has begun; NULL: none */
    const char *unix_socket; /* as struct kube_http_request */
    long timeout_ms;         /* connecting, sending and the whole answer; 0: 5 s */
    size_t max_bytes;        /* of the answer; 0: LIMIT_CALL_BYTES */
};

struct kube_call_end {
    enum kube_http_result result; /* DONE: the server answered, and status says what */
    long status;                  /* HTTP status; 0 when none was received */
    int64_t retry_after_ms;       /* as struct kube_http_end */
    /* The answer: of a 2xx the object, else the server's Status; NULL when it is no JSON object
     * or array. Borrowed: json_incref keeps it. */
    json_t *body;
    /* "" for a 2xx with a JSON body. Else one line: "PUT /apis/…: HTTP 409: the Status' message",
     * or what broke. */
    const char *message;
};

struct kube_call;

/* Called exactly once, on the kube loop's thread, last; the call is gone when it returns. */
typedef void kube_call_fn(void *arg, const struct kube_call_end *end);

/* Begins a call, which must have ended or be cancelled before kube_http_free. May be called from
 * any callback of the loop; nothing is sent before the next turn. spec is not kept. A 2xx whose
 * body is not JSON, or is larger than max_bytes, ends with result KUBE_HTTP_CONSUMER. NULL on
 * error: those of kube_http_send. */
struct kube_call *kube_call_begin(struct kube_http *h, const struct kube_call_spec *spec,
                                  kube_call_fn *on_end, void *arg, struct err *err);

/* Ends it without on_end; what was sent may be done by the server all the same. Not from its own
 * on_end. NULL is allowed. */
void kube_call_cancel(struct kube_call *call);

/* Whether the call came to a 2xx with a body. */
bool kube_call_is_good(const struct kube_call_end *end);

#endif
