#include "collectors/proc/proc_parse.h"

#include "collectors/scan.h"

#define DISK_NUMBERS 11

static bool scan_disk(struct scan *at, struct diskstat *ret)
{
    uint64_t major, minor, v[DISK_NUMBERS];
    scan_blanks(at);
    if (!scan_u64(at, &major) || major > UINT32_MAX) {
        return false;
    }
    scan_blanks(at);
    if (!scan_u64(at, &minor) || minor > UINT32_MAX) {
        return false;
    }
    scan_blanks(at);
    struct str name = scan_until_blank(at);
    for (size_t i = 0; i < DISK_NUMBERS; i++) {
        scan_blanks(at);
        if (!scan_u64(at, &v[i])) {
            return false;
        }
    }
    scan_skip_line(at);
    *ret = (struct diskstat){
        .major = (uint32_t)major,
        .minor = (uint32_t)minor,
        .name = name,
        .reads = v[0],
        .reads_merged = v[1],
        .sectors_read = v[2],
        .read_ms = v[3],
        .writes = v[4],
        .writes_merged = v[5],
        .sectors_written = v[6],
        .write_ms = v[7],
        .in_flight = v[8],
        .io_ms = v[9],
        .weighted_ms = v[10],
    };
    return true;
}

int proc_parse_diskstats(struct str text, struct diskstat *ret, size_t max, size_t *ret_n)
{
    size_t n = 0;
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        struct diskstat disk;
        if (!scan_disk(&at, &disk)) {
            return -EBADMSG;
        }
        if (n == max) {
            *ret_n = n;
            return -E2BIG;
        }
        ret[n++] = disk;
    }
    *ret_n = n;
    return 0;
}

/* "23 27 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw": the optional fields before the dash
 * are any number. */
static bool split_mount_line(struct str line, struct mount_line *ret)
{
    str_word(&line); /* its number and its parent's */
    str_word(&line);
    struct str device = str_word(&line);
    struct scan at = scan_of(device);
    uint64_t major, minor;
    if (!scan_u64(&at, &major) || !scan_char(&at, ':') || !scan_u64(&at, &minor) ||
        !scan_end(&at) || major > UINT32_MAX || minor > UINT32_MAX) {
        return false;
    }
    str_word(&line); /* which part of the file system */
    struct str mountpoint = str_word(&line);
    struct str word = str_word(&line);
    while (!str_empty(word) && !str_eq(word, STR("-"))) {
        word = str_word(&line);
    }
    struct str type = str_word(&line), source = str_word(&line), super = str_word(&line);
    if (str_empty(mountpoint) || str_empty(type)) {
        return false;
    }
    *ret = (struct mount_line){
        (uint32_t)major, (uint32_t)minor, mountpoint, type, source, super,
    };
    return true;
}

int proc_parse_mount_line(struct str *text, struct mount_line *ret)
{
    if (str_empty(*text)) {
        return 0;
    }
    return split_mount_line(str_line(text), ret) ? 1 : -EBADMSG;
}

static bool octal(struct str s, size_t at, char *ret)
{
    if (s.n - at < 4 || s.p[at] != '\\') {
        return false;
    }
    unsigned v = 0;
    for (size_t i = 1; i < 4; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[at + i] - '0';
        if (digit > 7) {
            return false;
        }
        v = v * 8 + digit;
    }
    if (v == 0 || v > UINT8_MAX) {
        return false;
    }
    *ret = (char)v;
    return true;
}

int proc_unescape(struct str field, char *out, size_t size, struct str *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < field.n; n++) {
        if (n + 1 >= size) {
            return -ENAMETOOLONG;
        }
        if (octal(field, i, &out[n])) {
            i += 4;
        } else {
            out[n] = field.p[i++];
        }
    }
    if (size == 0) {
        return -ENAMETOOLONG;
    }
    out[n] = '\0';
    *ret = (struct str){ out, n };
    return 0;
}

int proc_parse_meminfo(struct str text, struct meminfo *ret)
{
    struct {
        struct str key;
        uint64_t kib;
        bool seen;
    } rows[] = {
        { STR_INIT("MemTotal:"), 0, false },
        { STR_INIT("SwapTotal:"), 0, false },
        { STR_INIT("SwapFree:"), 0, false },
    };
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
            if (!scan_literal(&at, rows[i].key)) {
                continue;
            }
            scan_blanks(&at);
            if (!scan_u64(&at, &rows[i].kib) || rows[i].kib > UINT64_MAX / 1024) {
                return -EBADMSG;
            }
            rows[i].seen = true;
            break;
        }
        scan_skip_line(&at);
    }
    if (!rows[0].seen) {
        return -EBADMSG;
    }
    *ret = (struct meminfo){ rows[0].kib * 1024, rows[1].kib * 1024, rows[2].kib * 1024 };
    return 0;
}
