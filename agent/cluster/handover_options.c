#include "agent/cluster/handover_options.h"

#include "agent/http/listen.h"
#include "base/clock.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define HOST_MAX 200

/* After a write that failed: soon enough to try several times before the lease is over. */
#define RETRY_OF_RENEW 3

static int copy(char *out, const char *text, const char *option, struct err *err)
{
    return str_copy(out, LEASE_TEXT_BYTES, str_of(text)) < 0
               ? err_set(err, EINVAL, "%s: longer than %d bytes", option, LEASE_TEXT_BYTES - 1)
               : 0;
}

static int set_identity(const struct options *o, struct handover_options *p, struct err *err)
{
    char host[HOST_MAX] = "";
    const char *pod = options_text(o, OPT_LEASE_IDENTITY);
    uint64_t random = 0;
    if (!pod[0]) {
        gethostname(host, sizeof(host) - 1);
        pod = host;
    }
    /* A container that is started again has the name of the one before, but is another process. */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
        random = clock_mono_ns() ^ (uint64_t)getpid() << 48;
    }
    if (strlen(pod) >= HOST_MAX) {
        return err_set(err, EINVAL, "--lease-identity: longer than %d bytes", HOST_MAX - 1);
    }
    snprintf(p->identity, sizeof(p->identity), "%.*s_%016llx", HOST_MAX, pod,
             (unsigned long long)random);
    return 0;
}

/* "10.0.0.1", "10.0.0.1:9095", "fd00::1", "[fd00::1]:9095" with the port of bound if need be. */
static int set_address(const struct options *o, const char *bound, struct handover_options *p,
                       struct err *err)
{
    char bound_host[HOST_MAX], port[8], host[HOST_MAX], own_port[8];
    const char *given = options_text(o, OPT_ADVERTISE_ADDRESS);
    int r = listen_parse(bound, bound_host, sizeof(bound_host), port, sizeof(port), err);
    if (r < 0) {
        return r;
    }
    struct str wild[] = { STR(""), STR("::"), STR("0.0.0.0") };
    bool is_wild = false;
    for (size_t i = 0; i < KG_ARRAY_LEN(wild); i++) {
        is_wild |= str_eq_c(wild[i], bound_host);
    }
    if (!given[0]) {
        return copy(p->address, is_wild ? "" : bound, "--web.listen-address", err);
    }
    struct str text = str_of(given);
    ssize_t first = str_find(text, ':');
    bool bare_ipv6 = first >= 0 && first != str_rfind(text, ':') && given[0] != '[';
    if (!bare_ipv6 &&
        listen_parse(given, host, sizeof(host), own_port, sizeof(own_port), NULL) == 0) {
        return copy(p->address, given, "--advertise-address", err);
    }
    if (text.n >= HOST_MAX || (first >= 0 && !bare_ipv6)) {
        return err_set(err, EINVAL,
                       "--advertise-address: \"%.100s\" is not an address such as 10.0.0.1, "
                       "10.0.0.1:9095 or [fd00::1]:9095",
                       given);
    }
    snprintf(p->address, sizeof(p->address), bare_ipv6 ? "[%s]:%s" : "%s:%s", given, port);
    return 0;
}

void handover_lease_name(const struct options *o, struct buf *out)
{
    buf_add_c(out, options_text(o, OPT_LEASE_NAME));
    if (options_int(o, OPT_TOTAL_SHARDS) > 1) {
        buf_addf(out, "-%d", (int)options_int(o, OPT_SHARD));
    }
}

static int set_name(const struct options *o, struct handover_options *p, struct err *err)
{
    auto_buf struct buf name = BUF_INIT((size_t)4 * LEASE_TEXT_BYTES);
    handover_lease_name(o, &name);
    const char *text = buf_c(&name);
    return copy(p->name, text ? text : options_text(o, OPT_LEASE_NAME), "--lease-name", err);
}

int handover_options(const struct options *o, const char *namespace, const char *bound,
                     struct handover_options *ret, struct err *err)
{
    struct handover_options p = {
        .duration_ns = options_ns(o, OPT_LEASE_DURATION),
        .renew_ns = options_ns(o, OPT_LEASE_RENEW_INTERVAL),
    };
    p.retry_ns = p.renew_ns / RETRY_OF_RENEW;
    const char *given = options_text(o, OPT_LEASE_NAMESPACE);
    const char *chosen = given[0] ? given : namespace ? namespace : "default";
    if (p.duration_ns < CLOCK_NS_PER_SEC || p.renew_ns == 0 || p.renew_ns > p.duration_ns / 2) {
        return err_set(err, EINVAL,
                       "--lease-duration: at least a second, and twice --lease-renew-interval");
    }
    int r = copy(p.namespace, chosen, "--lease-namespace", err);
    r = r ? r : set_name(o, &p, err);
    r = r ? r : set_identity(o, &p, err);
    r = r ? r : set_address(o, bound, &p, err);
    if (r == 0) {
        *ret = p;
    }
    return r;
}
