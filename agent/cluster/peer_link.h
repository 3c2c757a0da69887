/* peer_link.h — a connection to another process's port, which tells at once when that process dies:
 * the kernel ends its connections, and its port refuses new ones.
 * Uses: base.  Threads: one at a time.  Owner: the handover, on the kube loop.
 *
 * It is asked for /scrapes all the time, and answers when somebody has scraped it, so that what was
 * known last before it died is exact. A connection that ends is made anew; refused
 * means that nobody listens there. Silence means nothing: a machine that is gone, or a network that
 * is cut, sends no refusal. */
#ifndef KG_AGENT_PEER_LINK_H
#define KG_AGENT_PEER_LINK_H

#include "base/limits.h"
#include "base/str.h"

#define PEER_ADDRESS_MAX 64

struct peer_link {
    char address[PEER_ADDRESS_MAX]; /* numeric "HOST:PORT"; "": none */
    int fd;                         /* -1: none */
    bool is_connecting;
    bool was_up;       /* a connection stood since the address was set */
    uint64_t began_ns; /* of the connection or attempt */
    uint64_t retry_ns; /* when to connect again */
    uint64_t lost_ns;  /* when the last one of use ended; 0: it stands, or none did */
    unsigned in_vain;  /* connections that ended at once, one after another */
    /* What it told of its scrapers (agent/http/scrape_note.h), and when; note_ns 0: nothing. */
    char note[LIMIT_LEASE_NOTE_BYTES];
    uint64_t note_ns;
    bool is_asked;                              /* an answer is to come */
    char answer[LIMIT_LEASE_NOTE_BYTES + 2048]; /* what came of it, n bytes */
    size_t n;
    uint64_t refused_ns; /* since when all attempts were refused; 0: the last one was not */
};

/* Without an address; and closes what is open. */
void peer_link_init(struct peer_link *l);
void peer_link_done(struct peer_link *l);

/* Links to another address ("" for none); nothing happens when it is the same. What is no numeric
 * address and port is as none. */
void peer_link_set(struct peer_link *l, struct str address);

/* Does what is due. Returns when it wants to be called again at the latest; sooner when its
 * descriptor can be read, or written while it connects. */
uint64_t peer_link_turn(struct peer_link *l, uint64_t now_ns);

/* Sends text to the address over a connection of its own, if that one stands, and looks for no
 * answer. Waits for it for PEER_SAY_MS at most. Returns whether it went out. */
bool peer_link_say(const struct peer_link *l, struct str text);
#define PEER_SAY_MS 200

/* When the process behind the address died: a connection ended, and another one was refused. 0
 * while it lives for all we know. */
uint64_t peer_link_died_ns(const struct peer_link *l);

#endif
