/* options_private.h — what the files of options share among themselves.
 * Uses: options.  Threads: one, before the loops start.  Owner: options.c. */
#ifndef KG_AGENT_OPTIONS_PRIVATE_H
#define KG_AGENT_OPTIONS_PRIVATE_H

#include "agent/options/options.h"

/* The row of a name, -1 when there is none. */
ssize_t options_find(const struct options *o, struct str name);
ssize_t options_find_short(const struct options *o, char c);

/* The known name nearest to one that is not, NULL when none is near. */
const char *options_nearest(const struct options *o, struct str name);

/* Sets a value from text, if its present origin does not outrank the new one. where names the
 * source in messages: "--log.level", "KUBEGAUGE_LOG_LEVEL", "/etc/kg.yaml line 3: log.level".
 * Errors: -EINVAL (err: where, the text, what is accepted) · -ENOMEM. */
int options_set(struct options *o, size_t id, struct str text, enum option_origin origin, int line,
                const char *where, struct err *err);

/* The three sources; each sets what it finds. */
int options_from_flags(struct options *o, int argc, char *const *argv, struct err *err);
int options_from_file(struct options *o, const char *path, struct err *err);
int options_from_environment(struct options *o, char *const *envp, struct err *err);

/* Settles what depends on more than one option: role, contradictions, directories. */
int options_check(struct options *o, char *const *envp, struct err *err);

/* Whether all expressions of collectors' options are such. Errors: -EINVAL, err names the option.
 */
int options_check_patterns(const struct options *o, struct err *err);

/* options_ksm.c: what comes from kube-state-metrics. The flag that a key of its configuration file
 * stands for ("labels_allow_list" -> "metric-labels-allowlist"); NULL when it has no such key. */
const char *options_ksm_flag(struct str key);

/* Whether no option of ours is spelled as this key of its file. */
bool options_ksm_spelling(struct str key);

/* Has --host, --port and the like set what they stand for, and refuses what is not in this version.
 * Errors: -EINVAL · -ENOMEM. */
int options_ksm_settle(struct options *o, struct err *err);

/* The role of a word of the command line. Errors: -EINVAL, -ENOTSUP. */
int role_parse(struct str word, enum role *ret, struct err *err);

/* Appends a description of what the type takes: "a duration such as 30s or 1h30m". */
void options_describe_type(const struct option_row *row, struct buf *out);

#endif
