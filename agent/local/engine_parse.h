/* engine_parse.h — answers of the Docker-compatible API as structs.
 * Uses: base, collectors/container_names, kube/object/json_get, jansson.  Threads: any.  Owner: the
 * engine.
 *
 * Docker and Podman differ in details, both of which are understood: names with and without a
 * slash, members that are missing. What is missing or of another type is absent, never a fault. */
#ifndef KG_AGENT_ENGINE_PARSE_H
#define KG_AGENT_ENGINE_PARSE_H

#include "base/err.h"
#include "collectors/cgroup/cgroup_id.h"
#include "collectors/container_names.h"

#include <jansson.h>

/* Which of a container's labels and variables become labels of its series. */
struct engine_policy {
    bool store_labels;        /* all; else those in labels */
    const struct str *labels; /* keys */
    size_t n_labels;
    const struct str *env; /* beginnings of names */
    size_t n_env;
};

/* A row of the list. */
struct engine_row {
    struct str id; /* 64 digits, borrowed from the list */
    /* What a change of the row shows in: its names, and what stands in brackets in its status
     * ("Up 3 seconds (healthy)"). */
    uint64_t digest;
};

/* Row i of GET /containers/json. Says false when it is no container with an id of 64 digits. */
bool engine_parse_row(const json_t *list, size_t i, struct engine_row *ret);

/* The answer of GET /containers/ID/json. Sets *ret, with one reference. Labels are named as
 * cAdvisor does: container_label_ and the key, container_env_ and the name in lower case, each
 * character that is not legal as '_'; restartcount when it is not 0. Of names that become the same
 * the first in order of keys stays; beyond LIMIT_ENGINE_LABELS they are left out.
 * Errors: -EBADMSG it has no id of 64 digits, or no name · -ENOMEM. */
int engine_parse_container(const json_t *container, const struct engine_policy *policy,
                           struct container_record **ret, struct err *err);

#endif
