/* budget.h — how much all stores of a role may hold together, and which kind of objects gives way.
 * Uses: base.  Threads: the stores' writer; metric_budget_report from any.  Owner: the role.
 *
 * A kind (all pods, say, be they in one store or in one a namespace) is served whole or not at all:
 * half of the pods would make every sum over them wrong without a sign. When the limit is reached
 * kinds are gone through by rank, and each is kept if it fits into what is left; the others are
 * emptied and left out. A kind that is left out is still counted when it is listed; when it would
 * fit again it is taken back, which its stores see by metric_store_wants_list. docs/adr/0008. */
#ifndef KG_METRICS_BUDGET_H
#define KG_METRICS_BUDGET_H

#include "base/defs.h"

struct metric_amount {
    size_t objects, series, bytes;
};

struct metric_budget;
struct metric_budget_kind;

/* limit: of each measure; 0: none. NULL when out of memory. */
struct metric_budget *metric_budget_new(const struct metric_amount *limit);
/* NULL is allowed; its stores must be gone. */
void metric_budget_free(struct metric_budget *b);

/* Adds a kind; of two the one of the lower rank is kept, of the same rank the one added first.
 * name is borrowed. NULL when out of memory. */
struct metric_budget_kind *metric_budget_add(struct metric_budget *b, const char *name,
                                             unsigned rank);

/* Takes back kinds that fit again and have waited long enough; to be called about once a second. */
void metric_budget_review(struct metric_budget *b, uint64_t now_ns);

struct metric_budget_report {
    const char *name;
    bool left_out;
    uint64_t times;            /* it was left out */
    struct metric_amount need; /* while left out: what it would take, as far as it is known */
};

/* What became of the kind. Any thread. */
struct metric_budget_report metric_budget_report(const struct metric_budget_kind *kind);

/* A kind that was left out or taken back since it was last told of here, or NULL: for the log. */
const struct metric_budget_kind *metric_budget_changed(struct metric_budget *b);

/* All that is held. */
struct metric_amount metric_budget_held(const struct metric_budget *b);

/* For the stores. */
struct metric_budget_member {
    struct metric_budget_kind *kind;   /* NULL: no budget */
    struct metric_budget_member *next; /* of the kind */
    struct metric_amount held, need;
    bool counting;            /* a list is under way that tells need */
    bool taken_back;          /* and not listed since */
    void (*empty)(void *arg); /* the kind is left out from now on: let go of everything */
    void *arg;
};

/* Joins, and leaves, the kind. */
void metric_budget_join(struct metric_budget_member *m, struct metric_budget_kind *kind);
void metric_budget_leave(struct metric_budget_member *m);

/* Sets what the member holds if that fits, or is no more than before. False: it does not, and
 * nothing was changed. */
bool metric_budget_hold(struct metric_budget_member *m, const struct metric_amount *held);

/* What to do then: makes room by leaving out kinds of a higher rank and sets held, or leaves out
 * the member's kind (false). is_part: of a first list, how much more is to come is not known; then
 * the kind itself is left out until that is counted. */
bool metric_budget_overflow(struct metric_budget_member *m, const struct metric_amount *held,
                            bool is_part);

/* Whether its kind is left out; false without a budget. */
bool metric_budget_is_left_out(const struct metric_budget_member *m);

/* While left out: what the member would hold. */
void metric_budget_need(struct metric_budget_member *m, const struct metric_amount *need);

/* The member's list after it was taken back is complete. */
void metric_budget_listed(struct metric_budget_member *m);

#endif
