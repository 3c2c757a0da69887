#include "collectors/cgroup/parse.h"

#include "collectors/scan.h"

/* "254:0"; what follows is a blank or the end of the line. */
static bool scan_device(struct scan *at, uint32_t *ret_major, uint32_t *ret_minor)
{
    struct scan s = *at;
    uint64_t major, minor;
    if (!scan_u64(&s, &major) || !scan_char(&s, ':') || !scan_u64(&s, &minor) ||
        major > UINT32_MAX || minor > UINT32_MAX) {
        return false;
    }
    *at = s;
    *ret_major = (uint32_t)major;
    *ret_minor = (uint32_t)minor;
    return true;
}

/* "rbytes=1": sets the value where it is one of those we serve. */
static bool scan_io_pair(struct scan *at, struct cgroup_io *io)
{
    static const struct {
        struct str name;
        uint16_t at;
        uint8_t bytes, ios;
        bool cost;
    } pairs[] = {
        { STR_INIT("rbytes="), offsetof(struct cgroup_io, bytes[CG_IO_READ]), 1 << CG_IO_READ, 0,
          false },
        { STR_INIT("wbytes="), offsetof(struct cgroup_io, bytes[CG_IO_WRITE]), 1 << CG_IO_WRITE, 0,
          false },
        { STR_INIT("rios="), offsetof(struct cgroup_io, ios[CG_IO_READ]), 0, 1 << CG_IO_READ,
          false },
        { STR_INIT("wios="), offsetof(struct cgroup_io, ios[CG_IO_WRITE]), 0, 1 << CG_IO_WRITE,
          false },
        { STR_INIT("cost.usage="), offsetof(struct cgroup_io, cost_usage_usec), 0, 0, true },
        { STR_INIT("cost.wait="), offsetof(struct cgroup_io, cost_wait_usec), 0, 0, true },
        { STR_INIT("cost.indebt="), offsetof(struct cgroup_io, cost_indebt_usec), 0, 0, true },
        { STR_INIT("cost.indelay="), offsetof(struct cgroup_io, cost_indelay_usec), 0, 0, true },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(pairs); i++) {
        if (scan_literal(at, pairs[i].name)) {
            io->has_bytes |= pairs[i].bytes;
            io->has_ios |= pairs[i].ios;
            io->has_cost = io->has_cost || pairs[i].cost;
            return scan_count(at, (uint64_t *)(void *)((char *)io + pairs[i].at));
        }
    }
    /* dbytes, dios, cost.vrate=100.00 and what later kernels add */
    return !str_empty(scan_until_blank(at));
}

static bool has_numbers(const struct cgroup_io *io)
{
    return io->has_bytes || io->has_ios || io->has_cost;
}

/* One line. "7:0 7:1 254:0 rbytes=…": the numbers belong to the last device before them. */
static bool scan_io_line(struct scan *at, struct cgroup_io *ret)
{
    struct cgroup_io io = { 0 };
    if (!scan_device(at, &io.major, &io.minor)) {
        return false;
    }
    while (!scan_line_end(at)) {
        scan_blanks(at);
        if (at->p < at->end && *at->p == '\n') {
            continue;
        }
        if (scan_end(at)) {
            break;
        }
        if (!has_numbers(&io) && scan_device(at, &io.major, &io.minor)) {
            continue;
        }
        if (!scan_io_pair(at, &io)) {
            return false;
        }
    }
    *ret = io;
    return true;
}

int cg_parse_io_stat(struct str text, struct cgroup_io *ret, size_t max, size_t *ret_n)
{
    size_t n = 0;
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        struct cgroup_io io = { 0 };
        if (!scan_io_line(&at, &io)) {
            return -EBADMSG;
        }
        if (!has_numbers(&io)) {
            continue;
        }
        if (n == max) {
            *ret_n = n;
            return -E2BIG;
        }
        ret[n++] = io;
    }
    *ret_n = n;
    return 0;
}

static struct cgroup_io *find_or_add(struct cgroup_io *io, size_t max, size_t *n, uint32_t major,
                                     uint32_t minor)
{
    /* The lines of a device follow one another, and each file names the devices in the same order:
     * the one wanted is nearly always the last. */
    for (size_t i = *n; i > 0; i--) {
        if (io[i - 1].major == major && io[i - 1].minor == minor) {
            return &io[i - 1];
        }
    }
    if (*n == max) {
        return NULL;
    }
    io[*n] = (struct cgroup_io){ .major = major, .minor = minor };
    return &io[(*n)++];
}

static bool operation_of(struct str name, enum cgroup_io_op *ret)
{
    static const struct str names[CG_IO_OPS] = {
        [CG_IO_READ] = STR_INIT("Read"),       [CG_IO_WRITE] = STR_INIT("Write"),
        [CG_IO_SYNC] = STR_INIT("Sync"),       [CG_IO_ASYNC] = STR_INIT("Async"),
        [CG_IO_DISCARD] = STR_INIT("Discard"), [CG_IO_TOTAL] = STR_INIT("Total"),
    };
    for (unsigned op = 0; op < CG_IO_OPS; op++) {
        if (str_eq(name, names[op])) {
            *ret = (enum cgroup_io_op)op;
            return true;
        }
    }
    return false;
}

static void set_by_direction(enum cgroup_io_op op, uint64_t value, uint64_t *read, uint64_t *write)
{
    if (op == CG_IO_READ) {
        *read = value;
    } else if (op == CG_IO_WRITE) {
        *write = value;
    }
}

static void set_service_time(struct cgroup_io *io, enum cgroup_io_op op, uint64_t ns)
{
    double seconds = (double)ns / 1e9;
    if (op == CG_IO_READ) {
        io->read_seconds = seconds;
    } else if (op == CG_IO_WRITE) {
        io->write_seconds = seconds;
    } else if (op == CG_IO_TOTAL) {
        io->io_seconds = seconds;
    }
}

static void set_blkio(struct cgroup_io *io, enum cg_blkio what, enum cgroup_io_op op,
                      uint64_t value)
{
    switch (what) {
    case CG_BLKIO_BYTES:
        io->bytes[op] = value;
        io->has_bytes |= (uint8_t)(1u << op);
        break;
    case CG_BLKIO_IOS:
        io->ios[op] = value;
        io->has_ios |= (uint8_t)(1u << op);
        break;
    case CG_BLKIO_TIME:
        set_service_time(io, op, value);
        io->has_disk = true;
        break;
    case CG_BLKIO_MERGED:
        set_by_direction(op, value, &io->reads_merged, &io->writes_merged);
        io->has_disk = true;
        break;
    case CG_BLKIO_QUEUED:
        if (op == CG_IO_TOTAL) {
            io->io_current = value;
        }
        io->has_disk = true;
        break;
    }
}

int cg_parse_blkio(struct str text, enum cg_blkio what, struct cgroup_io *io, size_t max, size_t *n)
{
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        uint32_t major, minor;
        if (scan_literal(&at, STR("Total "))) {
            scan_skip_line(&at); /* the sum over all devices */
            continue;
        }
        if (!scan_device(&at, &major, &minor) || !scan_char(&at, ' ')) {
            return -EBADMSG;
        }
        enum cgroup_io_op op = CG_IO_TOTAL;
        bool known = operation_of(scan_until_blank(&at), &op);
        uint64_t value;
        if (!scan_char(&at, ' ') || !scan_count(&at, &value) || !scan_line_end(&at)) {
            return -EBADMSG;
        }
        if (!known) {
            continue;
        }
        struct cgroup_io *device = find_or_add(io, max, n, major, minor);
        if (!device) {
            return -E2BIG;
        }
        set_blkio(device, what, op, value);
    }
    return 0;
}
