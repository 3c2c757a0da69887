/* What clients send while they are being answered.
 *
 * libwebsockets 4.1 neither reads in the middle of an answer nor stops waiting for input there: a
 * client that sends its next request early, or shuts its sending side, makes poll(2) return at
 * once, again and again. (Its flow control cannot be used: it withholds the notice that the socket
 * can be written to, as well.) So once a second each exchange's socket is looked at. */
#include "agent/http/server_private.h"

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

void server_check_clients(struct server *s)
{
    for (struct exchange *x = s->exchanges; x; x = x->next) {
        check(x);
    }
}

void server_hear_again(struct exchange *x)
{
    if (x->deaf) {
        x->deaf = false;
        set_low_water(x, 1);
    }
}
