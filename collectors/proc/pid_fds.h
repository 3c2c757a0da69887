/* pid_fds.h — how many files and sockets a process has open.
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_COLLECTORS_PROC_PID_FDS_H
#define KG_COLLECTORS_PROC_PID_FDS_H

#include "base/defs.h"

/* Adds the entries of PID/fd below procfs_fd to *fds and those that link to "socket:…" to *sockets.
 * Errors: those of open and getdents (-EACCES without ptrace rights, -ENOENT gone); what was
 * counted before the error stays counted. */
int proc_count_fds(int procfs_fd, int32_t pid, uint64_t *fds, uint64_t *sockets);

#endif
