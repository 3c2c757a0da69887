/* process_stats.h — what the agent itself uses: processor, memory, descriptors.
 * Uses: base.  Threads: any.  Owner: none.
 *
 * Read from /proc/self, whatever --path.procfs says: that one may be another machine's view. */
#ifndef KG_AGENT_PROCESS_STATS_H
#define KG_AGENT_PROCESS_STATS_H

#include "base/str.h"

#define PROCESS_CPU UINT64_C(0x1)
#define PROCESS_MEMORY UINT64_C(0x2)
#define PROCESS_START UINT64_C(0x4)
#define PROCESS_OPEN_FDS UINT64_C(0x8)
#define PROCESS_MAX_FDS UINT64_C(0x10)
#define PROCESS_MAX_MEMORY UINT64_C(0x20)

struct process_stats {
    uint64_t present; /* PROCESS_… bits of what could be read */
    double cpu_seconds, start_unix_seconds;
    uint64_t virtual_bytes, resident_bytes, threads;
    uint64_t open_fds, max_fds;
    double max_virtual_bytes; /* -1 without a limit, as the Go client has it */
};

/* Fills *ret with what can be read.
 * Shape: /proc/self/stat, "PID (comm) S ppid …": utime is field 14, stime 15, threads 20, starttime
 *        22 (all three times in clock ticks), vsize 23 (bytes), rss 24 (pages); comm may hold
 * blanks and brackets, so fields are counted from the last ')'. Source: proc(5). */
void process_stats_read(struct process_stats *ret);

/* The same from given texts, for tests: stat as above, btime the number after "btime " in
 * /proc/stat, ticks and page as sysconf has them. Sets CPU, MEMORY and START. Errors: -EBADMSG. */
int process_stats_parse(struct str stat, uint64_t btime, long ticks, long page,
                        struct process_stats *ret) KG_MUST_CHECK;

#endif
