/* cgroup_follow.h — which cgroups have series.
 * Uses: base, cgroup_id.  Threads: the node loop.  Owner: the tree.
 * Source: reference cadvisor/labels.md section 2. */
#ifndef KG_COLLECTORS_CGROUP_FOLLOW_H
#define KG_COLLECTORS_CGROUP_FOLLOW_H

#include "collectors/cgroup/cgroup_id.h"

struct cgroup_follow {
    bool all;      /* every cgroup of the machine */
    char *root[2]; /* paths below which kubepods stands, as cgroupfs and as systemd name it; NULL:
                      anywhere */
    char *also;    /* one more cgroup with what is below it; NULL: none */
};

/* cgroup_root: "" (or "/") or the kubelet's --cgroup-root: "/kubelet", for which systemd's driver
 * makes "/kubelet.slice". Errors: -ENOMEM. */
int cgroup_follow_init(struct cgroup_follow *f, bool all, const char *cgroup_root) KG_MUST_CHECK;
/* Frees the paths; nothing is followed then. */
void cgroup_follow_done(struct cgroup_follow *f);

/* Sets the path that is followed too; an empty one clears it. Errors: -ENOMEM. */
int cgroup_follow_also(struct cgroup_follow *f, struct str path) KG_MUST_CHECK;

/* Whether the cgroup has series; id: cgroup_identify's of path. */
bool cgroup_followed(const struct cgroup_follow *f, struct str path, const struct cgroup_id *id);

#endif
