/* parse.h — the texts of cgroup files into numbers: pure functions, no file is touched here.
 * Uses: base, cgroup_sample.  Threads: any.  Owner: none.
 *
 * All take the whole text of a file and leave their outputs as they were on failure. A negative
 * number reads as 0, as the peer has it; a key that is not there leaves 0 and no bit in `seen`.
 * Errors of all: -EBADMSG the text is not what the file's documentation says. */
#ifndef KG_COLLECTORS_CGROUP_PARSE_H
#define KG_COLLECTORS_CGROUP_PARSE_H

#include "collectors/cgroup/cgroup_sample.h"

/* A row of the "key value" files: which key goes to which uint64_t of a struct. */
struct cg_key {
    struct str name;
    uint16_t at; /* offset in the struct */
};

/* Scans lines "key value". Sets the members of base whose keys are there, and *ret_seen: bit i for
 * keys[i] (n_keys <= 32). Lines with other keys are not looked at. On failure base may be half set.
 */
int cg_parse_keyed(struct str text, const struct cg_key *keys, size_t n_keys, void *base,
                   uint32_t *ret_seen) KG_MUST_CHECK;

/* "42\n" -> 42, "-1\n" -> 0, "max\n" -> UINT64_MAX. */
int cg_parse_value(struct str text, uint64_t *ret) KG_MUST_CHECK;

#define CG_SEEN_CPU_USAGE UINT32_C(0x1)
#define CG_SEEN_CPU_USER UINT32_C(0x2)
#define CG_SEEN_CPU_SYSTEM UINT32_C(0x4)
#define CG_SEEN_CFS_PERIODS UINT32_C(0x8)

struct cg_cpu_stat {
    uint32_t seen; /* CG_SEEN_CPU_*, CG_SEEN_CFS_PERIODS */
    uint64_t usage_ns, user_ns, system_ns;
    uint64_t periods, throttled_periods, throttled_ns, bursts, burst_ns;
};

/* v1 cpu.stat: "nr_periods 0\nnr_throttled 0\nthrottled_time 0\nnr_bursts 0\nburst_time 0\n",
 * times in ns; the bursts since Linux 5.14. */
int cg_parse_cpu_stat_v1(struct str text, struct cg_cpu_stat *ret) KG_MUST_CHECK;

/* v2 cpu.stat: "usage_usec 1\nuser_usec 1\nsystem_usec 0\n…nr_periods 0\n…", times in us; the quota
 * part only with the cpu controller. */
int cg_parse_cpu_stat_v2(struct str text, struct cg_cpu_stat *ret) KG_MUST_CHECK;

/* v1 cpuacct.stat: "user 12\nsystem 3\n" in ticks. Both keys must be there. */
int cg_parse_cpuacct_stat(struct str text, uint64_t ticks_per_sec, uint64_t *ret_user_ns,
                          uint64_t *ret_system_ns) KG_MUST_CHECK;

/* v2 cpu.max: "max 100000\n" or "20000 100000\n", us. No quota gives 0. */
int cg_parse_cpu_max(struct str text, uint64_t *ret_quota_usec,
                     uint64_t *ret_period_usec) KG_MUST_CHECK;

/* cpu.weight as the shares that the kubelet made it of; 0 outside 1..10000. */
uint64_t cg_shares_of_weight(uint64_t weight);

#define CG_SEEN_MEMORY_KERNEL UINT32_C(0x4)

struct cg_memory_stat {
    uint32_t seen;                                  /* CG_SEEN_MEMORY_KERNEL */
    uint64_t rss, cache, mapped_file, swap, kernel; /* swap: v1 only; kernel: v2 since 5.18 */
    uint64_t active_file, inactive_file, pgfault, pgmajfault;
    uint64_t file_dirty, file_writeback, pgscan, pgsteal, refault_file, refault_anon; /* v2 only */
};

/* memory.stat. v1: the total_ line where it stands (the kernel sums it over the hierarchy only with
 * use_hierarchy), else the plain one; faults are always the plain ones, as the peer has them. */
int cg_parse_memory_stat_v1(struct str text, struct cg_memory_stat *ret) KG_MUST_CHECK;
int cg_parse_memory_stat_v2(struct str text, struct cg_memory_stat *ret) KG_MUST_CHECK;

#define CG_SEEN_OOM_KILL UINT32_C(0x1)
#define CG_SEEN_MEMORY_MAX UINT32_C(0x8)

struct cg_memory_events {
    uint32_t seen; /* CG_SEEN_OOM_KILL, CG_SEEN_MEMORY_MAX */
    uint64_t oom_kill, oom_group_kill, high, max;
};

/* memory.events and memory.events.local of v2, memory.oom_control of v1 (only oom_kill, since
 * Linux 4.13): "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n". */
int cg_parse_memory_events(struct str text, struct cg_memory_events *ret) KG_MUST_CHECK;

/* The OOM events of it: where memory.oom.group kills whole cgroups, a group is one event. */
uint64_t cg_oom_events(const struct cg_memory_events *events);

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull …\n" (cpu has no full before 5.13). */
int cg_parse_pressure(struct str text, struct cgroup_psi *ret) KG_MUST_CHECK;

/* io.stat: "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n", one line a
 * device; a device without numbers, which some kernels put before another on its line, is left out.
 * Sets ret[0..*ret_n), device empty. Errors also: -E2BIG more than max devices (the first max are
 * set). */
int cg_parse_io_stat(struct str text, struct cgroup_io *ret, size_t max,
                     size_t *ret_n) KG_MUST_CHECK;

/* Which value of a device a blkio file of v1 holds. */
enum cg_blkio { CG_BLKIO_BYTES, CG_BLKIO_IOS, CG_BLKIO_TIME, CG_BLKIO_MERGED, CG_BLKIO_QUEUED };

/* A blkio file: "8:0 Read 1\n8:0 Write 2\n…8:0 Total 3\nTotal 3\n". Adds to the *n devices of io
 * what the file says, new devices at the end. Errors also: -E2BIG as above. */
int cg_parse_blkio(struct str text, enum cg_blkio what, struct cgroup_io *io, size_t max,
                   size_t *n) KG_MUST_CHECK;

/* cgroup.procs: one process id a line. Sets up to max of them; returns how many lines there are.
 * A process outside our PID namespace reads as 0 and is counted, not set. */
ssize_t cg_parse_pids(struct str text, int32_t *ret, size_t max, size_t *ret_n) KG_MUST_CHECK;

#endif
