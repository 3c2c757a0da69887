/* node_file.h — what the node_* collectors have in common: files kept open, files of a folder,
 * names to be left out. Uses: base, metrics/pattern, collectors/collector.  Threads: the
 * collector's.  Owner: each collector. */
#ifndef KG_COLLECTORS_NODE_FILE_H
#define KG_COLLECTORS_NODE_FILE_H

#include "base/file.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "metrics/pattern.h"

/* A file that is read anew each time through one descriptor. */
struct node_file {
    int fd;
    char path[256]; /* for messages */
    struct buf text;
};

/* Opens root/path. Errors: -ENODATA there is none (ENOENT, ENOTDIR, EACCES, EPERM) · those of open
 * · -ENAMETOOLONG. */
int node_file_open(struct node_file *f, const char *root, const char *path, struct err *err);

/* As node_file_open for a file of /proc/net: of the network namespace of process 1 if that shows
 * it, which in a container is the machine's, else of our own. */
int node_file_open_net(struct node_file *f, const char *procfs, const char *name, struct err *err);

/* Reads all of it. Sets *ret to the text, valid until the next read or close. Errors: those of
 * pread · -EFBIG beyond LIMIT_NODE_FILE_BYTES · -ENOMEM. err names the file. */
int node_file_read(struct node_file *f, struct str *ret, struct err *err);

/* Also for one that was never opened, if zeroed and fd is -1, or that failed to open. */
void node_file_close(struct node_file *f);

/* A collector that is one file: for start and stop. The state is *ret_state. */
int node_one_file_start(const char *root, const char *path, void **ret_state, struct err *err);
int node_one_net_file_start(const char *procfs, const char *name, void **ret_state,
                            struct err *err);
void node_one_file_stop(void *state);

#define NODE_NUMBERS_MAX 4

/* A collector of files that hold one number each, all optional but the first; paths is
 * NULL-terminated, NODE_NUMBERS_MAX at most. The state is *ret_state. Errors of start: as
 * node_file_open for the first. */
int node_numbers_start(const char *root, const char *const *paths, void **ret_state,
                       struct err *err);
/* Sets ret[i] and bit i of *ret_present for path i. Errors: -EBADMSG no number · those of pread. */
int node_numbers_read(void *state, uint64_t *ret, uint64_t *ret_present, struct err *err);
void node_numbers_stop(void *state); /* NULL is allowed */

/* A line or a number of a small file below dirfd, without the blanks around it. -EINVAL: no number.
 * Errors else: those of file_read_text_at. */
int node_line_at(int dirfd, const char *path, char *out, size_t size, struct str *ret);
int node_u64_at(int dirfd, const char *path, uint64_t *ret);
int node_i64_at(int dirfd, const char *path, int64_t *ret);

/* Opens root/path as a folder. Returns the descriptor. Errors as node_file_open. */
int node_dir_open(const char *root, const char *path, struct err *err);

/* A collector whose state is an open folder. fd: borrowed. Errors of start as node_dir_open. */
int node_dir_start(const char *root, const char *path, void **ret_state, struct err *err);
int node_dir_fd(const void *state); /* of the started collector */
void node_dir_stop(void *state);

/* A small file's text without the blanks around it, in mem. Errors: -ENOMEM · those of
 * file_read_text_at; beyond 4 KiB: -EFBIG. */
int node_text_at(int dirfd, const char *path, struct arena *mem, struct str *ret);

/* The names in the folder open at dirfd, without those that begin with a dot, sorted, in mem.
 * dirfd must be open for reading, and is moved. Errors: -ENOMEM · -E2BIG beyond LIMIT_NODE_NAMES ·
 * those of getdents64. */
int node_dir_names(int dirfd, struct arena *mem, struct str **ret_names, size_t *ret_n);

/* Which names a collector takes: an expression that leaves out, one that takes in. */
struct node_filter {
    struct pattern *exclude, *include;
};

/* From the collector's options of these names; either may be NULL, an empty value is none.
 * Errors: -EINVAL · -ENOMEM. */
int node_filter_init(struct node_filter *f, const struct collector_env *env,
                     const struct collector *c, const char *exclude, const char *include,
                     struct err *err);
/* As node_filter_init; the expressions must match a name from its beginning to its end. */
int node_filter_init_whole(struct node_filter *f, const struct collector_env *env,
                           const struct collector *c, const char *exclude, const char *include,
                           struct err *err);
void node_filter_done(struct node_filter *f);
bool node_filter_takes(const struct node_filter *f, struct str name);

/* Says that the reading has no memory; returns -ENOMEM. */
int node_no_memory(struct err *err, const char *collector);

#endif
