#include "collectors/runtime_record.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/num.h"

#include <limits.h>
#include <stdio.h>

/* Folders below "/" that hold a folder for each container. */
static const struct {
    const char *before, *after; /* of the container's id */
} places[] = {
    { "run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json" },
    { "run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json" }, /* and rke2 */
    { "run/containers/storage/overlay-containers/", "/userdata/config.json" },      /* CRI-O */
    { "run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json" },
    { "var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io/",
      "/config.json" },
    { "run/containerd/io.containerd.runtime.v2.task/default/", "/config.json" }, /* nerdctl */
};

/* A cursor over JSON text. */
struct json {
    const char *p, *end;
};

static void skip_blanks(struct json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r')) {
        j->p++;
    }
}

static bool take(struct json *j, char c)
{
    skip_blanks(j);
    if (j->p == j->end || *j->p != c) {
        return false;
    }
    j->p++;
    return true;
}

/* A string whose opening quote has been taken, escapes left as they are. */
static bool take_string(struct json *j, struct str *ret)
{
    const char *start = j->p;
    for (; j->p < j->end; j->p++) {
        if (*j->p == '\\') {
            j->p++;
        } else if (*j->p == '"') {
            *ret = (struct str){ start, (size_t)(j->p - start) };
            j->p++;
            return true;
        }
    }
    j->p = j->end;
    return false;
}

/* Writes a code point as UTF-8; returns the bytes, 0 when there is no room. */
static size_t put_utf8(uint32_t c, char *out, size_t room)
{
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n > room) {
        return 0;
    }
    for (size_t i = n; i-- > 1; c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3f));
    }
    out[0] = (char)(n == 1 ? c : lead[n] | c);
    return n;
}

/* "003c" of "\u003c". */
static bool take_hex4(struct str *s, uint32_t *ret)
{
    uint64_t v;
    if (s->n < 4 || num_scan_hex(str_head(*s, 4), &v) < 0) {
        return false;
    }
    *s = str_from(*s, 4);
    *ret = (uint32_t)v;
    return true;
}

/* What follows "\u", a surrogate pair taken together. */
static bool take_code_point(struct str *s, uint32_t *ret)
{
    uint32_t low;
    if (!take_hex4(s, ret)) {
        return false;
    }
    if (*ret < 0xd800 || *ret > 0xdfff) {
        return *ret != 0;
    }
    if (*ret > 0xdbff || !str_eat(s, STR("\\u")) || !take_hex4(s, &low) || low < 0xdc00 ||
        low > 0xdfff) {
        return false;
    }
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static bool take_escape(struct str *s, uint32_t *ret)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->n == 0) {
        return false;
    }
    char c = s->p[0];
    *s = str_from(*s, 1);
    if (c == 'u') {
        return take_code_point(s, ret);
    }
    const char *at = c ? strchr(from, c) : NULL;
    if (!at) {
        return false;
    }
    *ret = (unsigned char)to[at - from];
    return true;
}

/* Copies a JSON string without its escapes; leaves out empty when it does not fit or is wrong. */
static void unescape(struct str s, char *out, size_t size)
{
    size_t n = 0;
    while (s.n > 0 && n + 1 < size) {
        uint32_t c = (unsigned char)s.p[0];
        s = str_from(s, 1);
        if (c != '\\') {
            out[n++] = (char)c;
            continue;
        }
        size_t put = take_escape(&s, &c) ? put_utf8(c, out + n, size - 1 - n) : 0;
        if (put == 0) {
            n = 0;
            break;
        }
        n += put;
    }
    out[s.n == 0 ? n : 0] = '\0';
}

/* Where an annotation's value goes. A later row is a better source for the same field. */
#define FIELD(m) offsetof(struct runtime_record, m), sizeof(((struct runtime_record *)0)->m)
static const struct {
    const char *key;
    size_t at, size;
} annotations[] = {
    { "io.kubernetes.cri.container-name", FIELD(container) },
    { "io.kubernetes.cri.image-name", FIELD(image) },
    { "io.kubernetes.cri.podsandbox.image-name", FIELD(image) },
    { "io.kubernetes.cri.sandbox-name", FIELD(pod) },
    { "io.kubernetes.cri.sandbox-namespace", FIELD(namespace) },
    { "io.kubernetes.container.name", FIELD(container) },
    { "io.kubernetes.cri-o.ImageName", FIELD(image) },
    { "io.kubernetes.cri-o.ContainerName", FIELD(name) },
    { "nerdctl/name", FIELD(name) },
    { "io.kubernetes.pod.name", FIELD(pod) },
    { "io.kubernetes.pod.namespace", FIELD(namespace) },
};

/* Says whether it is one that every container of its runtime has. */
static bool take_annotation(struct str key, struct str value, struct runtime_record *ret)
{
    if (str_eq(key, STR("io.kubernetes.cri.container-type")) ||
        str_eq(key, STR("io.kubernetes.cri-o.ContainerType"))) {
        ret->is_sandbox = str_eq(value, STR("sandbox"));
        return true;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(annotations); i++) {
        if (str_eq_c(key, annotations[i].key)) {
            unescape(value, (char *)ret + annotations[i].at, annotations[i].size);
        }
    }
    return str_eq(key, STR("nerdctl/name"));
}

/* The pairs of the annotations object, whose brace has been taken. */
static int take_annotations(struct json *j, struct runtime_record *ret)
{
    struct runtime_record record = { 0 };
    bool typed = false;
    while (!take(j, '}')) {
        struct str key, value;
        if (!take(j, '"') || !take_string(j, &key) || !take(j, ':') || !take(j, '"') ||
            !take_string(j, &value)) {
            return -EBADMSG;
        }
        typed |= take_annotation(key, value, &record);
        (void)take(j, ',');
    }
    if (!typed) {
        return -ENODATA;
    }
    *ret = record;
    return 0;
}

/* Goes to after the opening bracket of a member of the outermost object. */
static bool find_member(struct json *j, struct str name, char bracket)
{
    int depth = 0;
    while (j->p < j->end) {
        struct str text;
        char c = *j->p++;
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == '"' && take_string(j, &text) && depth == 1 && str_eq(text, name) &&
                   take(j, ':') && take(j, bracket)) {
            return true;
        }
    }
    return false;
}

int runtime_record_parse(struct str json, struct runtime_record *ret)
{
    struct json j = { json.p, json.n ? json.p + json.n : json.p };
    return find_member(&j, STR("annotations"), '{') ? take_annotations(&j, ret) : -ENODATA;
}

/* Up to the comma or bracket that ends the value. */
static void skip_value(struct json *j)
{
    struct str text;
    for (int depth = 0; j->p < j->end; j->p++) {
        char c = *j->p;
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return;
        }
        if (c == '"') {
            j->p++;
            (void)take_string(j, &text);
            j->p--;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
}

/* One mount, whose brace has been taken. */
static int take_mount(struct json *j, runtime_mount_fn *each, void *arg)
{
    char destination[PATH_MAX] = "", source[PATH_MAX] = "";
    while (!take(j, '}')) {
        struct str key, value = { 0 };
        if (!take(j, '"') || !take_string(j, &key) || !take(j, ':')) {
            return -EBADMSG;
        }
        if (!take(j, '"')) {
            skip_value(j);
        } else if (!take_string(j, &value)) {
            return -EBADMSG;
        } else if (str_eq(key, STR("destination"))) {
            unescape(value, destination, sizeof(destination));
        } else if (str_eq(key, STR("source"))) {
            unescape(value, source, sizeof(source));
        }
        (void)take(j, ',');
    }
    if (*destination && *source) {
        each(arg, &(struct runtime_mount){ str_of(destination), str_of(source) });
    }
    return 0;
}

int runtime_mounts_parse(struct str json, runtime_mount_fn *each, void *arg)
{
    struct json j = { json.p, json.n ? json.p + json.n : json.p };
    if (!find_member(&j, STR("mounts"), '[')) {
        return -ENODATA;
    }
    while (!take(&j, ']')) {
        if (!take(&j, '{') || take_mount(&j, each, arg) < 0) {
            return -EBADMSG;
        }
        (void)take(&j, ',');
    }
    return 0;
}

/* Appends the text of a container's record to out. */
static int read_record(int rootfs_fd, struct str container_id, size_t *first, struct buf *out)
{
    int failed = -ENOENT;
    for (size_t i = 0; i < KG_ARRAY_LEN(places); i++) {
        size_t place = (*first + i) % KG_ARRAY_LEN(places);
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s" STR_FMT "%s", places[place].before,
                         STR_ARG(container_id), places[place].after);
        if (n < 0 || (size_t)n >= sizeof(path)) {
            return -ENAMETOOLONG;
        }
        ssize_t got = file_read(rootfs_fd, path, out, NULL);
        if (got >= 0) {
            *first = place;
            return 0;
        }
        if (got != -ENOENT && got != -ENOTDIR) {
            failed = (int)got;
        }
    }
    return failed;
}

int runtime_record_read(int rootfs_fd, struct str container_id, size_t *first,
                        struct runtime_record *ret)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_RUNTIME_RECORD_BYTES);
    int r = read_record(rootfs_fd, container_id, first, &text);
    return r < 0 ? r : runtime_record_parse(buf_str(&text), ret);
}

int runtime_mounts_read(int rootfs_fd, struct str container_id, size_t *first,
                        runtime_mount_fn *each, void *arg)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_RUNTIME_RECORD_BYTES);
    int r = read_record(rootfs_fd, container_id, first, &text);
    return r < 0 ? r : runtime_mounts_parse(buf_str(&text), each, arg);
}
