/* fuzz_cgroup.c — every parser of a cgroup file on any bytes; the first byte chooses which. */
#include "base/limits.h"
#include "collectors/cgroup/parse.h"
#include "collectors/oom.h"

#define DEVICES 8
#define PIDS 16

static void check(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void io(struct str text, unsigned which)
{
    struct cgroup_io devices[DEVICES];
    size_t n = 0;
    if (which == 0) {
        int r = cg_parse_io_stat(text, devices, DEVICES, &n);
        check(r == 0 || r == -EBADMSG || (r == -E2BIG && n == DEVICES));
    } else {
        int r = cg_parse_blkio(text, (enum cg_blkio)((which - 1) % 5), devices, DEVICES, &n);
        check(r == 0 || r == -EBADMSG || (r == -E2BIG && n == DEVICES));
    }
    check(n <= DEVICES);
}

static void others(struct str text, unsigned which)
{
    struct cg_cpu_stat cpu;
    struct cg_memory_stat memory;
    struct cg_memory_events events;
    struct cgroup_psi psi;
    int32_t pids[PIDS];
    uint64_t a, b;
    size_t n = 0;
    int r = 0;
    switch (which) {
    case 0:
        r = cg_parse_value(text, &a);
        break;
    case 1:
        r = cg_parse_cpu_stat_v1(text, &cpu);
        break;
    case 2:
        r = cg_parse_cpu_stat_v2(text, &cpu);
        break;
    case 3:
        r = cg_parse_cpuacct_stat(text, 100, &a, &b);
        break;
    case 4:
        r = cg_parse_cpu_max(text, &a, &b);
        break;
    case 5:
        r = cg_parse_memory_stat_v1(text, &memory);
        break;
    case 6:
        r = cg_parse_memory_stat_v2(text, &memory);
        break;
    case 7:
        r = cg_parse_memory_events(text, &events);
        break;
    case 8:
        r = cg_parse_pressure(text, &psi);
        break;
    default:
        r = cg_parse_pids(text, pids, PIDS, &n) < 0 ? -EBADMSG : 0;
        check(n <= PIDS);
    }
    check(r == 0 || r == -EBADMSG);
}

/* Lines of the kernel log: what is counted stays within what is asked for. */
static void kernel_log(struct str text)
{
    struct oom *o = oom_new("", NULL);
    check(o != NULL);
    uint64_t lines = 0;
    while (text.p && text.n) {
        oom_kmsg_line(o, str_line(&text));
        lines++;
    }
    check(oom_path_count(o, STR("/a"), 0) <= lines);
    oom_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct str text = { (const char *)data + 1, size - 1 };
    unsigned which = data[0] % 17;
    if (which < 6) {
        io(text, which);
    } else if (which < 16) {
        others(text, which - 6);
    } else {
        kernel_log(text);
    }
    return 0;
}
