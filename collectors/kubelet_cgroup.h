/* kubelet_cgroup.h — the cgroup that the kubelet itself runs in, which it serves beside its pods'.
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_COLLECTORS_KUBELET_CGROUP_H
#define KG_COLLECTORS_KUBELET_CGROUP_H

#include "base/str.h"

/* Takes the cgroup out of the text of a /proc/PID/cgroup, as the kubelet does for itself: on v1
 * that of cpu and memory, which must be the same, but systemd's where systemd has another; on v2
 * the only one. Sets *ret, which points into text. Errors: -ENODATA none, or they differ. */
int kubelet_cgroup_parse(struct str text, struct str *ret) KG_MUST_CHECK;

/* Looks for the process of a kubelet (or of a distribution's program that holds one) and writes its
 * cgroup to out of size bytes, as the cgroup mount has it: a leading "/.." is what the path looks
 * like from another cgroup namespace. Errors: -ENODATA no such process, or it stands in the top
 * cgroup · those of reading procfs · -ENAMETOOLONG. */
int kubelet_cgroup_find(const char *procfs, char *out, size_t size) KG_MUST_CHECK;

#endif
