/* proc_parse.h — the texts of /proc files into structs: pure functions, no file is touched here.
 * Uses: base.  Threads: any.  Owner: none; struct str results point into the text.
 *
 * All take the whole text of a file and leave their outputs as they were on failure.
 * Errors of all: -EBADMSG the text is not what proc(5) says · -E2BIG more than max rows (the first
 * max are set). */
#ifndef KG_COLLECTORS_PROC_PARSE_H
#define KG_COLLECTORS_PROC_PARSE_H

#include "base/str.h"

/* One interface of net/dev. */
struct net_dev {
    struct str name;
    uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
    uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/* net/dev: two heading lines, then "  eth0: 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8". A line with another
 * number of fields spoils the file. Interfaces for which skip says true are left out; skip may be
 * NULL. */
int proc_parse_net_dev(struct str text, bool (*skip)(struct str name), struct net_dev *ret,
                       size_t max, size_t *ret_n) KG_MUST_CHECK;

/* The interfaces that the kubelet leaves out: lo…, veth…, docker…, nerdctl…, in any case. */
bool proc_skip_interface(struct str name);

/* limits: "Max open files            1024                 524288               files". Sets the
 * soft limit, -1 when it is unlimited. */
int proc_parse_open_files_limit(struct str text, int64_t *ret_soft) KG_MUST_CHECK;

/* One line of diskstats; times in ms. */
struct diskstat {
    uint32_t major, minor;
    struct str name;
    uint64_t reads, reads_merged, sectors_read, read_ms;
    uint64_t writes, writes_merged, sectors_written, write_ms;
    uint64_t in_flight, io_ms, weighted_ms;
};

/* diskstats: " 254       0 vda 1 2 3 4 5 6 7 8 9 10 11 …"; what follows the eleventh number (later
 * kernels) is not looked at. */
int proc_parse_diskstats(struct str text, struct diskstat *ret, size_t max,
                         size_t *ret_n) KG_MUST_CHECK;

/* One line of mountinfo. The texts are as they stand there, with \040 for a blank. */
struct mount_line {
    uint32_t major, minor;
    struct str mountpoint, type, source;
    struct str super; /* options of the file system: "rw,lowerdir=…" */
};

/* The next line of mountinfo: "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw". Takes it from *text.
 * Returns 1 with *ret set, 0 at the end of the text; after -EBADMSG the line has been taken too. */
int proc_parse_mount_line(struct str *text, struct mount_line *ret) KG_MUST_CHECK;

/* Turns \040, \011, \012 and \134 in a mountinfo field back into what they stand for, into out of
 * size bytes with a NUL. Errors: -ENAMETOOLONG. */
int proc_unescape(struct str field, char *out, size_t size, struct str *ret) KG_MUST_CHECK;

struct meminfo {
    uint64_t total_bytes, swap_total_bytes, swap_free_bytes;
};

/* meminfo: "MemTotal:       24684096 kB". MemTotal must be there; the others are 0 if they are not.
 */
int proc_parse_meminfo(struct str text, struct meminfo *ret) KG_MUST_CHECK;

/* PID/stat: the process's start in ticks after boot, field 22. The name in brackets may hold
 * anything, brackets and blanks included. */
int proc_parse_start_ticks(struct str text, uint64_t *ret) KG_MUST_CHECK;

/* PID/stat or PID/task/TID/stat: the state's letter, field 3, and the threads of the process, field
 * 20. Sets nothing of use on -EBADMSG. */
int proc_parse_state(struct str text, char *ret_state, uint64_t *ret_threads) KG_MUST_CHECK;

#endif
