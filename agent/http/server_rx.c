/* What clients send while they are being answered, and which of them take too long over it.
 *
 * libwebsockets 4.1 neither reads in the middle of an answer nor stops waiting for input there: a
 * client that sends its next request early, or shuts its sending side, makes poll(2) return at
 * once, again and again. (Its flow control cannot be used: it withholds the notice that the socket
 * can be written to, as well.) So once a second each exchange's socket is looked at. */
#include "agent/http/server_private.h"

#include "base/clock.h"
#include "base/limits.h"

#include <limits.h>
#include <sys/socket.h>

static void set_low_water(const struct exchange *x, int bytes)
{
    setsockopt(lws_get_socket_fd(x->wsi), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

static void check(struct exchange *x)
{
    char byte;
    ssize_t n = recv(lws_get_socket_fd(x->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0) {
        /* Who has shut its side and still wants the answer had a second for it. */
        lws_set_timeout(x->wsi, PENDING_TIMEOUT_CLOSE_ACK, LWS_TO_KILL_ASYNC);
    } else if (n > 0 && !x->deaf) {
        x->deaf = true;
        set_low_water(x, INT_MAX);
    }
}

/* A scrape that is older holds a state that has been replaced, and its scraper, which by default
 * waits as long, has given up. */
#define SLOW_NS (10 * CLOCK_NS_PER_SEC)

static bool is_slow(const struct exchange *x, uint64_t now_ns)
{
    return x->answer.state == ANSWER_SCRAPE && !x->answer.head &&
           now_ns - x->answer.began_ns > SLOW_NS;
}

/* However many read slowly, and each of them since another time: no more than a set number of old
 * states stay in memory for them. */
static void cut_slow(struct server *s, uint64_t now_ns)
{
    unsigned slow = 0;
    for (struct exchange *x = s->exchanges; x; x = x->next) { /* the newest first */
        if (!is_slow(x, now_ns) || ++slow <= LIMIT_SLOW_SCRAPES || x->cut) {
            continue;
        }
        x->cut = true;
        s->service->scrapes_cut++;
        lws_set_timeout(x->wsi, PENDING_TIMEOUT_CLOSE_ACK, LWS_TO_KILL_ASYNC);
    }
}

void server_check_clients(struct server *s)
{
    for (struct exchange *x = s->exchanges; x; x = x->next) {
        check(x);
    }
    cut_slow(s, clock_mono_ns());
}

void server_hear_again(struct exchange *x)
{
    if (x->deaf) {
        x->deaf = false;
        set_low_water(x, 1);
    }
}
