/* shard.h — which share of all objects a shard holds.
 * Uses: base.  Threads: any.  Owner: none.
 *
 * Two ways to divide the same 64-bit hash of an object's uid (FNV-1a, offset 0xcbf29ce484222325,
 * prime 0x100000001b3):
 *   - KUBE_SHARD_JUMP, Lamping and Veach's jump consistent hash: what kube-state-metrics does, so
 *     that its shards and ours may stand side by side. From N to N+1 shards an object stays or goes
 *     to the new one.
 *   - KUBE_SHARD_RANGE, ranges of the hash: the only way an API server can divide (shardSelector,
 *     feature ShardedListAndWatch, alpha in 1.36), so that it sends a share only. Shard N takes the
 *     end of each of the N shares before it, as much as makes all equal; so here, too, an object
 *     stays or goes to the new one, and a share is some N + 1 ranges.
 * All shards of a set must divide the same way: docs/adr says why that is a setting. */
#ifndef KG_KUBE_SHARD_H
#define KG_KUBE_SHARD_H

#include "base/buf.h"

enum kube_shard_by { KUBE_SHARD_JUMP, KUBE_SHARD_RANGE };

struct kube_shard {
    unsigned index, total; /* index < total; total 0 or 1: every object */
    enum kube_shard_by by;
    unsigned more; /* 1 + another share that is held, too; 0: none */
};

/* FNV-1a, 64 bits, of the bytes. */
uint64_t kube_shard_hash(struct str uid);

/* The shard, 0 to total - 1, that jump consistent hashing gives a key. total 0 counts as 1. */
unsigned kube_shard_jump(uint64_t key, unsigned total);

/* The shard that the ranges give a hash. total 0 counts as 1. */
unsigned kube_shard_of_ranges(uint64_t hash, unsigned total);

/* Whether there is anything to divide. */
static inline bool kube_shard_divides(const struct kube_shard *shard)
{
    return shard->total > 1;
}

/* Whether the object with this uid is the shard's. An object without a uid has the empty one's. */
bool kube_shard_has(const struct kube_shard *shard, struct str uid);

/* Writes into the empty out "shardRange(object.metadata.uid, '0x…', '0x…') || …", each second
 * number one beyond the last hash, as an API server writes it itself; nothing unless the shard
 * divides by RANGE, into at most KUBE_SHARD_SELECTOR_TOTAL shares. Errors stick in out, -ENOMEM
 * too. Source: k8s.io/apimachinery 0.36 pkg/sharding. */
void kube_shard_selector(const struct kube_shard *shard, struct buf *out);
#define KUBE_SHARD_SELECTOR_TOTAL 64

#endif
