/* fuzz_proc.c — every parser of a /proc file on any bytes; the first byte chooses which. */
#include "collectors/machine_facts.h"
#include "collectors/proc/proc_parse.h"

#define ROWS 8

static void check(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void mounts(struct str text)
{
    struct mount_line line;
    char out[64];
    struct str s;
    size_t before = text.n + 1;
    int r;
    while ((r = proc_parse_mount_line(&text, &line)) != 0) {
        check(text.n < before); /* each call takes something */
        before = text.n;
        if (r > 0 && proc_unescape(line.mountpoint, out, sizeof(out), &s) == 0) {
            check(s.n <= line.mountpoint.n && s.n < sizeof(out) && out[s.n] == '\0');
        }
    }
}

static void tables(struct str text, bool net)
{
    struct net_dev interfaces[ROWS];
    struct diskstat disks[ROWS];
    size_t n = 0;
    int r = net ? proc_parse_net_dev(text, proc_skip_interface, interfaces, ROWS, &n)
                : proc_parse_diskstats(text, disks, ROWS, &n);
    check(n <= ROWS && (r == 0 || r == -EBADMSG || (r == -E2BIG && n == ROWS)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct str text = { (const char *)data + 1, size - 1 };
    struct meminfo meminfo;
    int64_t soft;
    uint64_t a, b;
    int r = 0;
    switch (data[0] % 9) {
    case 0:
    case 1:
        tables(text, data[0] % 9 == 0);
        break;
    case 2:
        mounts(text);
        break;
    case 3:
        r = proc_parse_open_files_limit(text, &soft);
        break;
    case 4:
        r = proc_parse_meminfo(text, &meminfo);
        break;
    case 5:
        r = proc_parse_start_ticks(text, &a);
        break;
    case 6:
        r = machine_parse_cpu_list(text, &a);
        break;
    case 7:
        machine_parse_cpuinfo(text, &a, &b);
        check(b <= a || a == 0);
        break;
    default:
        check(machine_parse_os_release(text).n <= text.n);
    }
    check(r == 0 || r == -EBADMSG);
    return 0;
}
