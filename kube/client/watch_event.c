#include "kube/client/watch_event.h"

#include "kube/object/json_get.h"

int watch_event_read(const json_t *document, struct watch_event *ret, struct err *err)
{
    static const struct {
        const char *name;
        enum watch_event_type type;
    } types[] = {
        { "ADDED", WATCH_EVENT_PUT },      { "MODIFIED", WATCH_EVENT_PUT },
        { "DELETED", WATCH_EVENT_REMOVE }, { "BOOKMARK", WATCH_EVENT_BOOKMARK },
        { "ERROR", WATCH_EVENT_ERROR },
    };
    struct str name = json_get_str(document, "type");
    const json_t *object = json_get_object(document, "object");
    if (!object) {
        return err_set(err, EBADMSG, "a watch event without an object");
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(types); i++) {
        if (str_eq_c(name, types[i].name)) {
            const json_t *metadata = json_get_object(object, "metadata");
            const json_t *annotations = json_get_object(metadata, "annotations");
            *ret = (struct watch_event){
                .type = types[i].type,
                .object = object,
                .version = json_get_str(metadata, "resourceVersion"),
                .initial_events_end =
                    str_eq(json_get_str(annotations, "k8s.io/initial-events-end"), STR("true")),
            };
            return 0;
        }
    }
    return err_set(err, EBADMSG, "a watch event of type \"%.40s\"", name.n ? name.p : "");
}

/* Lists and watches at a version that the server has not reached: a 504 with reason Timeout, told
 * apart by a cause (1.19 and later) or by its words. */
static bool is_version_too_large(const json_t *status, struct str message)
{
    const json_t *causes = json_get_array(json_get_object(status, "details"), "causes");
    for (size_t i = 0; i < json_array_size(causes); i++) {
        if (str_eq(json_get_str(json_array_get(causes, i), "reason"),
                   STR("ResourceVersionTooLarge"))) {
            return true;
        }
    }
    return str_search(message, STR("Too large resource version")) >= 0;
}

struct watch_status watch_status_read(const json_t *status)
{
    struct watch_status s = { .reason = json_get_str(status, "reason"),
                              .message = json_get_str(status, "message"),
                              .retry_after_ms = -1 };
    int64_t code = json_get_i64(status, "code");
    s.code = code > 0 && code < 1000 ? (int)code : 0;
    int64_t sec = json_get_i64(json_get_object(status, "details"), "retryAfterSeconds");
    if (sec > 0 && sec < INT32_MAX) {
        s.retry_after_ms = sec * 1000;
    }
    if (is_version_too_large(status, s.message)) {
        s.reason = STR("ResourceVersionTooLarge");
    }
    return s;
}

struct watch_list_metadata watch_list_metadata_read(const json_t *metadata)
{
    return (struct watch_list_metadata){
        .version = json_get_str(metadata, "resourceVersion"),
        .continue_token = json_get_str(metadata, "continue"),
        .shard_selector = json_get_str(json_get_object(metadata, "shardInfo"), "selector"),
    };
}

json_t *watch_parse(struct str text, struct err *err)
{
    json_error_t why;
    json_t *parsed = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &why);
    if (!parsed) {
        bool no_memory = json_error_code(&why) == json_error_out_of_memory;
        err_set(err, no_memory ? ENOMEM : EBADMSG, "byte %d: %s", why.position, why.text);
    }
    return parsed;
}
