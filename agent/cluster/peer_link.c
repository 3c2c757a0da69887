#include "agent/cluster/peer_link.h"

#include "agent/http/listen.h"
#include "base/clock.h"
#include "base/num.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_NS CLOCK_NS_PER_SEC
#define RETRY_NS CLOCK_NS_PER_SEC
#define RETRY_FIRST_NS (5 * CLOCK_NS_PER_MS)
#define RETRY_DOUBLINGS 7

/* A connection that stood for so long is made anew at once when it ends. The port of a process that
 * is being killed takes some for a few milliseconds yet, only to reset them: those are tried again
 * soon, and then less and less often. */
#define SHORT_NS (500 * CLOCK_NS_PER_MS)

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

static uint64_t soon(struct peer_link *l, uint64_t now_ns)
{
    unsigned doublings = KG_MIN(l->in_vain, (unsigned)RETRY_DOUBLINGS);
    l->in_vain = doublings + 1;
    return now_ns + (RETRY_FIRST_NS << doublings);
}

static void failed(struct peer_link *l, int code, uint64_t now_ns)
{
    shut(l);
    l->retry_ns = code == ECONNRESET ? soon(l, now_ns) : now_ns + RETRY_NS;
    if (code != ECONNREFUSED) {
        l->refused_ns = 0;
    } else if (l->refused_ns == 0) {
        l->refused_ns = now_ns;
    }
}

static void ask(struct peer_link *l, struct str known)
{
    char request[96];
    snprintf(request, sizeof(request),
             "GET /scrapes%s" STR_FMT " HTTP/1.1\r\nHost: kubegauge\r\n\r\n",
             str_empty(known) ? "" : "?", STR_ARG(str_head(known, 20)));
    l->n = 0;
    ssize_t sent = send(l->fd, request, strlen(request), MSG_DONTWAIT | MSG_NOSIGNAL);
    l->is_asked = sent == (ssize_t)strlen(request);
}

static void connected(struct peer_link *l, uint64_t now_ns)
{
    l->is_connecting = false;
    l->was_up = true;
    l->began_ns = now_ns;
    l->refused_ns = 0;
    ask(l, STR(""));
}

/* Begins to connect. Returns the descriptor, or -1 with *ret_code: EINVAL is no numeric address. */
static int begin_connect(const char *address, int *ret_code)
{
    char host[PEER_ADDRESS_MAX], port[8];
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, /* names would hold up the loop */
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *to = NULL;
    if (listen_parse(address, host, sizeof(host), port, sizeof(port), NULL) < 0 || !host[0] ||
        getaddrinfo(host, port, &hints, &to) != 0) {
        *ret_code = EINVAL;
        return -1;
    }
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = fd < 0 ? -1 : connect(fd, to->ai_addr, to->ai_addrlen);
    *ret_code = r == 0 ? 0 : errno;
    freeaddrinfo(to);
    if (fd >= 0 && r < 0 && *ret_code != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void start(struct peer_link *l, uint64_t now_ns)
{
    int code;
    l->began_ns = now_ns;
    l->fd = begin_connect(l->address, &code);
    if (l->fd >= 0 && code == 0) {
        connected(l, now_ns);
    } else if (l->fd >= 0) {
        l->is_connecting = true;
    } else if (code == EINVAL) {
        l->address[0] = '\0';
    } else {
        failed(l, code, now_ns);
    }
}

bool peer_link_say(const struct peer_link *l, struct str text)
{
    int code;
    if (l->fd < 0 || l->is_connecting) {
        return false;
    }
    auto_close int fd = begin_connect(l->address, &code);
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return fd >= 0 && poll(&p, 1, PEER_SAY_MS) == 1 &&
           send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)text.n;
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

/* "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n…\r\n\r\n17\n1a:3:5000\n": whether it is there whole.
 * Sets *body; whose p stays NULL where it is no such answer. */
static bool cut_answer(struct str text, struct str *body)
{
    static const char length_name[] = "content-length:";
    ssize_t end = str_search(text, STR("\r\n\r\n"));
    uint64_t length = 0;
    *body = (struct str){ 0 };
    if (end < 0) {
        return false;
    }
    struct str head = str_head(text, (size_t)end);
    bool good = str_starts(head, STR("HTTP/1.1 200 "));
    for (struct str line = str_line(&head); good && line.p; line = str_line(&head)) {
        size_t n = sizeof(length_name) - 1;
        if (line.n >= n && strncasecmp(line.p, length_name, n) == 0) {
            struct str value = str_trim(str_from(line, n));
            good = num_scan_u64(value, &length) == 0;
        }
    }
    struct str rest = str_from(text, (size_t)end + 4);
    if (!good || rest.n < length) {
        return !good;
    }
    *body = str_head(rest, length);
    return true;
}

/* Takes a whole answer and asks again; one that is none is the last. */
static void take_answer(struct peer_link *l, uint64_t now_ns)
{
    struct str body;
    if (!cut_answer((struct str){ l->answer, l->n }, &body)) {
        if (l->n == sizeof(l->answer)) {
            l->is_asked = false;
        }
        return;
    }
    l->is_asked = false;
    struct str known = str_line(&body), note = str_line(&body);
    if (!str_empty(known) && note.p && str_copy(l->note, sizeof(l->note), note) == 0) {
        l->note_ns = now_ns;
        ask(l, known);
    }
}

/* Whether the connection stands; what came before it ended is taken in any case. */
static bool receive(struct peer_link *l, uint64_t now_ns)
{
    char unasked[256];
    for (;;) {
        ssize_t n = l->is_asked
                        ? recv(l->fd, l->answer + l->n, sizeof(l->answer) - l->n, MSG_DONTWAIT)
                        : recv(l->fd, unasked, sizeof(unasked), MSG_DONTWAIT);
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        if (l->is_asked) {
            l->n += (size_t)n;
            take_answer(l, now_ns);
        }
    }
}

static void check_up(struct peer_link *l, uint64_t now_ns)
{
    if (receive(l, now_ns)) {
        if (now_ns >= l->began_ns + SHORT_NS || l->note_ns >= l->began_ns) {
            l->lost_ns = 0; /* it serves: no process that is being killed */
        }
        return;
    }
    shut(l);
    if (now_ns >= l->began_ns + SHORT_NS) {
        l->in_vain = 0;
        l->retry_ns = now_ns;
    } else {
        l->retry_ns = soon(l, now_ns);
    }
    l->lost_ns = l->lost_ns ? l->lost_ns : now_ns;
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

uint64_t peer_link_died_ns(const struct peer_link *l)
{
    return l->was_up && l->refused_ns ? l->lost_ns : 0;
}
