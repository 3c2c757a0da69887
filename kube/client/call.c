#include "kube/client/call.h"

#include "base/buf.h"
#include "base/limits.h"
#include "kube/object/json_get.h"

#define TIMEOUT_MS 5000L

/* A connection that says nothing for most of the time is shut by the idle limit, so that the next
 * call does not wait on it, too; the total limit would leave it. */
#define IDLE_TENTHS 9

#define PATH_SHOWN_BYTES 120

struct kube_call {
    struct kube_transfer *transfer;
    const char *method;
    char *path;
    struct buf body;
    kube_call_fn *on_end;
    void *arg;
};

static const char *const methods[] = {
    [KUBE_GET] = "GET",           [KUBE_CREATE] = "POST",   [KUBE_UPDATE] = "PUT",
    [KUBE_MERGE_PATCH] = "PATCH", [KUBE_DELETE] = "DELETE",
};

static void call_free(struct kube_call *call)
{
    buf_done(&call->body);
    free(call->path);
    free(call);
}

static int on_body(void *arg, struct str piece)
{
    struct kube_call *call = arg;
    buf_add(&call->body, piece);
    return buf_failed(&call->body);
}

bool kube_call_is_good(const struct kube_call_end *end)
{
    return end->result == KUBE_HTTP_DONE && end->status >= 200 && end->status < 300 && end->body;
}

/* One line that says what was asked and what was wrong. */
static void explain(const struct kube_call *call, const struct kube_http_end *http,
                    struct kube_call_end *end, const char *json_error, struct err *err)
{
    struct str path = str_head(str_of(call->path), PATH_SHOWN_BYTES);
    if (buf_failed(&call->body)) {
        err_set(err, EMSGSIZE, "%s " STR_FMT ": the answer is larger than %zu bytes", call->method,
                STR_ARG(path), call->body.max);
    } else if (http->result != KUBE_HTTP_DONE) {
        err_set(err, EIO, "%s " STR_FMT ": %s", call->method, STR_ARG(path), http->message);
    } else if (http->status < 200 || http->status > 299) {
        struct str why = json_get_str(end->body, "message");
        err_set(err, EIO, "%s " STR_FMT ": HTTP %ld%s" STR_FMT, call->method, STR_ARG(path),
                http->status, str_empty(why) ? "" : ": ", STR_ARG(why));
    } else {
        end->result = KUBE_HTTP_CONSUMER;
        err_set(err, EBADMSG, "%s " STR_FMT ": the answer is not JSON: %s", call->method,
                STR_ARG(path), json_error);
    }
}

static void on_end(void *arg, const struct kube_http_end *http)
{
    struct kube_call *call = arg;
    struct kube_call_end end = {
        .result = http->result,
        .status = http->status,
        .retry_after_ms = http->retry_after_ms,
        .message = "",
    };
    struct err err = { 0 };
    json_error_t json_error = { .text = "" };
    if (http->result == KUBE_HTTP_DONE) {
        struct str text = http->status >= 400 ? http->error_body : buf_str(&call->body);
        end.body = json_loadb(text.p ? text.p : "", text.n, 0, &json_error);
    }
    if (!kube_call_is_good(&end)) {
        explain(call, http, &end, json_error.text, &err);
        end.message = err.text;
    }
    call->on_end(call->arg, &end);
    json_decref(end.body);
    call_free(call);
}

struct kube_call *kube_call_begin(struct kube_http *h, const struct kube_call_spec *spec,
                                  kube_call_fn *on_call_end, void *arg, struct err *err)
{
    static const struct kube_http_events events = { .on_body = on_body, .on_end = on_end };
    long total_ms = spec->timeout_ms ? spec->timeout_ms : TIMEOUT_MS;
    struct kube_call *call = calloc(1, sizeof(*call));
    auto_free char *body = spec->body ? json_dumps(spec->body, JSON_COMPACT) : NULL;
    if (!call || (spec->body && !body)) {
        free(call);
        err_set_errno(err, ENOMEM, "call");
        return NULL;
    }
    *call = (struct kube_call){
        .method = methods[spec->verb],
        .path = str_dup(str_of(spec->path)),
        .body = BUF_INIT(spec->max_bytes ? spec->max_bytes : LIMIT_CALL_BYTES),
        .on_end = on_call_end,
        .arg = arg,
    };
    struct kube_http_request request = {
        .method = call->method,
        .path = spec->path,
        .body = str_of(body),
        .content_type =
            spec->verb == KUBE_MERGE_PATCH ? "application/merge-patch+json" : "application/json",
        .timeouts = { .connect_ms = total_ms,
                      .idle_ms = total_ms * IDLE_TENTHS / 10,
                      .total_ms = total_ms },
        .unix_socket = spec->unix_socket,
        .urgent = true,
    };
    if (call->path) {
        call->transfer = kube_http_send(h, &request, &events, call, err);
    } else {
        err_set_errno(err, ENOMEM, "call");
    }
    if (!call->transfer) {
        call_free(call);
        return NULL;
    }
    return call;
}

void kube_call_cancel(struct kube_call *call)
{
    if (call) {
        kube_http_cancel(call->transfer);
        call_free(call);
    }
}
