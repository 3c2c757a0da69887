/* shard_machine.h — what a shard does next when the number of shards changes: no scrape misses an
 * object for longer than one interval, none sees it twice.
 * Uses: base, agent/cluster/shard_record.  Threads: one at a time.  Owner: agent/cluster/shards,
 * which does the I/O.
 *
 * No I/O and no clock in here: it is told what is known and says the next step. All shards read the
 * same annotations (shard_record.h) and follow the same rules; each write carries the version that
 * it was decided on, so that of two decisions on the same version one is made anew.
 *   1. The number of shards changed: somebody opens an epoch with the new number. One at a time: a
 *      committed epoch is finished first.
 *   2. Each shard of the new number builds its new set beside the one it serves, and says when it
 *      is warm. Nothing has changed for scrapers so far; an epoch that goes no further (a pod that
 *      cannot be scheduled) costs nothing.
 *   3. When all are warm, and are scraped by whoever scrapes the old ones, the epoch is committed.
 *   4. Who loses objects lets them go at once: in growth the shards that were there, in shrinking
 *      those that end (kube/client/shard.h: no object moves otherwise). It says "seen" when every
 *      scraper took an answer without them, and so has ended their series.
 *   5. Who gains objects serves them when all who lose are seen: at its next scrape.
 *
 * A shard that is told to end, though it is wanted (its pod is replaced), opens an epoch of the
 * same number in which it is away, and its neighbour has its share, too; when it is back, one in
 * which it is there. One at a time: another that ends meanwhile does so at once.
 *
 * A shard that was restarted takes up what its record says it served, since nobody else has it. A
 * pod that is gone (facts->gone) is not waited for; one that hangs, for SHARD_WAIT_NS: then it is
 * better to serve an object twice than not at all. */
#ifndef KG_AGENT_SHARD_MACHINE_H
#define KG_AGENT_SHARD_MACHINE_H

#include "agent/cluster/shard_record.h"

#define SHARD_WAIT_NS (120 * UINT64_C(1000000000))
/* Objects that are let go while a scrape is under way may or may not be in it; then one has to wait
 * for the next to be sure, which is an interval lost. So the scrape comes first, if it does come.
 */
#define SHARD_NEAR_NS (UINT64_C(1000000000))
/* For scrapers of the old shards to find the new ones: service discovery and an interval. */
#define SHARD_FOUND_NS (60 * UINT64_C(1000000000))

enum shard_phase {
    SHARD_UNKNOWN,   /* the StatefulSet or the records are not read yet */
    SHARD_SETTLED,   /* serves its share of the present number */
    SHARD_PREPARING, /* its new set is not complete */
    SHARD_WARM,      /* it is, and others' are not */
    SHARD_LOSING,    /* has let objects go, and not every scraper has seen that */
    SHARD_GAINING,   /* waits for others to lose */
    SHARD_LEFT,      /* has no share now; serves nothing */
};

/* What is known. */
struct shard_facts {
    uint64_t now_ns;
    unsigned index;
    const char *uid;
    unsigned wanted;          /* replicas of the StatefulSet; 0: not known, or none */
    bool is_read;             /* epoch and records are those of the object, or it does not exist */
    bool leaving;             /* told to end */
    struct shard_epoch epoch; /* n 0: none */
    const struct shard_record *records; /* LIMIT_SHARDS, by ordinal; the own one as it is stored */
    const bool *gone;                   /* LIMIT_SHARDS: the pod of that record is no more */
    unsigned n_records;                 /* of which that many are to be looked at */
    struct shard_share now,
        next; /* that the own sets have, the present one and the one beside it */
    bool now_complete, next_complete;
    bool all_scraped;         /* every scraper took an answer that began after self.lost_ns */
    bool gain_scraped;        /* the same, since self.gained_ns: it has been shown */
    bool scrape_is_near;      /* somebody is about to scrape, or does so now */
    const uint64_t *scrapers; /* scraper_id of all, those that come regularly first */
    size_t n_scrapers, n_regular;
};

/* What is kept between two steps; zeroed at first. */
struct shard_self {
    bool is_serving;
    struct shard_division serves; /* while serving */
    bool has_begun; /* what an earlier process served has been taken up, if there was anything */
    bool was_away;  /* comes back to a share that another has */
    bool unseen;    /* objects were let go that some scraper may still show */
    uint64_t lost_ns, gained_ns;
    uint64_t near_ns;                         /* since when a loss waits for a scrape */
    uint64_t warm_ns, committed_ns, stale_ns; /* since when; 0: not */
    uint64_t epoch_n;                         /* that the times above are about */
};

struct shard_step {
    enum shard_phase phase;
    struct shard_share build; /* to be listed, beside the present set if there is one */
    bool cancel;              /* the set beside is of no use */
    bool serve;   /* the series of the set with share `serves` are to be served from now on … */
    bool silence; /* … or of none */
    struct shard_share serves;
    bool write_epoch, write_record; /* with the version that the facts are of */
    bool claims; /* the record claims to serve: serve when it is written, shard_claimed */
    struct shard_epoch epoch;
    struct shard_record record;
    bool may_end; /* leaving, and nothing is left to do */
    int suspect;  /* ordinal of a shard that is waited for, whose pod is to be looked for; or -1 */
};

/* The next step. To be asked again when a fact changed, at least once a second. */
struct shard_step shard_decide(struct shard_self *self, const struct shard_facts *facts);

/* A step that claims was written: its set is served from now on. */
void shard_claimed(struct shard_self *self, const struct shard_step *step);

/* "settled"; a literal. */
const char *shard_phase_name(enum shard_phase phase);

#endif
