/* sink_bench.c — what serving a node's reading costs beside making it: the container table over
 * made-up samples. Usage: sink_bench [CGROUPS]. Times are CPU time of the process. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/num.h"
#include "collectors/cgroup/cgroup_sample.h"
#include "collectors/container_families.h"
#include "metrics/scrape.h"
#include "metrics/sink.h"

#include <inttypes.h>
#include <stdio.h>

#define ROUNDS 20

struct times {
    double add, take, scrape;
    size_t bytes, series;
};

/* Numbers of the size that containers have, no two the same. */
static void fill(struct cgroup_sample *s, uint64_t i, struct arena *mem)
{
    uint64_t *const counters[] = { &s->cpu_usage_ns,
                                   &s->cpu_user_ns,
                                   &s->cpu_system_ns,
                                   &s->memory_usage,
                                   &s->memory_working_set,
                                   &s->memory_rss,
                                   &s->memory_cache,
                                   &s->pgfault,
                                   &s->threads,
                                   &s->memory_limit,
                                   &s->processes,
                                   &s->file_dirty,
                                   &s->memory_kernel,
                                   &s->cfs_throttled_ns };
    char id[256];
    snprintf(id, sizeof(id),
             "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%08" PRIx64
             "_0000_4000_8000_000000000000.slice/cri-containerd-%064" PRIx64 ".scope",
             i / 3, i);
    s->present = UINT64_MAX;
    for (size_t k = 0; k < KG_ARRAY_LEN(counters); k++) {
        *counters[k] = (i + 1) * 7919 * (k + 13) * 104729;
    }
    s->container = STR("app");
    s->image = STR("registry.example.com/team/app:v1.2.0");
    s->namespace = STR("finance-tracker");
    s->pod = STR("web-frontend-7d4b9c6f5d-x2x7k");
    if (arena_str(mem, str_of(id), &s->id) == 0) {
        s->name = str_from(s->id, s->id.n - 70);
    }
}

static int round_of(struct metric_sink *sink, uint64_t n, struct times *t, struct err *err)
{
    uint64_t start = clock_cpu_ns();
    int r = metric_sink_begin(sink, err);
    for (uint64_t i = 0; i < n && r >= 0; i++) {
        struct cgroup_sample *s = metric_sink_add(sink, &container_subject, NULL, 0, err);
        if (s) {
            fill(s, i, metric_sink_arena(sink));
        }
        r = s ? 0 : -ENOMEM;
    }
    uint64_t added = clock_cpu_ns();
    struct metric_part *part = r < 0 ? NULL : metric_sink_take(sink, "cadvisor", 0, err);
    uint64_t taken = clock_cpu_ns();
    if (!part) {
        return -ENOMEM;
    }
    t->series = part->n_series;
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    auto_buf struct buf out = BUF_INIT(64 * MIB);
    t->bytes = 0;
    for (r = s ? 1 : -ENOMEM; r == 1;) {
        buf_clear(&out);
        r = scrape_next(s, &out, LIMIT_SCRAPE_PIECE_BYTES);
        t->bytes += out.n;
    }
    scrape_free(s);
    uint64_t scraped = clock_cpu_ns();
    t->add = KG_MIN(t->add, (double)(added - start) / 1e6);
    t->take = KG_MIN(t->take, (double)(taken - added) / 1e6);
    t->scrape = KG_MIN(t->scrape, (double)(scraped - taken) / 1e6);
    return r;
}

int main(int argc, char **argv)
{
    uint64_t n = 250;
    struct err err = { 0 };
    if (argc > 2 || (argc == 2 && num_scan_u64(str_of(argv[1]), &n) < 0) || n > LIMIT_CGROUPS) {
        fprintf(stderr, "usage: sink_bench [CGROUPS]\n");
        return 2;
    }
    struct metric_sink *sink = metric_sink_new(NULL, &err);
    struct times t = { .add = 1e9, .take = 1e9, .scrape = 1e9 };
    int r = sink ? 0 : -ENOMEM;
    for (int i = 0; i < ROUNDS && r >= 0; i++) {
        r = round_of(sink, n, &t, &err);
    }
    metric_sink_free(sink);
    if (r < 0) {
        fprintf(stderr, "sink_bench: %s\n", err_text(&err));
        return 1;
    }
    printf("%" PRIu64 " cgroups, %zu series, %.2f MB of text\n", n, t.series,
           (double)t.bytes / 1e6);
    printf("add   %8.3f ms CPU\ntake  %8.3f ms CPU\ntext  %8.3f ms CPU, %.0f ns a series\n", t.add,
           t.take, t.scrape, t.scrape * 1e6 / (double)t.series);
    return 0;
}
