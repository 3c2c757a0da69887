/* shard_link.h — what a shard knows of its StatefulSet and of the other shards, and how it tells
 * them: the requests of agent/cluster/shards.
 * Uses: agent/cluster/shard_record, kube/client/{call,loop}.  Threads: the kube loop.  Owner:
 * agent/cluster/shards.
 *
 * The pod is read once, for the StatefulSet that controls it; that is watched for its replicas, and
 * the Lease NAME-shards for the records. Requests that fail are tried again. */
#ifndef KG_AGENT_SHARD_LINK_H
#define KG_AGENT_SHARD_LINK_H

#include "agent/cluster/shard_record.h"
#include "kube/client/loop.h"

struct shard_link;

struct shard_knowledge {
    bool is_found;                             /* the three below are known */
    char stateful_set[64], uid[SHARD_UID_MAX]; /* uid: of the pod */
    unsigned index;
    bool is_orphan;  /* no StatefulSet controls the pod: nothing will ever come */
    unsigned wanted; /* replicas; 0: not known yet, or none */
    bool is_read;    /* what is below is the Lease's, or there is no Lease */
    bool is_refused; /* the Lease may not be watched or written: shards cannot agree */
    struct shard_epoch epoch;
    struct shard_record records[LIMIT_SHARDS];
    unsigned n_records;
    bool gone[LIMIT_SHARDS]; /* the record's pod is no more, for longer than shard_link_look_for's
                                grace_ns */
};

/* pod and namespace are borrowed. NULL when out of memory. */
struct shard_link *shard_link_new(struct kube_loop *loop, const char *pod, const char *namespace);
/* While the loop does not run. NULL is allowed. */
void shard_link_free(struct shard_link *l);

/* In a hook: begins what is due. Returns when it wants to be called again. */
uint64_t shard_link_turn(struct shard_link *l, uint64_t now_ns);

/* What is known now; valid until the link is freed, changed by its turns. */
const struct shard_knowledge *shard_link_knows(const struct shard_link *l);

/* Looks whether the pod of that shard's record is still there; at most one look in two seconds. */
void shard_link_look_for(struct shard_link *l, unsigned index, uint64_t grace_ns, uint64_t now_ns);

/* Writes the epoch, the own record (each may be NULL), or both, on condition that nobody wrote
 * since what the link knows was read. on_end is told, on the loop's thread, whether it was done.
 * Nothing happens, and it says false, while a write is under way or the next one is not due yet. */
bool shard_link_write(struct shard_link *l, const struct shard_epoch *epoch,
                      const struct shard_record *record, void (*on_end)(void *arg, bool is_done),
                      void *arg);

#endif
