/* fuzz_engine.c — any JSON as the answer of a container engine: a list, and one container. */
#include "agent/local/engine_parse.h"
#include "metrics/names.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct container_record *r)
{
    if (r->id.n != CGROUP_CONTAINER_ID_LEN || r->name.n == 0 || r->pid < 0) {
        abort();
    }
    for (size_t i = 0; i < r->n_labels; i++) {
        if (!label_name_legal(r->labels[i].name)) {
            abort();
        }
        for (size_t k = 0; k < i; k++) {
            if (str_eq(r->labels[i].name, r->labels[k].name)) {
                abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str prefix = STR("");
    const struct str some = STR("A");
    const struct str env[] = { prefix, some };
    const struct engine_policy policy = { .store_labels = true, .env = env, .n_env = 2 };
    json_t *json = json_loadb((const char *)data, size, 0, NULL);
    struct container_record *record = NULL;
    struct engine_row row;
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (engine_parse_row(json, i, &row) && row.id.n != CGROUP_CONTAINER_ID_LEN) {
            abort();
        }
    }
    if (engine_parse_container(json, &policy, &record, NULL) == 0) {
        json_decref(json);
        check(record);
        snapshot_unref(&record->snapshot);
        return 0;
    }
    json_decref(json);
    return 0;
}
