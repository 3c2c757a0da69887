#include "collectors/machine_facts.h"

#include "collectors/scan.h"

/* Sockets and cores are numbered from the firmware's tables; higher numbers are not told apart. */
#define MAX_PAIRS 8192

int machine_parse_cpu_list(struct str text, uint64_t *ret_count)
{
    struct scan at = scan_of(str_trim(text));
    uint64_t count = 0, first, last;
    do {
        if (!scan_u64(&at, &first)) {
            return -EBADMSG;
        }
        last = first;
        if (scan_char(&at, '-') && (!scan_u64(&at, &last) || last < first)) {
            return -EBADMSG;
        }
        count += last - first + 1;
    } while (scan_char(&at, ','));
    if (!scan_end(&at)) {
        return -EBADMSG;
    }
    *ret_count = count;
    return 0;
}

struct cores {
    struct core {
        uint64_t socket, core;
    } * seen;
    size_t n_cores, n_sockets;
    bool tells_cores, tells_sockets;
};

static void add_core(struct cores *c, uint64_t socket, uint64_t core)
{
    bool new_socket = true;
    for (size_t i = 0; i < c->n_cores; i++) {
        if (c->seen[i].socket == socket) {
            new_socket = false;
            if (c->seen[i].core == core) {
                return;
            }
        }
    }
    if (c->n_cores < MAX_PAIRS) {
        c->seen[c->n_cores++] = (struct core){ socket, core };
        c->n_sockets += new_socket;
    }
}

/* "core id		: 0"; what is not so is left for the next to look at. */
static bool scan_id(struct scan *at, struct str name, uint64_t *ret)
{
    struct scan s = *at;
    if (!scan_literal(&s, name)) {
        return false;
    }
    scan_blanks(&s);
    if (!scan_char(&s, ':')) {
        return false;
    }
    scan_blanks(&s);
    if (!scan_u64(&s, ret)) {
        return false;
    }
    *at = s;
    return true;
}

void machine_parse_cpuinfo(struct str text, uint64_t *ret_cores, uint64_t *ret_sockets)
{
    struct cores c = { .seen = calloc(MAX_PAIRS, sizeof(*c.seen)) };
    uint64_t socket = 0, core = 0;
    bool in_processor = false;
    *ret_cores = *ret_sockets = 0;
    if (!c.seen) {
        return;
    }
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        if (scan_id(&at, STR("physical id"), &socket)) {
            c.tells_sockets = in_processor = true;
        } else if (scan_id(&at, STR("core id"), &core)) {
            c.tells_cores = in_processor = true;
        } else if (*at.p == '\n' && in_processor) { /* an empty line ends a processor */
            add_core(&c, socket, core);
            socket = core = 0;
            in_processor = false;
        }
        scan_skip_line(&at);
    }
    if (in_processor) {
        add_core(&c, socket, core);
    }
    *ret_cores = c.tells_cores ? c.n_cores : 0;
    *ret_sockets = c.tells_sockets ? c.n_sockets : 0;
    free(c.seen);
}

struct str machine_parse_os_release(struct str text)
{
    while (!str_empty(text)) {
        struct str line = str_line(&text);
        if (str_eat(&line, STR("PRETTY_NAME="))) {
            line = str_trim(line);
            if (line.n >= 2 && (line.p[0] == '"' || line.p[0] == '\'') &&
                line.p[line.n - 1] == line.p[0]) {
                line = (struct str){ line.p + 1, line.n - 2 };
            }
            return line;
        }
    }
    return (struct str){ 0 };
}
