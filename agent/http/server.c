#include "agent/http/server_private.h"

#include "agent/http/listen.h"
#include "base/clock.h"
#include "base/log.h"

#include <signal.h>
#include <unistd.h>

#define NS_PER_US 1000

/* Time for a client to send its headers. */
#define HEADERS_TIMEOUT_SEC 10

/* Descriptors of libwebsockets beside the connections: the listening sockets, its wake-up pipe. */
#define DESCRIPTORS_OWN 16

static void log_emit(int level, const char *line)
{
    struct str text = str_trim(str_of(line));
    char message[512];
    if (str_copy(message, sizeof(message), str_head(text, sizeof(message) - 1)) < 0) {
        return;
    }
    if (level & (LLL_ERR | LLL_WARN)) {
        LOG_WARN("libwebsockets", "text", message);
    } else {
        LOG_DEBUG("libwebsockets", "text", message);
    }
}

static void beat(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, beat);
    health_beat(s->service->health, HEALTH_HTTP, clock_mono_ns());
    if (s->service->beat) {
        s->service->beat(s->service->beat_arg);
    }
    server_check_clients(s);
    server_poll_waiting(s); /* those that have waited too long */
    lws_sul_schedule(s->context, 0, &s->beat, beat, HEALTH_BEAT_NS / NS_PER_US / 2);
}

static int make_context(struct server *s, struct err *err)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server_protocols,
        .vhost_name = "kubegauge",
        .gid = -1,
        .uid = -1,
        .user = s,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .fd_limit_per_thread = LIMIT_CONNECTIONS + DESCRIPTORS_OWN,
        .max_http_header_data = LIMIT_REQUEST_HEADER_BYTES,
        .timeout_secs = HEADERS_TIMEOUT_SEC,
        .timeout_secs_ah_idle = HEADERS_TIMEOUT_SEC,
        .keepalive_timeout = (int)KG_MAX(s->config.idle_timeout_ns / CLOCK_NS_PER_SEC, 1),
    };
    lws_set_log_level(LLL_ERR | LLL_WARN | (log_enabled(LOG_LEVEL_DEBUG) ? LLL_NOTICE : 0),
                      log_emit);
    s->context = lws_create_context(&info);
    s->vhost = s->context ? lws_create_vhost(s->context, &info) : NULL;
    return s->vhost ? 0 : err_set(err, ENOMEM, "libwebsockets could not be started");
}

static int adopt_listener(struct server *s, struct server_listener *l, struct err *err)
{
    lws_sock_file_fd_type fd = { .filefd = l->fd };
    if (l->fd < 0) {
        return 0;
    }
    l->wsi = lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "listen", NULL);
    if (!l->wsi) {
        return err_set(err, ENOMEM, "libwebsockets did not take the listening socket");
    }
    l->fd = -1; /* closed with the context */
    return 0;
}

static int open_listener(struct server_listener *l, const char *option, const char *address,
                         const char *said, struct err *err)
{
    l->fd = listen_open(address, err);
    if (l->fd < 0) {
        return err_wrap(err, "--%s", option);
    }
    int r = listen_bound(l->fd, l->bound, sizeof(l->bound));
    if (r < 0) {
        return err_set_errno(err, -r, "--%s: %.100s", option, address);
    }
    LOG_INFO(said, "address", l->bound);
    return 0;
}

static int open_listeners(struct server *s, struct err *err)
{
    const struct server_config *c = &s->config;
    int r = open_listener(&s->ports[SERVER_MAIN], "web.listen-address", c->listen_address,
                          "listening", err);
    if (r == 0 && c->telemetry_address && *c->telemetry_address) {
        r = open_listener(&s->ports[SERVER_TELEMETRY], "web.telemetry-address",
                          c->telemetry_address, "listening for telemetry", err);
    }
    return r;
}

struct server *server_new(const struct server_config *config, struct err *err)
{
    struct server *s = calloc(1, sizeof(*s));
    if (!s) {
        err_set(err, ENOMEM, "server: out of memory");
        return NULL;
    }
    s->config = *config;
    s->service = config->service;
    buf_init(&s->out, LIMIT_ANSWER_SCRATCH_BYTES);
    s->ports[SERVER_MAIN].fd = s->ports[SERVER_TELEMETRY].fd = -1;
    if (answer_scratch_init(&s->scratch) < 0) {
        err_set(err, ENOMEM, "server: out of memory");
        server_free(s);
        return NULL;
    }
    if (open_listeners(s, err) < 0 || make_context(s, err) < 0 ||
        adopt_listener(s, &s->ports[SERVER_MAIN], err) < 0 ||
        adopt_listener(s, &s->ports[SERVER_TELEMETRY], err) < 0) {
        server_free(s);
        return NULL;
    }
    return s;
}

void server_free(struct server *s)
{
    if (!s) {
        return;
    }
    server_stop(s, 0);
    if (s->context) {
        lws_context_destroy(s->context);
    }
    for (size_t i = 0; i < SERVER_PORTS; i++) {
        if (s->ports[i].fd >= 0) {
            close(s->ports[i].fd);
        }
    }
    answer_scratch_done(&s->scratch);
    buf_done(&s->out);
    free(s);
}

const char *server_address(const struct server *s)
{
    return s->ports[SERVER_MAIN].bound;
}

void server_wake(struct server *s)
{
    lws_cancel_service(s->context);
}

static bool draining(struct server *s)
{
    if (atomic_load(&s->drain_until_ns) == 0) {
        return false;
    }
    if (!s->service->draining) {
        s->service->draining = true;
        /* Closes the listening sockets: a new agent may take the ports at once. */
        for (size_t i = 0; i < SERVER_PORTS; i++) {
            if (s->ports[i].wsi) {
                lws_set_timeout(s->ports[i].wsi, PENDING_TIMEOUT_CLOSE_ACK, LWS_TO_KILL_ASYNC);
            }
        }
    }
    return true;
}

static bool drained(const struct server *s)
{
    return s->service->scrapes_now == 0 || clock_mono_ns() >= atomic_load(&s->drain_until_ns);
}

static void *server_thread(void *arg)
{
    struct server *s = arg;
    pthread_setname_np(pthread_self(), "http");
    beat(&s->beat);
    while (!draining(s) || !drained(s)) {
        if (lws_service(s->context, 0) < 0) {
            LOG_ERROR("libwebsockets ended its loop");
            atomic_store(&s->failed, true);
            kill(getpid(), SIGTERM);
            break;
        }
    }
    health_gone(s->service->health, HEALTH_HTTP);
    return NULL;
}

bool server_failed(const struct server *s)
{
    return s && atomic_load(&s->failed);
}

int server_start(struct server *s, struct err *err)
{
    int r = pthread_create(&s->thread, NULL, server_thread, s);
    if (r) {
        return err_set_errno(err, r, "server: thread");
    }
    s->running = true;
    return 0;
}

void server_stop(struct server *s, uint64_t grace_ns)
{
    if (!s || !s->running) {
        return;
    }
    atomic_store(&s->drain_until_ns, clock_mono_ns() + grace_ns + 1);
    server_wake(s);
    pthread_join(s->thread, NULL);
    s->running = false;
}
