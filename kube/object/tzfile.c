#include "kube/object/tzfile.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "kube/object/tzrule.h"

#include <stdio.h>
#include <unistd.h>

#define HEADER_BYTES 44

const struct tz_zone tz_utc;

/* The counts of a header, in the order of the file. */
struct counts {
    size_t ut, std, leap, changes, types, chars;
};

static uint64_t big_endian(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | (unsigned char)p[i];
    }
    return v;
}

static int header_parse(struct str bytes, struct counts *ret)
{
    size_t n[6];
    if (bytes.n < HEADER_BYTES || !str_starts(bytes, STR("TZif"))) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(n); i++) {
        n[i] = (size_t)big_endian(bytes.p + 20 + 4 * i, 4);
        if (n[i] > bytes.n) {
            return -EBADMSG;
        }
    }
    *ret = (struct counts){ n[0], n[1], n[2], n[3], n[4], n[5] };
    return ret->types > 0 ? 0 : -EBADMSG;
}

static size_t data_bytes(const struct counts *c, size_t time_bytes)
{
    return c->changes * (time_bytes + 1) + c->types * 6 + c->chars + c->leap * (time_bytes + 4) +
           c->std + c->ut;
}

static int data_parse(struct str data, const struct counts *c, size_t time_bytes, struct arena *mem,
                      struct tz_zone *ret)
{
    const char *types_of = data.p + c->changes * time_bytes;
    const char *types = types_of + c->changes;
    struct tz_change *changes = ARENA_ARRAY(mem, c->changes, struct tz_change);
    if (!changes) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < c->changes; i++) {
        uint64_t at = big_endian(data.p + i * time_bytes, time_bytes);
        size_t type = (unsigned char)types_of[i];
        changes[i].at = time_bytes == 4 ? (int32_t)(uint32_t)at : (int64_t)at;
        if (type >= c->types || (i > 0 && changes[i].at <= changes[i - 1].at)) {
            return -EBADMSG;
        }
        changes[i].offset_sec = (int32_t)(uint32_t)big_endian(types + 6 * type, 4);
    }
    ret->changes = changes;
    ret->n = c->changes;
    ret->first_offset_sec = (int32_t)(uint32_t)big_endian(types, 4);
    return 0;
}

static bool offsets_are_sane(const struct tz_zone *zone)
{
    bool sane = tz_offset_is_sane(zone->first_offset_sec);
    for (size_t i = 0; sane && i < zone->n; i++) {
        sane = tz_offset_is_sane(zone->changes[i].offset_sec);
    }
    return sane;
}

int tz_parse(struct str bytes, struct arena *mem, struct tz_zone *ret)
{
    struct counts c;
    struct tz_zone zone = { 0 };
    size_t time_bytes = 4;
    int r = header_parse(bytes, &c);
    if (r < 0) {
        return r;
    }
    /* From version 2 on the same again, with times of 64 bits, and the rule after it. */
    if (bytes.p[4] >= '2') {
        bytes = str_from(bytes, HEADER_BYTES + data_bytes(&c, time_bytes));
        time_bytes = 8;
        r = header_parse(bytes, &c);
        if (r < 0) {
            return r;
        }
    }
    struct str data = str_from(bytes, HEADER_BYTES);
    size_t n = data_bytes(&c, time_bytes);
    if (n > data.n) {
        return -EBADMSG;
    }
    r = data_parse(data, &c, time_bytes, mem, &zone);
    if (r < 0) {
        return r;
    }
    struct str rule = str_from(data, n);
    if (str_eat(&rule, STR("\n"))) {
        rule = str_line(&rule);
        if (rule.n > 0 && tz_rule_parse(rule, &zone.rule) < 0) {
            return -EBADMSG;
        }
    }
    if (!offsets_are_sane(&zone)) {
        return -EBADMSG;
    }
    *ret = zone;
    return 0;
}

/* Names lead nowhere but into the database: no "..", no file from the root. */
static bool name_is_legal(struct str name)
{
    bool legal = name.n > 0 && name.n <= 64 && name.p[0] != '/';
    for (size_t i = 0; legal && i < name.n; i++) {
        char c = name.p[i];
        legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '/' || c == '_' || c == '-' || c == '+';
    }
    return legal;
}

static int file_load(const char *path, struct arena *mem, struct tz_zone *ret)
{
    auto_buf struct buf bytes = BUF_INIT(LIMIT_TZ_FILE_BYTES);
    ssize_t r = file_read(AT_FDCWD, path, &bytes, NULL);
    return r < 0 ? (int)r : tz_parse(buf_str(&bytes), mem, ret);
}

static int named_load(struct str name, struct arena *mem, struct tz_zone *ret)
{
    const char *set = secure_getenv("TZDIR");
    const char *const folders[] = {
        set ? set : "/usr/share/zoneinfo",
        "/usr/share/lib/zoneinfo",
        "/etc/zoneinfo",
    };
    char path[512];
    if (!name_is_legal(name)) {
        return -EINVAL;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(folders); i++) {
        int n = snprintf(path, sizeof(path), "%s/" STR_FMT, folders[i], STR_ARG(name));
        if (access(folders[i], X_OK) == 0 && n < (int)sizeof(path)) {
            int r = file_load(path, mem, ret);
            return r == 0 || r == -ENOMEM ? r : -EINVAL;
        }
    }
    return -ENODATA;
}

/* $TZ holds a name, or a path; what cannot be read is UTC. */
static int local_load(struct arena *mem, struct tz_zone *ret)
{
    const char *set = secure_getenv("TZ");
    struct str name = str_of(set);
    int r;
    str_eat(&name, STR(":"));
    if (!set) {
        r = file_load("/etc/localtime", mem, ret);
    } else if (str_starts(name, STR("/"))) {
        r = file_load(name.p, mem, ret);
    } else {
        r = named_load(name, mem, ret);
    }
    if (r < 0 && r != -ENOMEM) {
        *ret = tz_utc;
        r = 0;
    }
    return r;
}

int tz_load(struct str name, struct arena *mem, struct tz_zone *ret)
{
    if (name.n == 0 || str_eq_c(name, "UTC")) {
        *ret = tz_utc;
        return 0;
    }
    return str_eq_c(name, "Local") ? local_load(mem, ret) : named_load(name, mem, ret);
}

int32_t tz_offset(const struct tz_zone *zone, int64_t unix_sec)
{
    size_t from = 0, to = zone->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (zone->changes[middle].at <= unix_sec) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == zone->n && zone->rule.is) {
        return tz_rule_offset(&zone->rule, unix_sec);
    }
    return from == 0 ? zone->first_offset_sec : zone->changes[from - 1].offset_sec;
}
