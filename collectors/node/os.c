/* node_os_*: /etc/os-release of the machine's root, 'ID=debian' or 'NAME="Debian GNU/Linux"' a
 * line. */
#include "base/clock.h"
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define KEYS 12
#define KEY_ID 1
#define KEY_ID_LIKE 2
#define KEY_NAME 5
#define KEY_VERSION_ID 11
#define HAS_VERSION BIT(0)
#define HAS_END BIT(1)

struct os_sample {
    uint64_t present;
    struct str v[KEYS], support_end;
    double version, end_seconds;
};

/* In the order of the labels of node_os_info. */
static const struct str keys[KEYS] = {
    STR_INIT("BUILD_ID"),         STR_INIT("ID"),
    STR_INIT("ID_LIKE"),          STR_INIT("IMAGE_ID"),
    STR_INIT("IMAGE_VERSION"),    STR_INIT("NAME"),
    STR_INIT("PRETTY_NAME"),      STR_INIT("VARIANT"),
    STR_INIT("VARIANT_ID"),       STR_INIT("VERSION"),
    STR_INIT("VERSION_CODENAME"), STR_INIT("VERSION_ID"),
};

static void put_info(const void *sample, struct metric_writer *out)
{
    metric_put_values(out, 1, ((const struct os_sample *)sample)->v, KEYS);
}

static void put_version(const void *sample, struct metric_writer *out)
{
    const struct os_sample *s = sample;
    metric_put(out, s->version, s->v[KEY_ID], s->v[KEY_ID_LIKE], s->v[KEY_NAME]);
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_os_info", GAUGE, 0, put_info,
                METRIC_LABELS("build_id", "id", "id_like", "image_id", "image_version", "name",
                              "pretty_name", "variant", "variant_id", "version", "version_codename",
                              "version_id"),
                "/etc/os-release, /usr/lib/os-release", "What the distribution says of itself."),
    NODE_VALUE(struct os_sample, "node_os_support_end_timestamp_seconds", GAUGE, HAS_END,
               end_seconds, 1, "os-release SUPPORT_END",
               "When support of the distribution ends, as Unix time."),
    NODE_SERIES("node_os_version", GAUGE, HAS_VERSION, put_version,
                METRIC_LABELS("id", "id_like", "name"), "os-release VERSION_ID",
                "Version of the distribution, as far as it is a number."),
};

NODE_SUBJECT(os_subject, "node_os", struct os_sample, rows);

/* Anew for each reading: an upgrade puts another file in its place. */
static int open_release(const struct collector_env *env, struct node_file *ret, struct err *err)
{
    if (node_file_open(ret, env->rootfs, "etc/os-release", NULL) == 0) {
        return 0;
    }
    return node_file_open(ret, env->rootfs, "usr/lib/os-release", err);
}

static int os_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct node_file file;
    int r = open_release(env, &file, err);
    node_file_close(&file);
    *ret_state = (void *)(uintptr_t)env; /* it outlives the collector */
    return r;
}

/* A value as a shell would read it, in mem. */
static int unquote(struct str text, struct arena *mem, struct str *ret)
{
    char quote = text.n && (text.p[0] == '"' || text.p[0] == '\'') ? text.p[0] : '\0';
    char *out = arena_alloc(mem, text.n + 1);
    size_t n = 0;
    if (!out) {
        return -ENOMEM;
    }
    for (size_t i = quote ? 1 : 0; i < text.n && (!quote || text.p[i] != quote); i++) {
        if (text.p[i] == '\\' && quote == '"' && i + 1 < text.n) {
            i++;
        }
        out[n++] = text.p[i];
    }
    *ret = (struct str){ out, n };
    return 0;
}

/* "22.04.1" counts as 22.04. */
static void set_version(struct os_sample *s)
{
    struct str text = s->v[KEY_VERSION_ID];
    size_t n = 0, dots = 0;
    while (n < text.n &&
           ((text.p[n] >= '0' && text.p[n] <= '9') || (text.p[n] == '.' && n > 0 && dots++ == 0))) {
        n++;
    }
    text = str_head(text, n);
    str_eat_end(&text, STR("."));
    if (num_scan_double(text, &s->version) == 0 && s->version > 0) {
        s->present |= HAS_VERSION;
    }
}

static void set_end(struct os_sample *s)
{
    char text[40];
    int64_t seconds;
    int n =
        snprintf(text, sizeof(text), STR_FMT "T00:00:00Z", STR_ARG(str_head(s->support_end, 16)));
    if (s->support_end.n && n > 0 && clock_parse_rfc3339(str_of(text), &seconds) == 0) {
        s->end_seconds = (double)seconds;
        s->present |= HAS_END;
    }
}

static int parse(struct str text, struct arena *mem, struct os_sample *s)
{
    while (text.n) {
        struct str value = str_trim(str_line(&text)), key = str_cut(&value, '=');
        struct str *to = str_eq(key, STR("SUPPORT_END")) ? &s->support_end : NULL;
        for (size_t i = 0; i < KEYS && !to; i++) {
            to = str_eq(key, keys[i]) ? &s->v[i] : NULL;
        }
        if (to && unquote(value, mem, to) < 0) {
            return -ENOMEM;
        }
    }
    set_version(s);
    set_end(s);
    return 0;
}

static int os_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    struct os_sample values = { 0 };
    struct node_file file;
    int r = open_release(state, &file, err);
    r = r < 0 ? r : node_file_read(&file, &text, err);
    if (r >= 0) {
        struct os_sample *s = metric_sink_add(sink, &os_subject, NULL, 0, err);
        r = s ? parse(text, metric_sink_arena(sink), &values) : -ENOMEM;
        if (r >= 0) {
            *s = values;
        }
    }
    node_file_close(&file);
    return r;
}

static const struct metric_subject *const subjects[] = { &os_subject, NULL };

const struct collector collector_os = {
    .name = "os",
    .on_by_default = true,
    .subjects = subjects,
    .start = os_start,
    .read = os_read,
    .stop = NULL,
};
