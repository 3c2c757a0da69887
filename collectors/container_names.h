/* container_names.h — what a container engine (Docker, Podman) says about its containers. Owned by
 * collectors, filled by agent/local, wired in agent.
 * Uses: base, metrics/sink.  Threads: records are immutable and counted; the calls of struct
 * container_names on the node loop.  Owner: agent. */
#ifndef KG_COLLECTORS_CONTAINER_NAMES_H
#define KG_COLLECTORS_CONTAINER_NAMES_H

#include "base/snapshot.h"
#include "metrics/sink.h"

enum container_health { CONTAINER_UNCHECKED, CONTAINER_HEALTHY, CONTAINER_NOT_HEALTHY };

/* One container; its text stands in the same block of memory. */
struct container_record {
    struct snapshot snapshot;
    struct str id;                     /* 64 digits */
    struct str name, image;            /* "web", "docker.io/library/nginx:1.27" */
    const struct metric_extra *labels; /* legal names, each once */
    size_t n_labels;
    enum container_health health;
    bool shares_network; /* with another container, whose series have it */
    int32_t pid;         /* of its first process; 0: none yet */
    int64_t created_sec; /* Unix times; 0: not told */
    int64_t started_sec;
};

/* A copy of *from, with one reference. NULL when out of memory. */
struct container_record *container_record_new(const struct container_record *from);

struct container_names {
    void *arg;
    /* Holds the current table and sets *ret_generation, which grows with each change. NULL as long
     * as no engine has answered. */
    const void *(*acquire)(void *arg, uint64_t *ret_generation);
    void (*release)(const void *table);

    /* The record of the container with this id, borrowed from the table; NULL when there is none.
     */
    struct container_record *(*find)(const void *table, struct str id);

    /* A cgroup of this container has come to be: the engines are to be asked for it. Never waits.
     */
    void (*ask)(void *arg, struct str id);
};

struct cgroup_tree;

/* Gives the tree's containers that are in no pod their records: those that were made since the last
 * call are asked for, and with another table than *generation (which is then set) all are looked up
 * again. A container that the table does not know any more keeps its record. names may be NULL. */
void container_names_resolve(const struct container_names *names, struct cgroup_tree *tree,
                             uint64_t *generation);

#endif
