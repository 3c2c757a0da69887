#include "metrics/family.h"

#include <math.h>

uint64_t metric_present(const struct metric_subject *subject, const void *sample)
{
    uint64_t present = UINT64_MAX;
    if (subject->present_at != METRIC_NO_PRESENCE) {
        memcpy(&present, (const char *)sample + subject->present_at, sizeof(present));
    }
    return present;
}

#define READ_AS(T, at)                                                                             \
    ({                                                                                             \
        T value_;                                                                                  \
        memcpy(&value_, (at), sizeof(value_));                                                     \
        (double)value_;                                                                            \
    })

static double field_unscaled(const struct metric_field *field, const char *at)
{
    switch ((enum metric_field_kind)field->kind) {
    case METRIC_FIELD_U64:
        return READ_AS(uint64_t, at);
    case METRIC_FIELD_I64:
        return READ_AS(int64_t, at);
    case METRIC_FIELD_U32:
        return READ_AS(uint32_t, at);
    case METRIC_FIELD_I32:
        return READ_AS(int32_t, at);
    case METRIC_FIELD_F64:
        return READ_AS(double, at);
    case METRIC_FIELD_BOOL:
        return READ_AS(bool, at);
    case METRIC_FIELD_NONE:
        break;
    }
    return 0;
}

double metric_field_value(const struct metric_family *row, const void *sample)
{
    const struct metric_field *field = &row->field;
    double v = field_unscaled(field, (const char *)sample + field->at);
    if (field->factor == 0 || field->factor == 1) {
        return v;
    }
    /* 1e-9 has no exact double, 1e9 has: dividing by it gives the digits that the peers, who
     * divide, print. The two factors that nearly all fields have come first. */
    if (field->factor == 1e-9) {
        return v / 1e9;
    }
    if (field->factor == 1e-6) {
        return v / 1e6;
    }
    double inverse = 1 / field->factor, whole = nearbyint(inverse);
    if (whole > 1 && fabs(inverse - whole) <= whole * 1e-12) {
        return v / whole;
    }
    return v * field->factor;
}

size_t metric_label_count(const char *const *labels)
{
    size_t n = 0;
    while (labels && labels[n]) {
        n++;
    }
    return n;
}

bool metric_subject_has_label(const struct metric_subject *subject, struct str name)
{
    for (size_t i = 0; subject->labels && subject->labels[i]; i++) {
        if (str_eq_c(name, subject->labels[i])) {
            return true;
        }
    }
    for (size_t r = 0; r < subject->n_rows; r++) {
        const char *const *own = subject->rows[r].labels;
        for (size_t i = 0; own && own[i]; i++) {
            if (str_eq_c(name, own[i])) {
                return true;
            }
        }
    }
    return false;
}
