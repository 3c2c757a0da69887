#include "tests/bench/crowd_objects.h"

#include "base/file.h"
#include "base/limits.h"

#include <fcntl.h>

static struct buf texts[] = {
    [CROWD_NONE] = BUF_INIT(MIB),
    [CROWD_PODS] = BUF_INIT(MIB),
    [CROWD_NODES] = BUF_INIT(MIB),
    [CROWD_NAMESPACES_KIND] = BUF_INIT(MIB),
};

/* Appends the file as one line: in the files each line begins with its text. */
static int read_text(const char *folder, const char *name, struct buf *out, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(KIB), text = BUF_INIT(MIB);
    buf_addf(&path, "%s/%s.json", folder, name);
    if (!buf_c(&path) || file_read(AT_FDCWD, path.p, &text, err) < 0) {
        return -EIO;
    }
    struct str rest = buf_str(&text);
    while (rest.n) {
        buf_add(out, str_line(&rest));
    }
    return buf_failed(out);
}

int crowd_read(const char *folder, bool fields, struct err *err)
{
    auto_buf struct buf pod = BUF_INIT(MIB), managed = BUF_INIT(MIB);
    int r = read_text(folder, "node", &texts[CROWD_NODES], err);
    r = r < 0 ? r : read_text(folder, "namespace", &texts[CROWD_NAMESPACES_KIND], err);
    r = r < 0 ? r : read_text(folder, "pod", &pod, err);
    r = r < 0 || !fields ? r : read_text(folder, "pod-fields", &managed, err);
    ssize_t at = r < 0 ? -1 : str_search(buf_str(&pod), STR("$F"));
    if (at < 0) {
        return r < 0 ? r : err_set(err, EBADMSG, "pod.json without $F");
    }
    buf_add(&texts[CROWD_PODS], str_head(buf_str(&pod), (size_t)at));
    buf_add(&texts[CROWD_PODS], buf_str(&managed));
    buf_add(&texts[CROWD_PODS], str_from(buf_str(&pod), (size_t)at + 2));
    return buf_failed(&texts[CROWD_PODS]);
}

static void add_digits(struct buf *out, uint64_t value, unsigned base, unsigned width)
{
    char digits[20];
    for (unsigned i = width; i > 0; i--) {
        digits[i - 1] = "0123456789abcdef"[value % base];
        value /= base;
    }
    buf_add(out, (struct str){ digits, width });
}

static void add_bytes(struct buf *out, uint32_t value, unsigned n)
{
    for (unsigned i = n; i > 0; i--) {
        buf_add_u64(out, value >> 8 * (i - 1) & 255);
        buf_add(out, i > 1 ? STR(".") : STR(""));
    }
}

/* Digits that look random, always the same of the same numbers: real ids do not compress. The 48
 * bits of two objects differ if the numbers do. */
static void add_random(struct buf *out, uint64_t number, uint64_t salt, unsigned width)
{
    const uint64_t bits = 0xFFFFFFFFFFFF;
    uint64_t mixed = (number * 0x9E3779B97F4B + salt * 0xD1B54A32D193) & bits;
    mixed = (mixed ^ mixed >> 23) * 0xBF58476D1CE5 & bits;
    mixed = (mixed ^ mixed >> 25) * 0x94D049BB1331 & bits;
    add_digits(out, mixed >> (48 - 4 * width), 16, width);
}

/* A container's id: of its second one from salt 100 on. */
static void add_container_id(struct buf *out, const struct crowd_object *o, unsigned salt)
{
    for (unsigned i = 0; i < 8; i++) {
        add_random(out, (uint64_t)o->life << 40 | o->number, salt + i, 8);
    }
}

/* As a kubelet tells of a container that has ended before. */
static void add_last_state(struct buf *out, const struct crowd_object *o)
{
    if (o->restarts) {
        buf_addf(out,
                 "\"terminated\":{\"exitCode\":%u,\"reason\":\"Error\",\"startedAt\":"
                 "\"2026-03-01T10:00:25Z\",\"finishedAt\":\"2026-03-01T10:%02u:%02uZ\"}",
                 o->restarts % 3 + 1, o->restarts / 60 % 60, o->restarts % 60);
    }
}

/* A restart leaves the pod not ready, the next one ready again: each change is one of both. */
static bool is_ready(const struct crowd_object *o)
{
    return o->restarts % 2 == 0;
}

static void fill_in(struct buf *out, char letter, const struct crowd_object *o)
{
    uint32_t i = o->number;
    switch (letter) {
    case 'a': /* three digits of the uid */
        add_random(out, i, 2, 3);
        break;
    case 'c': /* id of the first container */
        add_container_id(out, o, 200 + 10 * o->restarts);
        break;
    case 'e': /* of the second */
        add_container_id(out, o, 100);
        break;
    case 'd': /* Deployment */
        buf_add_u64(out, i / 10);
        break;
    case 'g': /* part of the uid: the pod's life */
        add_digits(out, (i * 40503U ^ o->life) & 0xFFFF, 16, 4);
        break;
    case 'h': /* end of a pod's name */
        add_digits(out, (uint64_t)i * 2654435761U + o->life, 16, 5);
        break;
    case 'i': /* end of a pod's address */
        add_bytes(out, i, 3);
        break;
    case 'k': /* begin of the uid */
        add_random(out, i, 1, 8);
        break;
    case 'l':
        add_last_state(out, o);
        break;
    case 'm': /* minute */
        add_digits(out, i % 60, 10, 2);
        break;
    case 'n':
        buf_add_u64(out, i);
        break;
    case 'q': /* a digit */
        add_digits(out, i / 10 % 7, 10, 1);
        break;
    case 'r':
        buf_add_u64(out, o->restarts);
        break;
    case 's': /* hour's last digit and minute of the latest start */
        add_digits(out, o->restarts / 60 % 10, 10, 1);
        buf_add(out, STR(":"));
        add_digits(out, (i + o->restarts) % 60, 10, 2);
        break;
    case 't': /* namespace of a pod */
        buf_add_u64(out, i / 10 % CROWD_NAMESPACES);
        break;
    case 'u': /* end of the uid */
        add_random(out, i, 0, 12);
        break;
    case 'U': /* of the uid of its owner */
        add_random(out, i / 10, 3, 12);
        break;
    case 'v':
        buf_add_u64(out, o->version);
        break;
    case 'y':
        buf_add(out, is_ready(o) ? STR("True") : STR("False"));
        break;
    case 'z':
        buf_add(out, is_ready(o) ? STR("true") : STR("false"));
        break;
    default:
        break;
    }
}

void crowd_add(struct buf *out, enum crowd_kind kind, const struct crowd_object *o)
{
    uint32_t node = kind == CROWD_PODS ? o->number / CROWD_PODS_PER_NODE : o->number;
    struct str rest = buf_str(&texts[kind]);
    for (ssize_t at = str_find(rest, '$'); at >= 0; at = str_find(rest, '$')) {
        buf_add(out, str_head(rest, (size_t)at));
        char letter = rest.p[at + 1];
        if (letter == 'o') { /* node */
            buf_add_u64(out, node);
        } else if (letter == 'x') { /* end of the node's address */
            add_bytes(out, node, 2);
        } else {
            fill_in(out, letter, o);
        }
        rest = str_from(rest, (size_t)at + 2);
    }
    buf_add(out, rest);
}
