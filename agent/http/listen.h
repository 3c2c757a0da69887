/* listen.h — the listening socket of an address as options have it.
 * Uses: base.  Threads: any.  Owner: the caller, who closes the descriptor.
 *
 * The socket is made here and not by libwebsockets, because that takes an interface's name for an
 * address, cannot take port 0 for both families, and has no limit on connections of its own. */
#ifndef KG_AGENT_LISTEN_H
#define KG_AGENT_LISTEN_H

#include "base/err.h"

/* Whether the address can be cut at all; says nothing of whether it can be bound. Errors: -EINVAL.
 */
int listen_check(const char *address, struct err *err);

/* Cuts "HOST:PORT", "[::1]:9095", ":9095" into host (without brackets; "" for all addresses) and
 * port. Errors: -EINVAL (err says what is accepted). */
int listen_parse(const char *address, char *host, size_t host_size, char *port, size_t port_size,
                 struct err *err);

/* A non-blocking listening socket. Without a host it takes IPv6 and IPv4 alike, or IPv4 alone where
 * the machine has no IPv6. Returns the descriptor. Errors: -EINVAL · those of getaddrinfo as
 * -ENOENT · those of socket, bind, listen (-EADDRINUSE: err names the address). */
int listen_open(const char *address, struct err *err);

/* Writes the address that fd is bound to into out: "[::]:9095", "127.0.0.1:38211". */
int listen_bound(int fd, char *out, size_t size) KG_MUST_CHECK;

#endif
