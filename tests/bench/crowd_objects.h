/* crowd_objects.h — the JSON of any number of made-up objects, as an API server sends it.
 * Uses: base.  Threads: any, after crowd_read().  Owner: tests/bench.
 *
 * Pods of two containers as a Deployment makes them (3.8 KB, and 2.6 KB of managedFields), the
 * nodes they stand on, their namespaces: tests/bench/crowd/KIND.json with a '$' and a letter where
 * objects differ. Which object it is follows from its number alone. */
#ifndef KG_TESTS_BENCH_CROWD_OBJECTS_H
#define KG_TESTS_BENCH_CROWD_OBJECTS_H

#include "base/buf.h"
#include "base/err.h"

#define CROWD_NAMESPACES 40
#define CROWD_PODS_PER_NODE 100

enum crowd_kind { CROWD_NONE, CROWD_PODS, CROWD_NODES, CROWD_NAMESPACES_KIND };

struct crowd_object {
    uint32_t number;
    uint64_t version;  /* metadata.resourceVersion */
    unsigned restarts; /* of a pod's first container */
    unsigned life;     /* of a pod: how often it was deleted and made anew, with another uid */
};

/* Reads the texts from FOLDER; fields: whether pods have managedFields. Errors: of the files. */
int crowd_read(const char *folder, bool fields, struct err *err);

/* Appends one object. */
void crowd_add(struct buf *out, enum crowd_kind kind, const struct crowd_object *o);

#endif
