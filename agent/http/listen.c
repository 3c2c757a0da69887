#include "agent/http/listen.h"

#include "base/num.h"
#include "base/str.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 256
#define PORT_MAX 8
#define BACKLOG 128

int listen_parse(const char *address, char *host, size_t host_size, char *port, size_t port_size,
                 struct err *err)
{
    struct str text = str_of(address);
    ssize_t colon = str_rfind(text, ':');
    uint64_t number;
    if (colon >= 0) {
        struct str h = str_head(text, (size_t)colon), p = str_from(text, (size_t)colon + 1);
        bool brackets = str_eat(&h, STR("[")) && str_eat_end(&h, STR("]"));
        bool plain = str_find(h, ':') < 0 && str_find(h, '[') < 0 && str_find(h, ']') < 0;
        if ((brackets ? !str_empty(h) : plain) && num_scan_u64(p, &number) == 0 &&
            number <= UINT16_MAX && str_copy(host, host_size, h) == 0 &&
            str_copy(port, port_size, p) == 0) {
            return 0;
        }
    }
    return err_set(err, EINVAL,
                   "\"%.100s\" is not an address such as :9095, 127.0.0.1:9095 or [::1]:9095",
                   address);
}

int listen_check(const char *address, struct err *err)
{
    char host[HOST_MAX], port[PORT_MAX];
    return listen_parse(address, host, sizeof(host), port, sizeof(port), err);
}

static int open_one(const struct addrinfo *a, bool all)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0;
    if (fd < 0) {
        return -errno;
    }
    /* A restart must not wait for connections of the former process in TIME_WAIT. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, all ? &off : &on, sizeof(on));
    }
    if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

/* The first of the family's addresses that can be bound. AF_UNSPEC takes any. */
static int open_family(const struct addrinfo *list, int family, bool all)
{
    int r = -EAFNOSUPPORT;
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        if (family == AF_UNSPEC || a->ai_family == family) {
            r = open_one(a, all);
            if (r >= 0) {
                break;
            }
        }
    }
    return r;
}

int listen_open(const char *address, struct err *err)
{
    char host[HOST_MAX] = "", port[PORT_MAX] = "";
    int r = listen_parse(address, host, sizeof(host), port, sizeof(port), err);
    if (r < 0) {
        return r;
    }
    bool all = !*host;
    struct addrinfo hints = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *list = NULL;
    int gai = getaddrinfo(all ? NULL : host, port, &hints, &list);
    if (gai) {
        return err_set(err, ENOENT, "%.100s: %s", address, gai_strerror(gai));
    }
    r = open_family(list, all ? AF_INET6 : AF_UNSPEC, all);
    if (all && (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)) {
        r = open_family(list, AF_INET, all);
    }
    freeaddrinfo(list);
    return r < 0 ? err_set_errno(err, -r, "cannot listen on %.100s", address) : r;
}

int listen_bound(int fd, char *out, size_t size)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    char host[HOST_MAX], port[PORT_MAX];
    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        return -errno;
    }
    if (getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return -EINVAL;
    }
    snprintf(out, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return 0;
}
