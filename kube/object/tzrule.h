/* tzrule.h — the rule for the years to come at the end of a time zone's file.
 * Uses: base, kube/object/tzfile.  Threads: any.  Owner: kube/object/tzfile.c; nobody else uses it.
 */
#ifndef KG_KUBE_TZRULE_H
#define KG_KUBE_TZRULE_H

#include "kube/object/tzfile.h"

/* Whether an offset is less than the week that RFC 8536 lets a rule have. */
static inline bool tz_offset_is_sane(int64_t offset_sec)
{
    const int64_t week_sec = INT64_C(7) * 86400;
    return offset_sec > -week_sec && offset_sec < week_sec;
}

/* Shape: "EST5EDT,M3.2.0,M11.1.0", "<+0530>-5:30". Sets *ret. Errors: -EINVAL. */
int tz_rule_parse(struct str text, struct tz_rule *ret) KG_MUST_CHECK;

/* Seconds that local time is ahead of UTC at that time, by the rule. */
int32_t tz_rule_offset(const struct tz_rule *rule, int64_t unix_sec);

#endif
