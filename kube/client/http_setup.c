#include "kube/client/http_impl.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define CONNECT_MS 10000L

static CURLcode global_result;

static void global_init_once(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        struct sigaction ignore = { .sa_handler = SIG_IGN };
        sigaction(SIGPIPE, &ignore, NULL);
    }
}

int http_global_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init_once);
    return global_result == CURLE_OK ? 0 : -ENOMEM;
}

void http_target_done(struct http_target *t)
{
    free(t->base);
    free(t->connect_to);
    free(t->host);
    *t = (struct http_target){ 0 };
}

static char *print(const char *fmt, ...) KG_PRINTF(1, 2);

static char *print(const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    return n < 0 ? NULL : text;
}

/* server "https://10.0.0.1:6443/p", name "kubernetes": the URL is https://kubernetes:6443/p. */
static int rename_target(struct http_target *t, CURLU *url, const char *name, struct err *err)
{
    char *host = NULL, *port = NULL, *written_port = NULL, *base = NULL;
    bool ipv6 = strchr(name, ':') && name[0] != '[';
    auto_free char *url_name = print(ipv6 ? "[%s]" : "%s", name);
    int r = 0;
    if (!url_name || curl_url_get(url, CURLUPART_HOST, &host, 0) ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
        r = err_set_errno(err, ENOMEM, "server address");
    } else if (curl_url_set(url, CURLUPART_HOST, url_name, 0) ||
               curl_url_get(url, CURLUPART_URL, &base, 0)) {
        r = err_set(err, EINVAL, "tls-server-name %s is not a host name", name);
    } else {
        bool has_port = curl_url_get(url, CURLUPART_PORT, &written_port, 0) == CURLUE_OK;
        free(t->base);
        t->base = str_dup(str_of(base));
        t->connect_to = print("%s:%s:%s:%s", url_name, port, host, port);
        t->host = has_port ? print("Host: %s:%s", host, port) : print("Host: %s", host);
        r = t->base && t->connect_to && t->host ? 0 : err_set_errno(err, ENOMEM, "server address");
    }
    curl_free(host);
    curl_free(port);
    curl_free(written_port);
    curl_free(base);
    return r;
}

int http_target_init(struct http_target *t, const struct kube_config *config, struct err *err)
{
    *t = (struct http_target){ .base = str_dup(str_of(config->server)) };
    CURLU *url = curl_url();
    int r = 0;
    if (!url || !t->base) {
        r = err_set_errno(err, ENOMEM, "server address");
    } else if (curl_url_set(url, CURLUPART_URL, config->server, 0)) {
        r = err_set(err, EINVAL, "%s is not an address", config->server);
    } else if (config->tls_server_name) {
        r = rename_target(t, url, config->tls_server_name, err);
    }
    curl_url_cleanup(url);
    if (r < 0) {
        http_target_done(t);
        return r;
    }
    /* "https://kubernetes:6443/": the path of a request begins with the slash. */
    struct str base = str_of(t->base);
    str_eat_end(&base, STR("/"));
    t->base[base.n] = '\0';
    return 0;
}

/* Remembers the first failure of a sequence of options. */
struct setter {
    CURL *easy;
    CURLcode code;
};

#define SET(s, option, value)                                                                      \
    do {                                                                                           \
        if ((s)->code == CURLE_OK) {                                                               \
            (s)->code = curl_easy_setopt((s)->easy, option, value);                                \
        }                                                                                          \
    } while (0)

static void set_blob(struct setter *s, CURLoption option, const char *pem)
{
    if (pem) {
        struct curl_blob blob = {
            .data = (void *)pem,
            .len = strlen(pem),
            .flags = CURL_BLOB_COPY, /* a refresh may replace it while the request runs */
        };
        SET(s, option, &blob);
    }
}

static void set_tls(struct setter *s, const struct kube_config *c)
{
    SET(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(s, CURLOPT_SSL_VERIFYPEER, c->insecure_skip_tls_verify ? 0L : 1L);
    SET(s, CURLOPT_SSL_VERIFYHOST, c->insecure_skip_tls_verify ? 0L : 2L);
    set_blob(s, CURLOPT_CAINFO_BLOB, c->ca_pem);
    set_blob(s, CURLOPT_SSLCERT_BLOB, c->cert_pem);
    set_blob(s, CURLOPT_SSLKEY_BLOB, c->key_pem);
    SET(s, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
}

static void set_proxy(struct setter *s, const char *proxy)
{
    struct str rest = str_of(proxy);
    if (!proxy) {
        return;
    }
    /* The proxy resolves names, as it does for client-go. */
    auto_free char *socks =
        str_eat(&rest, STR("socks5://")) ? print("socks5h://%s", rest.p) : str_dup(rest);
    if (!socks) {
        s->code = CURLE_OUT_OF_MEMORY;
        return;
    }
    SET(s, CURLOPT_PROXY, socks);
    SET(s, CURLOPT_NOPROXY, ""); /* what the configuration says is not for the environment */
}

static void set_connection(struct setter *s, const struct kube_http_timeouts *timeouts)
{
    SET(s, CURLOPT_NOSIGNAL, 1L);
    SET(s, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(s, CURLOPT_FOLLOWLOCATION, 0L);
    SET(s, CURLOPT_CONNECTTIMEOUT_MS, timeouts->connect_ms ? timeouts->connect_ms : CONNECT_MS);
    SET(s, CURLOPT_TIMEOUT_MS, timeouts->total_ms);
    SET(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(s, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* a proxy must not see the token */
    SET(s, CURLOPT_PATH_AS_IS, 1L);
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = line ? curl_slist_append(*list, line) : NULL;
    if (longer) {
        *list = longer;
    }
    return longer;
}

static bool add_headers(struct kube_transfer *t, const struct kube_http_request *request)
{
    const struct kube_http *h = t->http;
    const char *accept = request->accept ? request->accept : "application/json";
    auto_free char *accept_line = print("Accept: %s", accept);
    bool ok = add_line(&t->headers, accept_line);
    if (!str_empty(request->body)) {
        auto_free char *line = print("Content-Type: %s", request->content_type);
        /* Without "Expect:" curl asks for leave to send a body of more than 1 MB. */
        ok = ok && add_line(&t->headers, line) && add_line(&t->headers, "Expect:");
    }
    if (h->config->token) {
        auto_free char *line = print("Authorization: Bearer %s", h->config->token);
        ok = ok && add_line(&t->headers, line);
    }
    if (h->target.host) {
        ok = ok && add_line(&t->headers, h->target.host);
        ok = ok && add_line(&t->connect_to, h->target.connect_to);
    }
    return ok;
}

static void set_method(struct setter *s, const struct kube_http_request *request)
{
    if (!str_empty(request->body)) {
        SET(s, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        SET(s, CURLOPT_COPYPOSTFIELDS, request->body.p);
    }
    if (!str_eq_c(STR("GET"), request->method)) {
        SET(s, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static bool is_path(const char *path)
{
    for (const char *c = path; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#') {
            return false;
        }
    }
    return path[0] == '/';
}

int http_setup(struct kube_transfer *t, const struct kube_http_request *request, struct err *err)
{
    const char *path = request->path;
    if (!is_path(path)) {
        return err_set(err, EINVAL, "\"%s\" is not a path", path);
    }
    struct kube_http *h = t->http;
    auto_free char *url = print("%s%s", h->target.base, path);
    if (!url || !add_headers(t, request)) {
        return err_set_errno(err, ENOMEM, "request");
    }
    struct setter s = { t->easy, CURLE_OK };
    SET(&s, CURLOPT_URL, url);
    SET(&s, CURLOPT_HTTPHEADER, t->headers);
    SET(&s, CURLOPT_USERAGENT, h->user_agent);
    if (t->connect_to) {
        SET(&s, CURLOPT_CONNECT_TO, t->connect_to);
    }
    if (request->unix_socket) {
        SET(&s, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
    }
    set_method(&s, request);
    set_connection(&s, &request->timeouts);
    s.code = s.code ? s.code : http_sockets_setup(&h->sockets, t->easy);
    set_proxy(&s, h->config->proxy_url);
    if (str_starts(str_of(h->config->server), STR("https://"))) {
        set_tls(&s, h->config);
        /* Rather share a connection under way than open another. */
        SET(&s, CURLOPT_PIPEWAIT, request->urgent ? 0L : 1L);
    }
    if (s.code != CURLE_OK) {
        int code = s.code == CURLE_OUT_OF_MEMORY ? ENOMEM : EINVAL;
        return err_set(err, code, "request: %s", curl_easy_strerror(s.code));
    }
    return 0;
}
