#include "agent/health.h"

#include "base/clock.h"

static const char *const loop_names[] = {
    [HEALTH_HTTP] = "http",
    [HEALTH_NODE] = "node",
    [HEALTH_KUBE] = "kube",
    [HEALTH_ENGINES] = "engines",
};

void health_beat(struct health *h, enum health_loop loop, uint64_t now_ns)
{
    atomic_store_explicit(&h->beat_ns[loop], now_ns, memory_order_relaxed);
}

void health_gone(struct health *h, enum health_loop loop)
{
    health_beat(h, loop, 0);
}

bool health_alive(const struct health *h, uint64_t now_ns, struct buf *out)
{
    bool alive = true;
    for (size_t i = 0; i < HEALTH_LOOPS; i++) {
        uint64_t beat = atomic_load_explicit(&h->beat_ns[i], memory_order_relaxed);
        /* The beat may be younger than the caller's idea of now. */
        if (beat == 0 || beat >= now_ns || now_ns - beat < HEALTH_STUCK_NS) {
            continue;
        }
        alive = false;
        buf_addf(out, "loop %s: stuck for %llus\n", loop_names[i],
                 (unsigned long long)((now_ns - beat) / CLOCK_NS_PER_SEC));
    }
    if (alive) {
        buf_add_c(out, "ok\n");
    }
    return alive;
}

bool source_report_line(const struct source_report *report, struct buf *out)
{
    static const char *const words[] = {
        [SOURCE_READY] = "ready",
        [SOURCE_ABSENT] = "not on this machine",
        [SOURCE_REFUSED] = "refused by the API server",
        [SOURCE_WAITING] = "not complete yet",
        [SOURCE_STALE] = "stale",
        [SOURCE_FAILED] = "failed",
    };
    buf_addf(out, "%s %s: %s", report->kind, report->name, words[report->state]);
    if (report->has_age) {
        buf_addf(out, ", %llus old", (unsigned long long)(report->age_ns / CLOCK_NS_PER_SEC));
    }
    if (report->why && *report->why) {
        buf_addf(out, ": %s", report->why);
    }
    buf_add_char(out, '\n');
    return report->state == SOURCE_READY || report->state == SOURCE_ABSENT ||
           report->state == SOURCE_REFUSED || (report->state == SOURCE_FAILED && report->optional);
}
