/* snapshot.h — the one type by which threads hand data over: immutable, counted, swapped.
 * Uses: libc.  Threads: any.  Owner: whoever holds a reference.
 *
 * A producer builds a struct that begins with struct snapshot, publishes it in a cell, and never
 * changes it again. Consumers take references and may keep them as long as they like (a slow
 * scraper does): the producer goes on, the last unref frees. The cell's mutex is held for one
 * pointer copy and one increment, never while anything is read, rendered or freed. */
#ifndef KG_BASE_SNAPSHOT_H
#define KG_BASE_SNAPSHOT_H

#include "base/defs.h"

#include <pthread.h>
#include <stdatomic.h>

struct snapshot {
    atomic_uint refs;
    void (*free)(struct snapshot *); /* called by the last unref, on any thread */
};

/* One reference, held by the caller. */
void snapshot_init(struct snapshot *s, void (*free_fn)(struct snapshot *));

/* Adds a reference and returns s; NULL stays NULL. */
struct snapshot *snapshot_ref(struct snapshot *s);

/* Drops a reference; NULL is allowed. Returns NULL, so that p = snapshot_unref(p) clears p. */
struct snapshot *snapshot_unref(struct snapshot *s);

struct snapshot_cell {
    pthread_mutex_t lock;
    struct snapshot *now;
};

/* An empty cell. Errors: those of pthread_mutex_init. */
int snapshot_cell_init(struct snapshot_cell *c) KG_MUST_CHECK;
void snapshot_cell_done(struct snapshot_cell *c); /* drops the cell's reference */

/* Puts s (the caller's reference moves into the cell; NULL empties it), drops what was there. */
void snapshot_cell_publish(struct snapshot_cell *c, struct snapshot *s);

/* A new reference to what is there, NULL when the cell is empty. */
struct snapshot *snapshot_cell_acquire(struct snapshot_cell *c);

#endif
