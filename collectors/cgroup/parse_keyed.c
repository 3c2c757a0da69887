#include "collectors/cgroup/parse.h"

#include "collectors/scan.h"

static const struct cg_key *find_key(struct str name, const struct cg_key *keys, size_t n_keys)
{
    for (size_t i = 0; i < n_keys; i++) {
        if (keys[i].name.n == name.n && memcmp(keys[i].name.p, name.p, name.n) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

int cg_parse_keyed(struct str text, const struct cg_key *keys, size_t n_keys, void *base,
                   uint32_t *ret_seen)
{
    uint32_t seen = 0;
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        struct str name = scan_until_blank(&at);
        const struct cg_key *key = find_key(name, keys, n_keys);
        if (key) {
            uint64_t *value = (uint64_t *)(void *)((char *)base + key->at);
            if (!scan_char(&at, ' ') || !scan_count(&at, value) || !scan_line_end(&at)) {
                return -EBADMSG;
            }
            seen |= UINT32_C(1) << (key - keys);
        } else {
            scan_skip_line(&at);
        }
    }
    *ret_seen = seen;
    return 0;
}

int cg_parse_value(struct str text, uint64_t *ret)
{
    struct scan at = scan_of(text);
    uint64_t value = UINT64_MAX;
    if (!scan_literal(&at, STR("max")) && !scan_count(&at, &value)) {
        return -EBADMSG;
    }
    if (!scan_line_end(&at) || !scan_end(&at)) {
        return -EBADMSG;
    }
    *ret = value;
    return 0;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=317534733" */
static bool scan_total(struct scan *at, uint64_t *ret)
{
    for (;;) {
        if (!scan_char(at, ' ')) {
            return false;
        }
        if (scan_literal(at, STR("total="))) {
            return scan_count(at, ret);
        }
        if (str_empty(scan_until_blank(at))) {
            return false;
        }
    }
}

int cg_parse_pressure(struct str text, struct cgroup_psi *ret)
{
    struct cgroup_psi psi = { 0 };
    struct scan at = scan_of(text);
    if (!scan_literal(&at, STR("some")) || !scan_total(&at, &psi.some_usec) ||
        !scan_line_end(&at)) {
        return -EBADMSG;
    }
    if (scan_literal(&at, STR("full")) &&
        (!scan_total(&at, &psi.full_usec) || !scan_line_end(&at))) {
        return -EBADMSG;
    }
    *ret = psi;
    return 0;
}

ssize_t cg_parse_pids(struct str text, int32_t *ret, size_t max, size_t *ret_n)
{
    size_t n = 0;
    ssize_t lines = 0;
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        uint64_t pid;
        if (!scan_count(&at, &pid) || pid > INT32_MAX || !scan_line_end(&at)) {
            return -EBADMSG;
        }
        lines++;
        if (pid > 0 && n < max) {
            ret[n++] = (int32_t)pid;
        }
    }
    *ret_n = n;
    return lines;
}
