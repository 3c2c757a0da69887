#include "collectors/proc/proc_parse.h"

#include "collectors/scan.h"

#define HEADING_LINES 2
#define COUNTERS 16

/* "  eth0: 1 2 …" (no blank after the colon before Linux 2.6.33, or with long numbers). */
static bool scan_interface(struct scan *at, struct net_dev *ret)
{
    uint64_t v[COUNTERS];
    scan_blanks(at);
    const char *start = at->p;
    while (at->p < at->end && *at->p != ':' && *at->p != '\n') {
        at->p++;
    }
    struct str name = { start, (size_t)(at->p - start) };
    if (str_empty(name) || !scan_char(at, ':')) {
        return false;
    }
    for (size_t i = 0; i < COUNTERS; i++) {
        scan_blanks(at);
        if (!scan_u64(at, &v[i])) {
            return false;
        }
    }
    scan_blanks(at);
    *ret = (struct net_dev){
        .name = name,
        .rx_bytes = v[0],
        .rx_packets = v[1],
        .rx_errors = v[2],
        .rx_dropped = v[3],
        .tx_bytes = v[8],
        .tx_packets = v[9],
        .tx_errors = v[10],
        .tx_dropped = v[11],
    };
    return scan_line_end(at);
}

int proc_parse_net_dev(struct str text, bool (*skip)(struct str name), struct net_dev *ret,
                       size_t max, size_t *ret_n)
{
    struct scan at = scan_of(text);
    for (int i = 0; i < HEADING_LINES; i++) {
        if (scan_end(&at)) {
            return -EBADMSG;
        }
        scan_skip_line(&at);
    }
    size_t n = 0;
    while (!scan_end(&at)) {
        struct net_dev line;
        if (!scan_interface(&at, &line)) {
            return -EBADMSG;
        }
        if (skip && skip(line.name)) {
            continue;
        }
        if (n == max) {
            *ret_n = n;
            return -E2BIG;
        }
        ret[n++] = line;
    }
    *ret_n = n;
    return 0;
}

static bool starts_in_any_case(struct str s, struct str prefix)
{
    if (s.n < prefix.n) {
        return false;
    }
    for (size_t i = 0; i < prefix.n; i++) {
        char c = s.p[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != prefix.p[i]) {
            return false;
        }
    }
    return true;
}

bool proc_skip_interface(struct str name)
{
    return starts_in_any_case(name, STR("lo")) || starts_in_any_case(name, STR("veth")) ||
           starts_in_any_case(name, STR("docker")) || starts_in_any_case(name, STR("nerdctl"));
}
