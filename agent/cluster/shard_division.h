/* shard_division.h — which shares of all objects each shard has, when there are so many of them and
 * perhaps one is away.
 * Uses: base, kube/client/shard.  Threads: any.  Owner: none. */
#ifndef KG_AGENT_SHARD_DIVISION_H
#define KG_AGENT_SHARD_DIVISION_H

#include "base/buf.h"
#include "kube/client/shard.h"

/* Zeroed: nobody has anything. */
struct shard_division {
    unsigned total;
    unsigned away; /* 1 + the shard whose share its neighbour has, too, while its pod is replaced;
                      0: none */
};

/* What one shard has: share `index` of total, and perhaps one more. total 0: nothing. */
struct shard_share {
    unsigned total, index;
    unsigned more; /* 1 + another index; 0: none */
};

/* What the shard has. Nothing when it is away, or not one of them. */
struct shard_share shard_share_of(struct shard_division d, unsigned index);

/* Who has the share of a shard that is away: the next one, shard 0 after the last. */
unsigned shard_neighbour(unsigned index, unsigned total);

/* Whether all shards have the same in both. */
bool shard_division_same(struct shard_division a, struct shard_division b);

/* Whether they are the same objects of the same shard. */
bool shard_share_same(struct shard_share a, struct shard_share b);

/* Whether all objects of small are in big, which are shares of the same shard. */
bool shard_share_has(struct shard_share big, struct shard_share small);

/* The share of a watch. */
struct shard_share shard_share_from_kube(const struct kube_shard *shard);

/* "3", or "3-1" when shard 1 is away. Errors: -EBADMSG, *ret is zeroed then. */
int shard_division_parse(struct str text, unsigned most, struct shard_division *ret);

/* Appends what shard_division_parse reads. */
void shard_division_print(struct shard_division d, struct buf *out);

#endif
