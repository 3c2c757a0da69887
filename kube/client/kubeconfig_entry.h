/* kubeconfig_entry.h — the files of a kubeconfig, and the named entries in them.
 * Uses: base, kube/yaml, jansson.  Threads: the kube loop.  Owner: kubeconfig.c. */
#ifndef KG_KUBE_KUBECONFIG_ENTRY_H
#define KG_KUBE_KUBECONFIG_ENTRY_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Files of one $KUBECONFIG; more are an error, not passed over. */
#define KUBECONFIG_FILES_MAX 32

struct kubeconfig_file {
    json_t *root;
    struct str dir; /* with its '/', borrowed from the list of paths; empty: working directory */
};

struct kubeconfig {
    struct kubeconfig_file files[KUBECONFIG_FILES_MAX];
    size_t n;
};

/* A named entry ("clusters: [{name: a, cluster: {…}}]"). All is borrowed. */
struct kubeconfig_entry {
    const char *kind, *name;
    const json_t *fields; /* may be NULL */
    struct str dir;       /* of its file */
};

/* Reads the files of list, "a:b" with sep ':', or one path with sep NUL. list is changed (each sep
 * becomes a NUL) and must outlive k. Of several, missing ones are passed over unless all are.
 * Errors: -ENOENT · those of open and read · -EBADMSG not YAML or another kind · -E2BIG · -ENOMEM;
 * kubeconfig_done is due in any case. */
int kubeconfig_read(struct kubeconfig *k, char *list, char sep, struct err *err);
void kubeconfig_done(struct kubeconfig *k);

/* The entry called name in the first file that has one; kind: "context", "cluster" or "user".
 * Errors: -ENOENT (err: which exist) · -EBADMSG there twice in that file, or not a map. */
int kubeconfig_find(const struct kubeconfig *k, const char *kind, const char *name,
                    struct kubeconfig_entry *ret, struct err *err);

/* Writes the names in all files' list ("contexts") into out, "none" if there are none. */
void kubeconfig_names(const struct kubeconfig *k, const char *list, char *out, size_t size);

/* Set *ret to the field's text (borrowed; empty when absent or null), to a copy of it (NULL when
 * empty), to a copy as a path that is relative to the entry's file, to its truth (false when
 * absent). Errors: -EBADMSG another type · -ENOMEM. */
int entry_text(const struct kubeconfig_entry *e, const char *field, struct str *ret,
               struct err *err);
int entry_copy(const struct kubeconfig_entry *e, const char *field, char **ret, struct err *err);
int entry_path(const struct kubeconfig_entry *e, const char *field, char **ret, struct err *err);
int entry_bool(const struct kubeconfig_entry *e, const char *field, bool *ret, struct err *err);

#endif
