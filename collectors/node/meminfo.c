/* node_memory_*: /proc/meminfo, "MemTotal:  16384 kB" a line. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"
#include "collectors/scan.h"

#define KEYS 52

struct meminfo_sample {
    uint64_t present;
    uint64_t v[KEYS];
};

/* In the order of the rows. */
static const struct {
    struct str key;
} keys[KEYS] = {
    { STR_INIT("Active(anon):") },   { STR_INIT("Active:") },
    { STR_INIT("Active(file):") },   { STR_INIT("AnonHugePages:") },
    { STR_INIT("AnonPages:") },      { STR_INIT("Bounce:") },
    { STR_INIT("Buffers:") },        { STR_INIT("Cached:") },
    { STR_INIT("CmaFree:") },        { STR_INIT("CmaTotal:") },
    { STR_INIT("CommitLimit:") },    { STR_INIT("Committed_AS:") },
    { STR_INIT("DirectMap1G:") },    { STR_INIT("DirectMap2M:") },
    { STR_INIT("DirectMap4M:") },    { STR_INIT("DirectMap4k:") },
    { STR_INIT("Dirty:") },          { STR_INIT("HardwareCorrupted:") },
    { STR_INIT("HugePages_Free:") }, { STR_INIT("HugePages_Rsvd:") },
    { STR_INIT("HugePages_Surp:") }, { STR_INIT("HugePages_Total:") },
    { STR_INIT("Hugepagesize:") },   { STR_INIT("Inactive(anon):") },
    { STR_INIT("Inactive:") },       { STR_INIT("Inactive(file):") },
    { STR_INIT("KernelStack:") },    { STR_INIT("Mapped:") },
    { STR_INIT("MemAvailable:") },   { STR_INIT("MemFree:") },
    { STR_INIT("MemTotal:") },       { STR_INIT("Mlocked:") },
    { STR_INIT("NFS_Unstable:") },   { STR_INIT("PageTables:") },
    { STR_INIT("Percpu:") },         { STR_INIT("SReclaimable:") },
    { STR_INIT("SUnreclaim:") },     { STR_INIT("ShmemHugePages:") },
    { STR_INIT("ShmemPmdMapped:") }, { STR_INIT("Shmem:") },
    { STR_INIT("Slab:") },           { STR_INIT("SwapCached:") },
    { STR_INIT("SwapFree:") },       { STR_INIT("SwapTotal:") },
    { STR_INIT("Unevictable:") },    { STR_INIT("VmallocChunk:") },
    { STR_INIT("VmallocTotal:") },   { STR_INIT("VmallocUsed:") },
    { STR_INIT("WritebackTmp:") },   { STR_INIT("Writeback:") },
    { STR_INIT("Zswap:") },          { STR_INIT("Zswapped:") },
};

static const struct metric_family rows[KEYS] = {
    NODE_VALUE(struct meminfo_sample, "node_memory_Active_anon_bytes", GAUGE, BIT(0), v[0], 1024,
               "/proc/meminfo Active(anon)", "Active memory of no file, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Active_bytes", GAUGE, BIT(1), v[1], 1024,
               "/proc/meminfo Active",
               "Memory used recently, not reclaimed unless needed, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Active_file_bytes", GAUGE, BIT(2), v[2], 1024,
               "/proc/meminfo Active(file)", "Active memory of files, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_AnonHugePages_bytes", GAUGE, BIT(3), v[3], 1024,
               "/proc/meminfo AnonHugePages",
               "Anonymous memory in transparent huge pages, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_AnonPages_bytes", GAUGE, BIT(4), v[4], 1024,
               "/proc/meminfo AnonPages", "Anonymous memory in page tables, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Bounce_bytes", GAUGE, BIT(5), v[5], 1024,
               "/proc/meminfo Bounce", "Bounce buffers of block devices, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Buffers_bytes", GAUGE, BIT(6), v[6], 1024,
               "/proc/meminfo Buffers", "Cache of raw disk blocks, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Cached_bytes", GAUGE, BIT(7), v[7], 1024,
               "/proc/meminfo Cached", "Cache of file contents, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_CmaFree_bytes", GAUGE, BIT(8), v[8], 1024,
               "/proc/meminfo CmaFree", "Contiguous memory pool that is free, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_CmaTotal_bytes", GAUGE, BIT(9), v[9], 1024,
               "/proc/meminfo CmaTotal", "Contiguous memory pool, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_CommitLimit_bytes", GAUGE, BIT(10), v[10], 1024,
               "/proc/meminfo CommitLimit",
               "Most that may be committed under strict overcommit, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Committed_AS_bytes", GAUGE, BIT(11), v[11], 1024,
               "/proc/meminfo Committed_AS",
               "Memory that all processes together have been promised, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_DirectMap1G_bytes", GAUGE, BIT(12), v[12], 1024,
               "/proc/meminfo DirectMap1G", "Direct map in pages of 1 GiB, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_DirectMap2M_bytes", GAUGE, BIT(13), v[13], 1024,
               "/proc/meminfo DirectMap2M", "Direct map in pages of 2 MiB, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_DirectMap4M_bytes", GAUGE, BIT(14), v[14], 1024,
               "/proc/meminfo DirectMap4M", "Direct map in pages of 4 MiB, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_DirectMap4k_bytes", GAUGE, BIT(15), v[15], 1024,
               "/proc/meminfo DirectMap4k", "Direct map in pages of 4 KiB, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Dirty_bytes", GAUGE, BIT(16), v[16], 1024,
               "/proc/meminfo Dirty", "Changed and not yet written back, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_HardwareCorrupted_bytes", GAUGE, BIT(17), v[17],
               1024, "/proc/meminfo HardwareCorrupted",
               "Taken out of use for hardware faults, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_HugePages_Free", GAUGE, BIT(18), v[18], 1,
               "/proc/meminfo HugePages_Free", "Huge pages that are free."),
    NODE_VALUE(struct meminfo_sample, "node_memory_HugePages_Rsvd", GAUGE, BIT(19), v[19], 1,
               "/proc/meminfo HugePages_Rsvd", "Huge pages promised and not yet given."),
    NODE_VALUE(struct meminfo_sample, "node_memory_HugePages_Surp", GAUGE, BIT(20), v[20], 1,
               "/proc/meminfo HugePages_Surp", "Huge pages beyond the pool's size."),
    NODE_VALUE(struct meminfo_sample, "node_memory_HugePages_Total", GAUGE, BIT(21), v[21], 1,
               "/proc/meminfo HugePages_Total", "Huge pages in the pool."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Hugepagesize_bytes", GAUGE, BIT(22), v[22], 1024,
               "/proc/meminfo Hugepagesize", "Size of a huge page, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Inactive_anon_bytes", GAUGE, BIT(23), v[23],
               1024, "/proc/meminfo Inactive(anon)", "Inactive memory of no file, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Inactive_bytes", GAUGE, BIT(24), v[24], 1024,
               "/proc/meminfo Inactive", "Memory not used recently, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Inactive_file_bytes", GAUGE, BIT(25), v[25],
               1024, "/proc/meminfo Inactive(file)", "Inactive memory of files, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_KernelStack_bytes", GAUGE, BIT(26), v[26], 1024,
               "/proc/meminfo KernelStack", "Stacks of tasks in the kernel, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Mapped_bytes", GAUGE, BIT(27), v[27], 1024,
               "/proc/meminfo Mapped", "Files that are mapped, in bytes."),
    NODE_VALUE(
        struct meminfo_sample, "node_memory_MemAvailable_bytes", GAUGE, BIT(28), v[28], 1024,
        "/proc/meminfo MemAvailable",
        "What can be given to new programs without swapping, by the kernel's estimate, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_MemFree_bytes", GAUGE, BIT(29), v[29], 1024,
               "/proc/meminfo MemFree", "Memory that is not used at all, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_MemTotal_bytes", GAUGE, BIT(30), v[30], 1024,
               "/proc/meminfo MemTotal", "Memory that the kernel has, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Mlocked_bytes", GAUGE, BIT(31), v[31], 1024,
               "/proc/meminfo Mlocked", "Memory locked by mlock, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_NFS_Unstable_bytes", GAUGE, BIT(32), v[32], 1024,
               "/proc/meminfo NFS_Unstable",
               "Sent to an NFS server and not yet stable there, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_PageTables_bytes", GAUGE, BIT(33), v[33], 1024,
               "/proc/meminfo PageTables", "Page tables, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Percpu_bytes", GAUGE, BIT(34), v[34], 1024,
               "/proc/meminfo Percpu", "Per-processor allocations, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_SReclaimable_bytes", GAUGE, BIT(35), v[35], 1024,
               "/proc/meminfo SReclaimable", "Slab that can be reclaimed, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_SUnreclaim_bytes", GAUGE, BIT(36), v[36], 1024,
               "/proc/meminfo SUnreclaim", "Slab that cannot be reclaimed, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_ShmemHugePages_bytes", GAUGE, BIT(37), v[37],
               1024, "/proc/meminfo ShmemHugePages", "Shared memory in huge pages, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_ShmemPmdMapped_bytes", GAUGE, BIT(38), v[38],
               1024, "/proc/meminfo ShmemPmdMapped",
               "Shared memory mapped by huge pages, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Shmem_bytes", GAUGE, BIT(39), v[39], 1024,
               "/proc/meminfo Shmem", "Shared memory and tmpfs, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Slab_bytes", GAUGE, BIT(40), v[40], 1024,
               "/proc/meminfo Slab", "Kernel data structures, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_SwapCached_bytes", GAUGE, BIT(41), v[41], 1024,
               "/proc/meminfo SwapCached", "Swapped memory that is in memory as well, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_SwapFree_bytes", GAUGE, BIT(42), v[42], 1024,
               "/proc/meminfo SwapFree", "Swap space that is free, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_SwapTotal_bytes", GAUGE, BIT(43), v[43], 1024,
               "/proc/meminfo SwapTotal", "Swap space, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Unevictable_bytes", GAUGE, BIT(44), v[44], 1024,
               "/proc/meminfo Unevictable", "Memory that cannot be evicted, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_VmallocChunk_bytes", GAUGE, BIT(45), v[45], 1024,
               "/proc/meminfo VmallocChunk", "Largest free piece of the vmalloc area, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_VmallocTotal_bytes", GAUGE, BIT(46), v[46], 1024,
               "/proc/meminfo VmallocTotal", "Size of the vmalloc area, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_VmallocUsed_bytes", GAUGE, BIT(47), v[47], 1024,
               "/proc/meminfo VmallocUsed", "Vmalloc area in use, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_WritebackTmp_bytes", GAUGE, BIT(48), v[48], 1024,
               "/proc/meminfo WritebackTmp", "Writeback buffers of FUSE, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Writeback_bytes", GAUGE, BIT(49), v[49], 1024,
               "/proc/meminfo Writeback", "Being written back, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Zswap_bytes", GAUGE, BIT(50), v[50], 1024,
               "/proc/meminfo Zswap", "Memory of compressed swap, in bytes."),
    NODE_VALUE(struct meminfo_sample, "node_memory_Zswapped_bytes", GAUGE, BIT(51), v[51], 1024,
               "/proc/meminfo Zswapped",
               "What compressed swap holds, before compression, in bytes."),
};

NODE_SUBJECT(meminfo_subject, "node_meminfo", struct meminfo_sample, rows);

static int meminfo_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "meminfo", ret_state, err);
}

/* Keys of a kernel that this table does not know are passed over. */
static int parse(struct str text, struct meminfo_sample *s, struct err *err)
{
    struct scan at = scan_of(text);
    for (; !scan_end(&at); scan_skip_line(&at)) {
        for (size_t i = 0; i < KEYS; i++) {
            if (!scan_literal(&at, keys[i].key)) {
                continue;
            }
            scan_blanks(&at);
            if (!scan_u64(&at, &s->v[i])) {
                return err_set(err, EBADMSG, "meminfo: " STR_FMT " is no number",
                               STR_ARG(keys[i].key));
            }
            s->present |= BIT(i);
            break;
        }
    }
    return s->present ? 0 : err_set(err, EBADMSG, "meminfo: no known key");
}

static int meminfo_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    struct meminfo_sample values = { 0 };
    int r = node_file_read(state, &text, err);
    if (r < 0 || (r = parse(text, &values, err)) < 0) {
        return r;
    }
    struct meminfo_sample *s = metric_sink_add(sink, &meminfo_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static const struct metric_subject *const subjects[] = { &meminfo_subject, NULL };

const struct collector collector_meminfo = {
    .name = "meminfo",
    .on_by_default = true,
    .subjects = subjects,
    .start = meminfo_start,
    .read = meminfo_read,
    .stop = node_one_file_stop,
};
