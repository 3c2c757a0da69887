#include "kube/object/fields.h"

#include "kube/object/json_get.h"

/* Whether the member is there and was read. */
static bool read_field(const json_t *in, const struct kube_field *field, void *ret)
{
    struct str *text = ret;
    int64_t *number = ret;
    bool *is = ret;
    switch ((enum kube_field_kind)field->kind) {
    case KUBE_FIELD_I64:
        return json_get_i64_if(in, field->key, number);
    case KUBE_FIELD_TIME:
        return json_get_time_if(in, field->key, number);
    case KUBE_FIELD_TRUE:
        *is = json_get_true(in, field->key);
        return *is;
    case KUBE_FIELD_TEXT:
        *text = json_get_str(in, field->key);
        return text->p != NULL;
    case KUBE_FIELD_COUNT:
        *number = (int64_t)json_array_size(json_object_get(in, field->key));
        return *number > 0;
    }
    return false;
}

void kube_fields_decode(const json_t *object, const struct kube_field *fields, size_t n,
                        void *sample)
{
    struct kube_meta *meta = sample;
    const json_t *in = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct kube_field *field = &fields[i];
        if (i == 0 || field->in != field[-1].in) {
            in = field->in ? json_get_object(object, field->in) : object;
        }
        if (read_field(in, field, (char *)sample + field->at)) {
            meta->present |= field->bit;
        }
    }
}
