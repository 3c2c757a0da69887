/* New connections, and the table of what is spoken on them. */
#include "agent/http/server_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections taken in one go, so that a flood of them does not hold up those that are there. */
#define ACCEPT_MAX 32

bool server_is_listener(const struct server *s, const struct lws *wsi)
{
    return wsi == s->ports[SERVER_MAIN].wsi || wsi == s->ports[SERVER_TELEMETRY].wsi;
}

void server_accept(struct server *s, struct server_listener *from)
{
    for (int i = 0; i < ACCEPT_MAX; i++) {
        int fd = accept4(lws_get_socket_fd(from->wsi), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int on = 1;
        if (fd < 0) {
            return; /* none left, or the client has gone again */
        }
        if (s->service->connections_now >= LIMIT_CONNECTIONS) {
            s->service->connections_refused++;
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct lws *wsi = lws_adopt_socket_vhost(s->vhost, fd); /* closes fd when it fails */
        if (wsi) {
            lws_set_opaque_user_data(wsi, from);
            s->service->connections_now++;
        }
    }
}

static int server_listen(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    struct server *s = lws_context_user(lws_get_context(wsi));
    for (size_t i = 0; reason == LWS_CALLBACK_RAW_RX_FILE && i < SERVER_PORTS; i++) {
        if (wsi == s->ports[i].wsi) {
            server_accept(s, &s->ports[i]);
        }
    }
    return 0;
}

const struct lws_protocols server_protocols[] = {
    {
        .name = "http",
        .callback = server_http,
        .per_session_data_size = sizeof(struct exchange),
        /* By default 4 KB are sent at a time, which makes a large answer six times as slow. */
        .tx_packet_size = 2 * LIMIT_SCRAPE_PIECE_BYTES,
    },
    { .name = "listen", .callback = server_listen },
    { 0 },
};
