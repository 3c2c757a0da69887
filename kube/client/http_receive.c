#include "kube/client/http_impl.h"

#include "base/clock.h"
#include "base/num.h"

#include <strings.h>

#define RETRY_AFTER_MAX_MS (INT64_C(24) * 3600 * 1000)

int64_t http_retry_after_ms(struct str value, int64_t now_sec)
{
    uint64_t sec;
    value = str_trim(value);
    int r = num_scan_u64(value, &sec);
    if (r == -ERANGE) {
        return RETRY_AFTER_MAX_MS;
    }
    if (r == 0) {
        return sec < (uint64_t)RETRY_AFTER_MAX_MS / 1000 ? (int64_t)sec * 1000 : RETRY_AFTER_MAX_MS;
    }
    char date[64];
    if (str_copy(date, sizeof(date), value) < 0) {
        return -1;
    }
    int64_t at = (int64_t)curl_getdate(date, NULL);
    if (at < 0) {
        return -1;
    }
    int64_t wait = at > now_sec ? at - now_sec : 0;
    return KG_MIN(wait, RETRY_AFTER_MAX_MS / 1000) * 1000;
}

static long status_of(struct kube_transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Tells the owner, once, that a good answer begins. False when that cancelled t. */
static bool end_of_headers(struct kube_transfer *t)
{
    long status = status_of(t);
    if (status >= 200 && status < 300 && t->events->on_answer && !t->answered) {
        t->answered = true; /* the trailers of a chunked body end like headers */
        t->http->n_callbacks++;
        t->events->on_answer(t->arg);
    }
    return t->state != TRANSFER_CANCELLED;
}

/* "Retry-After: 5\r\n"; a status line begins the headers anew (100 Continue comes before 200). */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct kube_transfer *t = arg;
    struct str line = { p, size * n };
    static const char name[] = "retry-after:";
    if (t->state == TRANSFER_CANCELLED) {
        return 0;
    }
    t->last_byte_ns = clock_mono_ns();
    if (str_starts(line, STR("HTTP/"))) {
        t->header_bytes = 0;
        t->retry_after_ms = -1;
    }
    t->header_bytes += line.n;
    if (t->header_bytes > LIMIT_HEADER_BYTES) {
        t->header_overflow = true;
        return 0;
    }
    if (line.n >= sizeof(name) - 1 && strncasecmp(line.p, name, sizeof(name) - 1) == 0) {
        t->retry_after_ms =
            http_retry_after_ms(str_from(line, sizeof(name) - 1), (int64_t)clock_unix_sec());
    }
    return str_empty(str_trim(line)) && !end_of_headers(t) ? 0 : line.n;
}

/* Keeps what fits of a body that is no object; more is not worth waiting for. */
static bool keep_error_body(struct kube_transfer *t, struct str piece)
{
    size_t room = t->error_body.max - t->error_body.n;
    buf_add(&t->error_body, str_head(piece, room));
    t->body_cut = piece.n > room;
    return !t->body_cut;
}

static size_t on_write(char *p, size_t size, size_t n, void *arg)
{
    struct kube_transfer *t = arg;
    struct str piece = { p, size * n };
    if (t->state == TRANSFER_CANCELLED) {
        return CURL_WRITEFUNC_ERROR;
    }
    t->last_byte_ns = clock_mono_ns();
    long status = status_of(t);
    if (status < 200 || status > 299) {
        return keep_error_body(t, piece) ? piece.n : CURL_WRITEFUNC_ERROR;
    }
    t->http->n_callbacks++;
    if (t->events->on_body(t->arg, piece) < 0) {
        t->refused = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return t->state == TRANSFER_CANCELLED ? CURL_WRITEFUNC_ERROR : piece.n;
}

int http_receive(struct kube_transfer *t, struct err *err)
{
    if (curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_write) ||
        curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t) ||
        curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header) ||
        curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t) ||
        curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t) ||
        curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->message)) {
        return err_set_errno(err, ENOMEM, "request");
    }
    return 0;
}

bool http_is_connected(struct kube_transfer *t)
{
    curl_off_t usec = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &usec);
    return usec > 0;
}

/* With TLS 1.3 a server refuses a client's certificate after the handshake: to curl that is a read
 * that failed, with OpenSSL's words for the alert, or, if the connection's end overtakes the alert,
 * one that was lost before anything was asked. */
static bool is_tls_refusal(struct kube_transfer *t)
{
    curl_off_t handshake_usec = 0;
    curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &handshake_usec);
    return (strstr(t->message, "SSL routines") && strstr(t->message, "alert")) ||
           (handshake_usec > 0 && !http_is_connected(t));
}

static enum kube_http_result result_of(struct kube_transfer *t, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return KUBE_HTTP_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return KUBE_HTTP_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return http_is_connected(t) ? KUBE_HTTP_IDLE : KUBE_HTTP_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return KUBE_HTTP_TLS;
    case CURLE_WRITE_ERROR:
        return t->refused ? KUBE_HTTP_CONSUMER : KUBE_HTTP_BROKEN;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        if (is_tls_refusal(t)) {
            return KUBE_HTTP_TLS;
        }
        return http_is_connected(t) ? KUBE_HTTP_BROKEN : KUBE_HTTP_CONNECT;
    case CURLE_PARTIAL_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, that is: something else answered */
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return KUBE_HTTP_BROKEN;
    default:
        return KUBE_HTTP_INTERNAL;
    }
}

struct kube_http_end http_end_of(struct kube_transfer *t, CURLcode code)
{
    struct kube_http_end end = {
        .status = status_of(t),
        .retry_after_ms = t->retry_after_ms,
    };
    if (t->body_cut) {
        code = CURLE_OK;
    }
    end.result = result_of(t, code);
    if (end.status >= 400) {
        end.error_body = buf_str(&t->error_body);
    }
    if (end.result == KUBE_HTTP_DONE) {
        end.message = "";
    } else if (t->header_overflow) {
        end.message = "the headers are too long";
    } else {
        end.message = t->message[0] ? t->message : curl_easy_strerror(code);
    }
    return end;
}
