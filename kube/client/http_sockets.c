#include "kube/client/http_impl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* A peer that is gone is found KEEPALIVE_IDLE_SEC + KEEPALIVE_COUNT × KEEPALIVE_EVERY_SEC after its
 * last word; bytes under way to it are waited for as long. */
#define KEEPALIVE_IDLE_SEC 30
#define KEEPALIVE_EVERY_SEC 10
#define KEEPALIVE_COUNT 3

/* curl sets the first two itself, but not the rest. */
static void keep_alive(curl_socket_t fd)
{
    const int count = KEEPALIVE_COUNT;
    const unsigned total_ms =
        (unsigned)(KEEPALIVE_IDLE_SEC + KEEPALIVE_COUNT * KEEPALIVE_EVERY_SEC) * 1000;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &total_ms, sizeof(total_ms));
}

static int on_open(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    struct http_sockets *s = arg;
    keep_alive(fd);
    if (purpose == CURLSOCKTYPE_IPCXN && s->n < KG_ARRAY_LEN(s->all)) {
        s->all[s->n++] = (struct http_socket){ .fd = fd };
    }
    return CURL_SOCKOPT_OK;
}

static int on_close(void *arg, curl_socket_t fd)
{
    struct http_sockets *s = arg;
    for (size_t i = 0; i < s->n; i++) {
        if (s->all[i].fd == fd) {
            s->all[i] = s->all[--s->n];
            break;
        }
    }
    return close(fd);
}

CURLcode http_sockets_setup(struct http_sockets *s, CURL *easy)
{
    CURLcode r = curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    r = r ? r : curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_SEC);
    r = r ? r : curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY_SEC);
    r = r ? r : curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
    r = r ? r : curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, s);
    r = r ? r : curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    return r ? r : curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
}

static long port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = { .v6 = { 0 } };
    socklen_t size = sizeof(address);
    if (getsockname(fd, &address.any, &size) < 0) {
        return -1;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* The socket with this local port, which it has from its connect on; or NULL. */
static struct http_socket *find(struct http_sockets *s, long local_port)
{
    for (size_t i = 0; i < s->n && local_port > 0; i++) {
        struct http_socket *one = &s->all[i];
        one->port = one->port > 0 ? one->port : port_of(one->fd);
        if (one->port == local_port) {
            return one;
        }
    }
    return NULL;
}

void http_sockets_heard(struct http_sockets *s, long local_port, uint64_t at_ns)
{
    struct http_socket *one = find(s, local_port);
    if (one) {
        one->heard_ns = KG_MAX(one->heard_ns, at_ns);
    }
}

void http_sockets_shut(struct http_sockets *s, long local_port, uint64_t since_ns)
{
    const struct http_socket *one = find(s, local_port);
    if (one && one->heard_ns <= since_ns) {
        shutdown(one->fd, SHUT_RDWR);
    }
}
