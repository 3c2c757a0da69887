/* runtime_record.h — what a container runtime wrote down about one container: the annotations and
 * mounts of its OCI bundle.
 * Uses: base.  Threads: any.  Owner: the container and the volumes collector.
 *
 * containerd's and CRI-O's CRI plugins hand runc a config.json for each container, whose
 * annotations name pod, container and image exactly as the runtime itself reports them; nerdctl
 * gives its containers' names the same way. Reading it
 * takes no socket, but the folder can be anywhere or unreadable: nothing may depend on it. */
#ifndef KG_COLLECTORS_RUNTIME_RECORD_H
#define KG_COLLECTORS_RUNTIME_RECORD_H

#include "base/str.h"

/* Longest values; a longer one is left out. */
#define RUNTIME_RECORD_NAME 256
#define RUNTIME_RECORD_LONG 1024

/* "" for what the annotations do not say. */
struct runtime_record {
    bool is_sandbox;
    char container[RUNTIME_RECORD_NAME]; /* "" for containerd's sandboxes, "POD" for CRI-O's */
    char image[RUNTIME_RECORD_LONG];
    /* CRI-O: k8s_<container>_<pod>_<namespace>_<uid>_<attempt>; nerdctl: what the user called it */
    char name[RUNTIME_RECORD_LONG];
    char namespace[RUNTIME_RECORD_NAME];
    char pod[RUNTIME_RECORD_NAME];
};

/* Takes the annotations out of the text of a config.json. Only as much of JSON is followed as it
 * takes to find them; other content is not judged. Sets *ret. Errors: -ENODATA no annotation says
 * whether it is a container or a sandbox · -EBADMSG the text ends within its annotations. */
int runtime_record_parse(struct str json, struct runtime_record *ret) KG_MUST_CHECK;

/* Looks for the record of a container below the machine's root, in the folders that runtimes use;
 * *first (0 at first) remembers where the last one was found. Errors: -ENOENT in none of them ·
 * -EACCES and others of open · -EFBIG larger than LIMIT_RUNTIME_RECORD_BYTES · those of parse. */
int runtime_record_read(int rootfs_fd, struct str container_id, size_t *first,
                        struct runtime_record *ret) KG_MUST_CHECK;

/* What of the machine is mounted where in a container. */
struct runtime_mount {
    struct str destination, source; /* paths; valid during the call */
};

typedef void runtime_mount_fn(void *arg, const struct runtime_mount *mount);

/* Gives the mounts in the text of a config.json, {"mounts":[{"destination":"/data",
 * "source":"/var/lib/kubelet/pods/…","options":["rbind"]}]}, to each, in their order; those without
 * one of both, or with a path longer than PATH_MAX, are left out. Errors: -ENODATA there is no list
 * of mounts · -EBADMSG the text ends within it. */
int runtime_mounts_parse(struct str json, runtime_mount_fn *each, void *arg) KG_MUST_CHECK;

/* The same of a container's record; errors and first as runtime_record_read has them. */
int runtime_mounts_read(int rootfs_fd, struct str container_id, size_t *first,
                        runtime_mount_fn *each, void *arg) KG_MUST_CHECK;

#endif
