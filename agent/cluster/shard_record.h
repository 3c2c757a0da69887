/* shard_record.h — what shards tell each other, as text in the annotations of one object.
 * Uses: base, shard_division.  Threads: any.  Owner: agent/cluster/shards.
 *
 * The object is a Lease named after the StatefulSet. "kubegauge/epoch" says how many shards there
 * are to be, "kubegauge/shard-N" what shard N does about it; each shard writes its own. Words that
 * a reader does not know are passed over, so that versions can stand side by side. */
#ifndef KG_AGENT_SHARD_RECORD_H
#define KG_AGENT_SHARD_RECORD_H

#include "agent/cluster/shard_division.h"
#include "base/limits.h"

#define SHARD_LEASE_SUFFIX "-shards"
#define SHARD_EPOCH_KEY "kubegauge/epoch"
#define SHARD_RECORD_PREFIX "kubegauge/shard-"
#define SHARD_UID_MAX 64
#define SHARD_SCRAPERS_MAX 8

/* "n=3 shards=2 committed=1" */
struct shard_epoch {
    uint64_t n; /* counts up; 0: there is none */
    struct shard_division division;
    bool committed; /* all of them are warm: those that lose objects let them go */
};

/* "uid=0f3f… serves=3 warm=2 seen=1 scrapers=9a0b…,…" */
struct shard_record {
    bool present;
    char uid[SHARD_UID_MAX];      /* of the pod */
    struct shard_division serves; /* serves its share of it; total 0: nothing */
    struct shard_division warm;   /* holds its share of it, complete; total 0: none */
    bool leaving;                 /* is told to end */
    bool seen; /* what it served before, and serves no more, has ended at every scraper */
    uint64_t scrapers[SHARD_SCRAPERS_MAX]; /* scraper_id of who scrapes it */
    size_t n_scrapers;
};

/* Reads a value. Errors: -EBADMSG it lacks a word or has a bad number; *ret is zeroed then. */
int shard_epoch_parse(struct str text, struct shard_epoch *ret);
int shard_record_parse(struct str text, struct shard_record *ret);

/* Appends what shard_epoch_parse reads. */
void shard_epoch_print(const struct shard_epoch *epoch, struct buf *out);
/* Appends what shard_record_parse reads. */
void shard_record_print(const struct shard_record *record, struct buf *out);

/* Whether both would be printed alike. */
bool shard_record_same(const struct shard_record *a, const struct shard_record *b);

/* The ordinal at the end of "NAME-3". Says whether it is one, below LIMIT_SHARDS. */
bool shard_ordinal(struct str pod, struct str stateful_set, unsigned *ret);

#endif
