/* node_memory_numa_*: memory of each NUMA node, /sys/devices/system/node/node0/meminfo,
 * "Node 0 MemTotal:  131744396 kB", and numastat, "numa_hit 1443116234". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define KEYS 43

struct meminfo_numa_sample {
    uint64_t present; /* bit i: v[i] */
    struct str node;
    uint64_t v[KEYS]; /* in bytes, or a number */
};

/* In the order of the rows. */
static const struct str keys[KEYS] = {
    STR_INIT("Active"),          STR_INIT("Active(anon)"),   STR_INIT("Active(file)"),
    STR_INIT("AnonHugePages"),   STR_INIT("AnonPages"),      STR_INIT("Bounce"),
    STR_INIT("Dirty"),           STR_INIT("FileHugePages"),  STR_INIT("FilePages"),
    STR_INIT("FilePmdMapped"),   STR_INIT("HugePages_Free"), STR_INIT("HugePages_Surp"),
    STR_INIT("HugePages_Total"), STR_INIT("Inactive"),       STR_INIT("Inactive(anon)"),
    STR_INIT("Inactive(file)"),  STR_INIT("KReclaimable"),   STR_INIT("KernelStack"),
    STR_INIT("Mapped"),          STR_INIT("MemFree"),        STR_INIT("MemTotal"),
    STR_INIT("MemUsed"),         STR_INIT("Mlocked"),        STR_INIT("NFS_Unstable"),
    STR_INIT("PageTables"),      STR_INIT("SReclaimable"),   STR_INIT("SUnreclaim"),
    STR_INIT("SecPageTables"),   STR_INIT("Shmem"),          STR_INIT("ShmemHugePages"),
    STR_INIT("ShmemPmdMapped"),  STR_INIT("Slab"),           STR_INIT("SwapCached"),
    STR_INIT("Unaccepted"),      STR_INIT("Unevictable"),    STR_INIT("Writeback"),
    STR_INIT("WritebackTmp"),    STR_INIT("interleave_hit"), STR_INIT("local_node"),
    STR_INIT("numa_foreign"),    STR_INIT("numa_hit"),       STR_INIT("numa_miss"),
    STR_INIT("other_node"),
};

static void meminfo_numa_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct meminfo_numa_sample *)sample)->node);
}

#define NUMA(family, kind, at, from, text)                                                         \
    NODE_VALUE(struct meminfo_numa_sample, family, kind, BIT(at), v[at], 1,                        \
               "/sys/devices/system/node/node*/" from, text)

static const struct metric_family rows[KEYS] = {
    NUMA("node_memory_numa_Active", GAUGE, 0, "meminfo Active", "Memory used recently, in bytes."),
    NUMA("node_memory_numa_Active_anon", GAUGE, 1, "meminfo Active(anon)",
         "Active memory of no file, in bytes."),
    NUMA("node_memory_numa_Active_file", GAUGE, 2, "meminfo Active(file)",
         "Active memory of files, in bytes."),
    NUMA("node_memory_numa_AnonHugePages", GAUGE, 3, "meminfo AnonHugePages",
         "Anonymous memory in transparent huge pages, in bytes."),
    NUMA("node_memory_numa_AnonPages", GAUGE, 4, "meminfo AnonPages",
         "Anonymous memory in page tables, in bytes."),
    NUMA("node_memory_numa_Bounce", GAUGE, 5, "meminfo Bounce",
         "Bounce buffers of block devices, in bytes."),
    NUMA("node_memory_numa_Dirty", GAUGE, 6, "meminfo Dirty",
         "Waits to be written back, in bytes."),
    NUMA("node_memory_numa_FileHugePages", GAUGE, 7, "meminfo FileHugePages",
         "Cache of files in huge pages, in bytes."),
    NUMA("node_memory_numa_FilePages", GAUGE, 8, "meminfo FilePages",
         "Cache of file contents, in bytes."),
    NUMA("node_memory_numa_FilePmdMapped", GAUGE, 9, "meminfo FilePmdMapped",
         "Cache of files mapped by huge pages, in bytes."),
    NUMA("node_memory_numa_HugePages_Free", GAUGE, 10, "meminfo HugePages_Free",
         "Huge pages that are free."),
    NUMA("node_memory_numa_HugePages_Surp", GAUGE, 11, "meminfo HugePages_Surp",
         "Huge pages beyond the pool's size."),
    NUMA("node_memory_numa_HugePages_Total", GAUGE, 12, "meminfo HugePages_Total",
         "Huge pages of the pool."),
    NUMA("node_memory_numa_Inactive", GAUGE, 13, "meminfo Inactive",
         "Memory not used recently, in bytes."),
    NUMA("node_memory_numa_Inactive_anon", GAUGE, 14, "meminfo Inactive(anon)",
         "Inactive memory of no file, in bytes."),
    NUMA("node_memory_numa_Inactive_file", GAUGE, 15, "meminfo Inactive(file)",
         "Inactive memory of files, in bytes."),
    NUMA("node_memory_numa_KReclaimable", GAUGE, 16, "meminfo KReclaimable",
         "Kernel memory that can be reclaimed, in bytes."),
    NUMA("node_memory_numa_KernelStack", GAUGE, 17, "meminfo KernelStack",
         "Stacks of kernel threads and of processes in the kernel, in bytes."),
    NUMA("node_memory_numa_Mapped", GAUGE, 18, "meminfo Mapped",
         "Files mapped into memory, in bytes."),
    NUMA("node_memory_numa_MemFree", GAUGE, 19, "meminfo MemFree",
         "Memory that is free, in bytes."),
    NUMA("node_memory_numa_MemTotal", GAUGE, 20, "meminfo MemTotal",
         "Memory of the node, in bytes."),
    NUMA("node_memory_numa_MemUsed", GAUGE, 21, "meminfo MemUsed",
         "Memory that is not free, in bytes."),
    NUMA("node_memory_numa_Mlocked", GAUGE, 22, "meminfo Mlocked",
         "Memory locked by mlock, in bytes."),
    NUMA("node_memory_numa_NFS_Unstable", GAUGE, 23, "meminfo NFS_Unstable",
         "Sent to NFS servers and not yet written there, in bytes."),
    NUMA("node_memory_numa_PageTables", GAUGE, 24, "meminfo PageTables", "Page tables, in bytes."),
    NUMA("node_memory_numa_SReclaimable", GAUGE, 25, "meminfo SReclaimable",
         "Slab that can be reclaimed, in bytes."),
    NUMA("node_memory_numa_SUnreclaim", GAUGE, 26, "meminfo SUnreclaim",
         "Slab that cannot be reclaimed, in bytes."),
    NUMA("node_memory_numa_SecPageTables", GAUGE, 27, "meminfo SecPageTables",
         "Page tables of virtual machines and devices, in bytes."),
    NUMA("node_memory_numa_Shmem", GAUGE, 28, "meminfo Shmem",
         "Shared memory and tmpfs, in bytes."),
    NUMA("node_memory_numa_ShmemHugePages", GAUGE, 29, "meminfo ShmemHugePages",
         "Shared memory in huge pages, in bytes."),
    NUMA("node_memory_numa_ShmemPmdMapped", GAUGE, 30, "meminfo ShmemPmdMapped",
         "Shared memory mapped by huge pages, in bytes."),
    NUMA("node_memory_numa_Slab", GAUGE, 31, "meminfo Slab", "Kernel data structures, in bytes."),
    NUMA("node_memory_numa_SwapCached", GAUGE, 32, "meminfo SwapCached",
         "Swapped memory that is in memory as well, in bytes."),
    NUMA("node_memory_numa_Unaccepted", GAUGE, 33, "meminfo Unaccepted",
         "Memory that the virtual machine has not accepted yet, in bytes."),
    NUMA("node_memory_numa_Unevictable", GAUGE, 34, "meminfo Unevictable",
         "Memory that cannot be evicted, in bytes."),
    NUMA("node_memory_numa_Writeback", GAUGE, 35, "meminfo Writeback",
         "Being written back, in bytes."),
    NUMA("node_memory_numa_WritebackTmp", GAUGE, 36, "meminfo WritebackTmp",
         "Writeback buffers of FUSE, in bytes."),
    NUMA("node_memory_numa_interleave_hit_total", COUNTER, 37, "numastat interleave_hit",
         "Pages of interleaved allocations that were got here as intended."),
    NUMA("node_memory_numa_local_node_total", COUNTER, 38, "numastat local_node",
         "Pages got here by processes that ran here."),
    NUMA("node_memory_numa_numa_foreign_total", COUNTER, 39, "numastat numa_foreign",
         "Pages that were to be got here and were got elsewhere."),
    NUMA("node_memory_numa_numa_hit_total", COUNTER, 40, "numastat numa_hit",
         "Pages got here as intended."),
    NUMA("node_memory_numa_numa_miss_total", COUNTER, 41, "numastat numa_miss",
         "Pages got here that were to be got elsewhere."),
    NUMA("node_memory_numa_other_node_total", COUNTER, 42, "numastat other_node",
         "Pages got here by processes that ran elsewhere."),
};

NODE_SUBJECT_OF(meminfo_numa_subject, "node_meminfo_numa", struct meminfo_numa_sample, rows,
                meminfo_numa_common, METRIC_LABELS("node"));

static int meminfo_numa_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "devices/system/node", ret_state, err);
}

/* Keys of a kernel that the table does not know are passed over. */
static int take(struct str key, struct str value, struct str unit, struct meminfo_numa_sample *s)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (str_eq(key, keys[i])) {
            uint64_t kilobytes = str_eq(unit, STR("kB")) ? KIB : 1;
            s->present |= BIT(i);
            return num_scan_u64(value, &s->v[i]) < 0 ||
                           __builtin_mul_overflow(s->v[i], kilobytes, &s->v[i])
                       ? -EBADMSG
                       : 0;
        }
    }
    return 0;
}

static int parse_meminfo(struct str text, struct meminfo_numa_sample *s)
{
    int r = 0;
    while (r >= 0 && text.n) {
        struct str line = str_line(&text);
        str_word(&line); /* Node */
        str_word(&line); /* its number */
        struct str key = str_word(&line), value = str_word(&line);
        r = str_eat_end(&key, STR(":")) ? take(key, value, str_word(&line), s) : 0;
    }
    return r;
}

static int parse_numastat(struct str text, struct meminfo_numa_sample *s)
{
    int r = 0;
    while (r >= 0 && text.n) {
        struct str line = str_line(&text), key = str_word(&line);
        r = take(key, str_word(&line), (struct str){ 0 }, s);
    }
    return r;
}

static int add_node(int dirfd, struct str name, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    struct meminfo_numa_sample values = { .node = str_from(name, 4) };
    auto_close int fd = file_open_dir_at(dirfd, name.p);
    int r = fd < 0 ? fd : node_text_at(fd, "meminfo", metric_sink_arena(sink), &text);
    r = r < 0 ? r : parse_meminfo(text, &values);
    if (r >= 0 && node_text_at(fd, "numastat", metric_sink_arena(sink), &text) >= 0) {
        r = parse_numastat(text, &values);
    }
    if (r < 0) {
        return err_set_errno(err, -r, "meminfo_numa: %.40s", name.p);
    }
    struct meminfo_numa_sample *s = metric_sink_add(sink, &meminfo_numa_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static bool is_node(struct str name)
{
    uint64_t number;
    return str_eat(&name, STR("node")) && num_scan_u64(name, &number) == 0;
}

static int meminfo_numa_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(node_dir_fd(state), metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "devices/system/node");
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = is_node(names[i]) ? add_node(node_dir_fd(state), names[i], sink, err) : 0;
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &meminfo_numa_subject, NULL };

const struct collector collector_meminfo_numa = {
    .name = "meminfo_numa",
    .subjects = subjects,
    .start = meminfo_numa_start,
    .read = meminfo_numa_read,
    .stop = node_dir_stop,
};
