#include "agent/budget.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>

/* Who scrapes more rarely than every five minutes has gaps in Prometheus: this is twice that. */
#define CODING_IDLE_NS (600 * CLOCK_NS_PER_SEC)

struct metric_amount budget_limit(const struct options *o)
{
    return (struct metric_amount){
        .objects = (size_t)options_int(o, OPT_MAX_OBJECTS),
        .series = (size_t)options_int(o, OPT_MAX_SERIES),
        .bytes = options_bytes(o, OPT_MAX_BYTES),
    };
}

int budget_cache(const struct options *o, struct segment_cache **ret, struct err *err)
{
    size_t bytes = options_bytes(o, OPT_GZIP_CACHE);
    *ret = bytes ? segment_cache_new(bytes, CODING_IDLE_NS) : NULL;
    return bytes && !*ret ? err_set(err, ENOMEM, "out of memory") : 0;
}

static void log_change(const struct metric_budget *b, const struct metric_budget_report *r)
{
    char objects[24], bytes[24], all[24];
    struct metric_amount held = metric_budget_held(b);
    snprintf(objects, sizeof(objects), "%zu", r->need.objects);
    snprintf(bytes, sizeof(bytes), "%zu", r->need.bytes);
    snprintf(all, sizeof(all), "%zu", held.bytes);
    if (r->left_out) {
        LOG_WARN("the budget has no room for all objects of a resource, none of them is served",
                 "resource", r->name, "objects", objects, "bytes", bytes, "others_bytes", all);
    } else {
        LOG_INFO("the budget has room for a resource again, it is listed", "resource", r->name);
    }
}

void budget_review(struct metric_budget *b, uint64_t now_ns)
{
    bool freed = false;
    metric_budget_review(b, now_ns);
    for (const struct metric_budget_kind *kind = metric_budget_changed(b); kind;
         kind = metric_budget_changed(b)) {
        struct metric_budget_report r = metric_budget_report(kind);
        log_change(b, &r);
        freed |= r.left_out;
    }
    if (freed) {
        malloc_trim(0); /* what a kind held lies in one stretch, and is not to be had again soon */
    }
}

void budget_report(const struct metric_budget_kind *kind, struct resource_report *ret)
{
    if (kind) {
        struct metric_budget_report r = metric_budget_report(kind);
        ret->budgeted = true;
        ret->left_out = r.left_out;
        ret->left_out_total = r.times;
        ret->left_out_objects = r.need.objects;
    }
}
