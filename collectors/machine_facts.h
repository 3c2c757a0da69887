/* machine_facts.h — what the machine is: its ids, processors, memory, modules.
 * Uses: base, proc_parse.  Threads: the node loop.  Owner: the machine collector.
 * Source: reference cadvisor/families.tsv, rows machine_* and cadvisor_version_info. */
#ifndef KG_COLLECTORS_MACHINE_FACTS_H
#define KG_COLLECTORS_MACHINE_FACTS_H

#include "collectors/collector.h"

/* Kinds of memory modules that are told apart; more are left out. */
#define MACHINE_DIMM_TYPES 8

/* Bits of struct machine_facts.present. */
#define MACHINE_CPU UINT64_C(0x1)
#define MACHINE_TOPOLOGY UINT64_C(0x2)
#define MACHINE_MEMORY UINT64_C(0x4)

struct machine_dimm {
    char type[64]; /* "Unbuffered-DDR4" */
    uint64_t count, capacity_bytes;
};

struct machine_facts {
    uint64_t present;
    char machine_id[64], system_uuid[64], boot_id[64]; /* "" when not known */
    char kernel_version[128], os_version[256];
    uint64_t cores;                                   /* logical processors that are online */
    uint64_t physical_cores, sockets, books, drawers; /* 0: the machine does not tell */
    uint64_t memory_bytes, swap_bytes;
    struct machine_dimm dimms[MACHINE_DIMM_TYPES];
    size_t n_dimms;
};

/* Reads everything. Sets *ret also on failure, to what could be read. Errors: of the first of
 * processors and memory that could not be read (err names it). */
int machine_facts_read(const struct collector_env *env, struct machine_facts *ret, struct err *err);

/* "0-3,8\n" of cpu/online -> 5. Errors: -EBADMSG. */
int machine_parse_cpu_list(struct str text, uint64_t *ret_count) KG_MUST_CHECK;

/* Sets the number of different (physical id, core id) and of different physical id in cpuinfo; 0
 * where it does not tell (arm64). */
void machine_parse_cpuinfo(struct str text, uint64_t *ret_cores, uint64_t *ret_sockets);

/* PRETTY_NAME of os-release without its quotes; the empty text when there is none. */
struct str machine_parse_os_release(struct str text);

#endif
