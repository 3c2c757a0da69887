#include "agent/cluster/peer_link.h"

#include "agent/http/listen.h"
#include "base/clock.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_NS CLOCK_NS_PER_SEC
#define RETRY_NS CLOCK_NS_PER_SEC

/* The other side ends connections that say nothing after a while, and those are made anew at once.
 * One that ends sooner than this would otherwise be made anew all the time. */
#define SHORT_NS (500 * CLOCK_NS_PER_MS)
#define SHORT_RETRY_NS (100 * CLOCK_NS_PER_MS)

void peer_link_init(struct peer_link *l)
{
    *l = (struct peer_link){ .fd = -1 };
}

static void shut(struct peer_link *l)
{
    if (l->fd >= 0) {
        close(l->fd);
    }
    l->fd = -1;
    l->is_connecting = false;
}

void peer_link_done(struct peer_link *l)
{
    shut(l);
}

void peer_link_set(struct peer_link *l, struct str address)
{
    if (str_eq(address, str_of(l->address))) {
        return;
    }
    shut(l);
    peer_link_init(l);
    if (str_copy(l->address, sizeof(l->address), address) < 0) {
        l->address[0] = '\0';
    }
}

static void failed(struct peer_link *l, int code, uint64_t now_ns)
{
    shut(l);
    l->retry_ns = now_ns + RETRY_NS;
    if (code != ECONNREFUSED) {
        l->refused_ns = 0;
    } else if (l->refused_ns == 0) {
        l->refused_ns = now_ns;
    }
}

static void connected(struct peer_link *l, uint64_t now_ns)
{
    l->is_connecting = false;
    l->was_up = true;
    l->began_ns = now_ns;
    l->lost_ns = l->refused_ns = 0;
}

static void start(struct peer_link *l, uint64_t now_ns)
{
    char host[PEER_ADDRESS_MAX], port[8];
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, /* names would hold up the loop */
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *to = NULL;
    l->began_ns = now_ns;
    if (listen_parse(l->address, host, sizeof(host), port, sizeof(port), NULL) < 0 || !host[0] ||
        getaddrinfo(host, port, &hints, &to) != 0) {
        l->address[0] = '\0';
        return;
    }
    l->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = l->fd < 0 ? -1 : connect(l->fd, to->ai_addr, to->ai_addrlen);
    int code = errno;
    freeaddrinfo(to);
    if (r == 0) {
        connected(l, now_ns);
    } else if (l->fd >= 0 && code == EINPROGRESS) {
        l->is_connecting = true;
    } else {
        failed(l, code, now_ns);
    }
}

static void check_connecting(struct peer_link *l, uint64_t now_ns)
{
    struct pollfd p = { .fd = l->fd, .events = POLLOUT };
    int code = 0;
    socklen_t size = sizeof(code);
    if (poll(&p, 1, 0) == 1) {
        getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &code, &size);
        if (code) {
            failed(l, code, now_ns);
        } else {
            connected(l, now_ns);
        }
    } else if (now_ns >= l->began_ns + CONNECT_NS) {
        failed(l, ETIMEDOUT, now_ns);
    }
}

static void check_up(struct peer_link *l, uint64_t now_ns)
{
    char bytes[256];
    ssize_t n = recv(l->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) {
        return; /* what it says is of no interest */
    }
    shut(l);
    l->lost_ns = now_ns;
    l->retry_ns = now_ns >= l->began_ns + SHORT_NS ? now_ns : now_ns + SHORT_RETRY_NS;
}

uint64_t peer_link_turn(struct peer_link *l, uint64_t now_ns)
{
    if (!l->address[0]) {
        return UINT64_MAX;
    }
    if (l->fd >= 0 && !l->is_connecting) {
        check_up(l, now_ns);
    }
    if (l->fd < 0 && now_ns >= l->retry_ns) {
        start(l, now_ns);
    }
    if (l->is_connecting) {
        check_connecting(l, now_ns);
    }
    if (l->is_connecting) {
        return l->began_ns + CONNECT_NS;
    }
    return l->fd >= 0 || !l->address[0] ? UINT64_MAX : l->retry_ns;
}

bool peer_link_say(struct peer_link *l, struct str text)
{
    return l->fd >= 0 && !l->is_connecting &&
           send(l->fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)text.n;
}

uint64_t peer_link_died_ns(const struct peer_link *l)
{
    return l->was_up && l->refused_ns ? l->lost_ns : 0;
}
