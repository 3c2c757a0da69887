/* condition.h — .status.conditions of any kind, and the series of true, false and unknown.
 * Uses: base, metrics, kube/object/meta, jansson.  Threads: any.  Owner: the decode arena. */
#ifndef KG_KUBE_CONDITION_H
#define KG_KUBE_CONDITION_H

#include "kube/object/meta.h"

struct kube_condition {
    struct str type, status, reason;
    int64_t changed_unix_sec; /* lastTransitionTime */
    bool has_changed;
    bool repeated; /* there is an earlier one of its type */
};

struct kube_conditions {
    const struct kube_condition *items;
    size_t n;
};

/* Paths of what kube_conditions_decode looks at in the array at that path. */
#define KUBE_CONDITION_READS(array)                                                                \
    array ".type", array ".status", array ".reason", array ".lastTransitionTime"

/* Reads an array of conditions (NULL: none); members that are no objects are left out.
 * Errors: -ENOMEM. */
int kube_conditions_decode(const json_t *array, const struct kube_decode *how,
                           struct kube_conditions *ret, struct err *err);

/* The first condition of this type; NULL when there is none. */
const struct kube_condition *kube_condition_find(const struct kube_conditions *conditions,
                                                 struct str type);

static inline bool kube_condition_is(const struct kube_condition *condition, const char *status)
{
    return condition && str_eq_c(condition->status, status);
}

/* Most own labels that may stand before the status in kube_put_condition. */
#define KUBE_CONDITION_BEFORE_MAX 4

/* Puts three series, with the n_before given own labels and "true", "false" or "unknown" after
 * them: 1 where status is exactly True, False or Unknown, 0 on the others. */
void kube_put_condition(struct metric_writer *out, struct str status, const struct str *before,
                        size_t n_before);

/* Puts those three series for each condition type, with the type before the status: for rows with
 * the own labels condition, status. */
void kube_put_conditions(struct metric_writer *out, const struct kube_conditions *conditions);

#endif
