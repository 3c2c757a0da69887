#include "kube/join/pod_columns.h"

#include "base/limits.h"
#include "kube/join/pod_owner.h"
#include "kube/object/json_get.h"
#include "metrics/names.h"

static void columns_free(struct snapshot *s)
{
    struct pod_columns *columns = KG_CONTAINER_OF(s, struct pod_columns, snapshot);
    for (size_t i = 0; i < columns->n; i++) {
        free((char *)(uintptr_t)columns->names[i].p);
        free(columns->keys[i]);
    }
    free(columns->names);
    free(columns->keys);
    free(columns->sources);
    free(columns);
}

static int no_memory(struct err *err)
{
    err_set(err, ENOMEM, "no memory for the label columns");
    return -ENOMEM; /* plainly, for the analyser */
}

/* Adds a column; key is empty when the source has none. */
static int add(struct pod_columns *columns, const char *prefix, struct str key,
               enum pod_column_source source, struct err *err)
{
    if (columns->n == LIMIT_CONTAINER_LABELS) {
        return err_set(err, EINVAL, "more than %d label columns", LIMIT_CONTAINER_LABELS);
    }
    auto_buf struct buf name = BUF_INIT(LIMIT_CONFIG_BYTES);
    buf_add_c(&name, prefix);
    if (key.n) {
        label_name_from_key(key, &name);
    }
    for (size_t i = 0; i < columns->n; i++) {
        if (str_eq(columns->names[i], buf_str(&name))) {
            return err_set(err, EINVAL, "two label columns would be called \"" STR_FMT "\"",
                           STR_ARG(buf_str(&name)));
        }
    }
    size_t length = name.n;
    char *text = buf_take(&name), *key_text = key.n ? str_dup(key) : NULL;
    if (!text || (key.n && !key_text)) {
        free(text);
        free(key_text);
        return no_memory(err);
    }
    columns->names[columns->n] = (struct str){ text, length };
    columns->keys[columns->n] = key_text;
    columns->sources[columns->n] = source;
    columns->n++;
    return 0;
}

static int add_entry(struct pod_columns *columns, struct str entry, struct err *err)
{
    struct str key = entry;
    if (str_eq_c(entry, "owner")) {
        int r = add(columns, "owner_kind", STR(""), POD_COLUMN_OWNER_KIND, err);
        return r < 0 ? r : add(columns, "owner_name", STR(""), POD_COLUMN_OWNER_NAME, err);
    }
    if (str_eq_c(entry, "node")) {
        return add(columns, "node", STR(""), POD_COLUMN_NODE, err);
    }
    bool annotation = str_eat(&key, STR("annotation:"));
    if (!annotation) {
        str_eat(&key, STR("label:"));
    }
    if (str_empty(key)) {
        return err_set(err, EINVAL,
                       "\"" STR_FMT "\" is no label column: write a pod label, label:KEY, "
                       "annotation:KEY, owner or node",
                       STR_ARG(entry));
    }
    return annotation ? add(columns, "annotation_", key, POD_COLUMN_ANNOTATION, err)
                      : add(columns, "label_", key, POD_COLUMN_LABEL, err);
}

struct pod_columns *pod_columns_new(const struct str *entries, size_t n_entries, struct err *err)
{
    struct pod_columns *columns = calloc(1, sizeof(*columns));
    if (!columns) {
        no_memory(err);
        return NULL;
    }
    snapshot_init(&columns->snapshot, columns_free);
    columns->names = calloc(LIMIT_CONTAINER_LABELS, sizeof(*columns->names));
    columns->keys = calloc(LIMIT_CONTAINER_LABELS, sizeof(*columns->keys));
    columns->sources = calloc(LIMIT_CONTAINER_LABELS, sizeof(*columns->sources));
    int r = columns->names && columns->keys && columns->sources ? 0 : no_memory(err);
    for (size_t i = 0; r >= 0 && i < n_entries; i++) {
        r = add_entry(columns, str_trim(entries[i]), err);
    }
    if (r < 0) {
        snapshot_unref(&columns->snapshot);
        return NULL;
    }
    return columns;
}

void pod_columns_values(const struct pod_columns *columns, const json_t *pod,
                        struct str *ret_values)
{
    const json_t *metadata = json_get_object(pod, "metadata");
    const json_t *labels = json_get_object(metadata, "labels");
    const json_t *annotations = json_get_object(metadata, "annotations");
    struct pod_owner owner = pod_owner_of(pod);
    for (size_t i = 0; i < columns->n; i++) {
        switch (columns->sources[i]) {
        case POD_COLUMN_LABEL:
            ret_values[i] = json_get_str(labels, columns->keys[i]);
            break;
        case POD_COLUMN_ANNOTATION:
            ret_values[i] = json_get_str(annotations, columns->keys[i]);
            break;
        case POD_COLUMN_OWNER_KIND:
            ret_values[i] = owner.kind;
            break;
        case POD_COLUMN_OWNER_NAME:
            ret_values[i] = owner.name;
            break;
        case POD_COLUMN_NODE:
            ret_values[i] = json_get_str(json_get_object(pod, "spec"), "nodeName");
            break;
        }
    }
}
