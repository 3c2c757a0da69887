#include "agent/local/engine_parse.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "kube/object/json_get.h"

#include <stdlib.h>

/* Names and values made here, of one container. */
#define SCRATCH_BYTES (16 * MIB)

#define LABEL_PREFIX "container_label_"
#define ENV_PREFIX "container_env_"

static bool is_container_id(struct str id)
{
    bool legal = id.n == CGROUP_CONTAINER_ID_LEN;
    for (size_t i = 0; legal && i < id.n; i++) {
        legal = (id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f');
    }
    return legal;
}

bool engine_parse_row(const json_t *list, size_t i, struct engine_row *ret)
{
    const json_t *row = json_array_get(list, i);
    struct str id = json_get_str(row, "Id"), status = json_get_str(row, "Status");
    const json_t *names = json_get_array(row, "Names"), *name;
    size_t k;
    ssize_t bracket = str_find(status, '(');
    uint64_t digest = HASH_START;
    if (!is_container_id(id)) {
        return false;
    }
    json_array_foreach (names, k, name) {
        digest = hash_str(digest, json_text(name));
    }
    digest = hash_str(digest, bracket < 0 ? STR("") : str_from(status, (size_t)bracket));
    *ret = (struct engine_row){ id, digest };
    return true;
}

/* A label before its key has become a name. */
struct pair {
    struct str prefix, key, value;
};

struct pairs {
    struct arena mem; /* of what is not in the answer as it is needed */
    struct pair all[LIMIT_ENGINE_LABELS];
    struct metric_extra labels[LIMIT_ENGINE_LABELS];
    size_t n, n_labels;
};

static void add_pair(struct pairs *p, const char *prefix, struct str key, struct str value)
{
    if (p->n < LIMIT_ENGINE_LABELS) {
        p->all[p->n++] = (struct pair){ str_of(prefix), key, value };
    }
}

static bool is_listed(const struct str *list, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i], key)) {
            return true;
        }
    }
    return false;
}

static void take_labels(const json_t *config, const struct engine_policy *policy, struct pairs *p)
{
    /* jansson iterates non-const objects */
    json_t *labels = (json_t *)(uintptr_t)json_get_object(config, "Labels"), *value;
    const char *key;
    json_object_foreach (labels, key, value) {
        bool wanted =
            policy->store_labels || is_listed(policy->labels, policy->n_labels, str_of(key));
        if (wanted && json_is_string(value)) {
            add_pair(p, LABEL_PREFIX, str_of(key), json_text(value));
        }
    }
}

static int take_restarts(const json_t *container, const struct engine_policy *policy,
                         struct pairs *p)
{
    struct str key = STR("restartcount"), count;
    int r = json_get_i64_text(container, "RestartCount", &p->mem, &count);
    bool wanted = policy->store_labels || is_listed(policy->labels, policy->n_labels, key);
    if (r == 0 && wanted && count.n > 0 && !str_eq(count, STR("0"))) {
        add_pair(p, LABEL_PREFIX, key, count);
    }
    return r;
}

static bool is_wanted_variable(const struct engine_policy *policy, struct str name)
{
    for (size_t i = 0; i < policy->n_env; i++) {
        if (policy->env[i].n > 0 && str_starts(name, policy->env[i])) {
            return true;
        }
    }
    return false;
}

static void take_variables(const json_t *config, const struct engine_policy *policy,
                           struct pairs *p)
{
    const json_t *lines = json_get_array(config, "Env"), *line;
    size_t i;
    json_array_foreach (lines, i, line) {
        struct str value = json_text(line), name = str_cut(&value, '=');
        if (value.p && is_wanted_variable(policy, name)) {
            add_pair(p, ENV_PREFIX, name, value);
        }
    }
}

static int by_key(const void *a, const void *b)
{
    const struct pair *one = a, *other = b;
    int order = str_cmp(one->prefix, other->prefix);
    return order ? order : str_cmp(one->key, other->key);
}

/* "container_label_" and "com.docker.compose.project" become a name with '_' for the dots. */
static int make_name(struct arena *mem, const struct pair *pair, struct str *ret)
{
    bool lower = str_eq(pair->prefix, STR(ENV_PREFIX));
    size_t n = pair->prefix.n;
    char *name = arena_alloc(mem, n + pair->key.n);
    if (!name) {
        return -ENOMEM;
    }
    memcpy(name, pair->prefix.p, n);
    for (size_t i = 0; i < pair->key.n; i++) {
        char c = pair->key.p[i];
        bool is_upper = c >= 'A' && c <= 'Z';
        bool legal = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (((unsigned char)c & 0xc0) != 0x80) { /* of a character of several bytes the first */
            name[n++] = (char)(!legal ? '_' : lower && is_upper ? c - 'A' + 'a' : c);
        }
    }
    *ret = (struct str){ name, n };
    return 0;
}

static bool has_label(const struct pairs *p, struct str name)
{
    for (size_t i = 0; i < p->n_labels; i++) {
        if (str_eq(p->labels[i].name, name)) {
            return true;
        }
    }
    return false;
}

static int make_labels(const json_t *container, const struct engine_policy *policy, struct pairs *p)
{
    const json_t *config = json_get_object(container, "Config");
    take_labels(config, policy, p);
    int r = take_restarts(container, policy, p);
    take_variables(config, policy, p);
    qsort(p->all, p->n, sizeof(p->all[0]), by_key);
    for (size_t i = 0; r == 0 && i < p->n; i++) {
        struct metric_extra *label = &p->labels[p->n_labels];
        r = make_name(&p->mem, &p->all[i], &label->name);
        if (r == 0 && !has_label(p, label->name)) {
            label->value = p->all[i].value;
            p->n_labels++;
        }
    }
    return r;
}

static enum container_health health_of(const json_t *state)
{
    /* Podman 4 has called it Healthcheck. */
    const json_t *health = json_get_object(state, "Health");
    struct str status =
        json_get_str(health ? health : json_get_object(state, "Healthcheck"), "Status");
    if (str_eq(status, STR("healthy"))) {
        return CONTAINER_HEALTHY;
    }
    bool unchecked = str_empty(status) || str_eq(status, STR("none"));
    return unchecked ? CONTAINER_UNCHECKED : CONTAINER_NOT_HEALTHY;
}

static int64_t time_of(const json_t *object, const char *key)
{
    int64_t sec;
    /* Before it was started, it is the year 1. */
    return json_get_time_if(object, key, &sec) && sec > 0 ? sec : 0;
}

int engine_parse_container(const json_t *container, const struct engine_policy *policy,
                           struct container_record **ret, struct err *err)
{
    const json_t *state = json_get_object(container, "State");
    int64_t pid = json_get_i64(state, "Pid");
    struct container_record record = {
        .id = json_get_str(container, "Id"),
        .name = json_get_str(container, "Name"),
        .image = json_get_str(json_get_object(container, "Config"), "Image"),
        .health = health_of(state),
        .shares_network =
            str_starts(json_get_str(json_get_object(container, "HostConfig"), "NetworkMode"),
                       STR("container:")),
        .pid = pid > 0 && pid <= INT32_MAX ? (int32_t)pid : 0,
        .created_sec = time_of(container, "Created"),
        .started_sec = time_of(state, "StartedAt"),
    };
    str_eat(&record.name, STR("/"));
    if (!is_container_id(record.id) || str_empty(record.name)) {
        return err_set(err, EBADMSG, "a container without an id or a name");
    }
    struct pairs *pairs = calloc(1, sizeof(*pairs));
    if (!pairs) {
        return err_set_errno(err, ENOMEM, "container labels");
    }
    arena_init(&pairs->mem, SCRATCH_BYTES);
    int r = make_labels(container, policy, pairs);
    record.labels = pairs->labels;
    record.n_labels = pairs->n_labels;
    struct container_record *made = r == 0 ? container_record_new(&record) : NULL;
    arena_done(&pairs->mem);
    free(pairs);
    if (!made) {
        return err_set_errno(err, ENOMEM, "container labels");
    }
    *ret = made;
    return 0;
}
