#include "kube/client/watch_path.h"

#include "kube/client/watch_impl.h"

/* RFC 3986: what need not be escaped. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_escaped(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_unreserved(s.p[i])) {
            buf_add_char(out, s.p[i]);
        } else {
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
        }
    }
}

/* No value, no parameter. */
static void add_parameter(struct buf *out, char *separator, const char *name, struct str value)
{
    if (value.n == 0) {
        return;
    }
    buf_add_char(out, *separator);
    *separator = '&';
    buf_add_c(out, name);
    buf_add_char(out, '=');
    add_escaped(out, value);
}

static void add_number(struct buf *out, char *separator, const char *name, unsigned value)
{
    buf_addf(out, "%c%s=%u", *separator, name, value);
    *separator = '&';
}

void watch_path(struct buf *out, const struct kube_watch_spec *spec,
                const struct reflector_step *step)
{
    buf_add_c(out, spec->group[0] ? "/apis/" : "/api/");
    if (spec->group[0]) {
        add_escaped(out, str_of(spec->group));
        buf_add_char(out, '/');
    }
    add_escaped(out, str_of(spec->version));
    if (spec->namespace) {
        buf_add_c(out, "/namespaces/");
        add_escaped(out, str_of(spec->namespace));
    }
    buf_add_char(out, '/');
    add_escaped(out, str_of(spec->plural));

    char separator = '?';
    add_parameter(out, &separator, "fieldSelector", str_of(spec->field_selector));
    add_parameter(out, &separator, "labelSelector", str_of(spec->label_selector));
    if (spec->shard_at_server) {
        auto_buf struct buf selector = BUF_INIT(WATCH_SELECTOR_MAX_BYTES);
        kube_shard_selector(&spec->shard, &selector);
        /* The beginning of one may select a part of the share. */
        out->failed = out->failed ? out->failed : buf_failed(&selector);
        add_parameter(out, &separator, "shardSelector", buf_str(&selector));
    }
    if (step->action == REFLECTOR_LIST_PAGE) {
        if (step->limit) {
            add_number(out, &separator, "limit", step->limit);
        }
        add_parameter(out, &separator, "continue", step->continue_token);
    } else {
        add_parameter(out, &separator, "watch", STR("true"));
        add_parameter(out, &separator, "allowWatchBookmarks", STR("true"));
        add_number(out, &separator, "timeoutSeconds", step->timeout_sec);
    }
    if (step->action == REFLECTOR_LIST_STREAM) {
        /* Without a resourceVersion: the newest state, as a consistent read. */
        add_parameter(out, &separator, "sendInitialEvents", STR("true"));
        add_parameter(out, &separator, "resourceVersionMatch", STR("NotOlderThan"));
    }
    add_parameter(out, &separator, "resourceVersion", step->resource_version);
}
