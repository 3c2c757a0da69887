#include "kube/object/condition.h"

#include "kube/object/json_get.h"
#include "kube/object/unique.h"

int kube_conditions_decode(const json_t *array, const struct kube_decode *how,
                           struct kube_conditions *ret, struct err *err)
{
    const json_t *condition;
    size_t i, n = 0;
    struct kube_condition *items =
        KUBE_DECODE_ARRAY(how, json_array_size(array), struct kube_condition, err);
    if (!items) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, condition) {
        if (!json_is_object(condition)) {
            continue;
        }
        struct kube_condition *item = &items[n++];
        item->type = json_get_str(condition, "type");
        item->status = json_get_str(condition, "status");
        item->reason = json_get_str(condition, "reason");
        item->has_changed =
            json_get_time_if(condition, "lastTransitionTime", &item->changed_unix_sec);
    }
    *ret = (struct kube_conditions){ items, n };
    return kube_unique_mark(items, n, KUBE_UNIQUE(struct kube_condition, type, 1, repeated), how,
                            err);
}

const struct kube_condition *kube_condition_find(const struct kube_conditions *conditions,
                                                 struct str type)
{
    for (size_t i = 0; i < conditions->n; i++) {
        if (str_eq(conditions->items[i].type, type)) {
            return &conditions->items[i];
        }
    }
    return NULL;
}

void kube_put_condition(struct metric_writer *out, struct str status, const struct str *before,
                        size_t n_before)
{
    static const struct {
        struct str label, status;
    } all[] = {
        { STR_INIT("true"), STR_INIT("True") },
        { STR_INIT("false"), STR_INIT("False") },
        { STR_INIT("unknown"), STR_INIT("Unknown") },
    };
    struct str own[KUBE_CONDITION_BEFORE_MAX + 1];
    n_before = KG_MIN(n_before, (size_t)KUBE_CONDITION_BEFORE_MAX);
    for (size_t i = 0; i < n_before; i++) {
        own[i] = before[i];
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        own[n_before] = all[i].label;
        metric_put_values(out, str_eq(status, all[i].status), own, n_before + 1);
    }
}

void kube_put_conditions(struct metric_writer *out, const struct kube_conditions *conditions)
{
    for (size_t i = 0; i < conditions->n; i++) {
        const struct kube_condition *c = &conditions->items[i];
        if (!c->repeated) {
            kube_put_condition(out, c->status, &c->type, 1);
        }
    }
}
