#include "agent/cluster/shard_machine.h"

/* What shard j has in this epoch, and what it says that it serves. */
static struct shard_share due(const struct shard_facts *f, unsigned j)
{
    return shard_share_of(f->epoch.division, j);
}

static struct shard_share said(const struct shard_facts *f, unsigned j)
{
    const struct shard_record *r = &f->records[j];
    return r->present ? shard_share_of(r->serves, j) : (struct shard_share){ 0 };
}

static bool serves_epoch(const struct shard_facts *f, struct shard_division d)
{
    return shard_division_same(d, f->epoch.division);
}

/* A shard whose objects go elsewhere in this epoch, and that still shows them. */
static bool holds_others(const struct shard_facts *f, unsigned j)
{
    const struct shard_record *r = &f->records[j];
    return r->present && !f->gone[j] && (!shard_share_has(due(f, j), said(f, j)) || !r->seen);
}

/* The first shard but ourselves that still shows what goes elsewhere; -1: none. */
static int first_holder(const struct shard_facts *f)
{
    for (unsigned j = 0; j < f->n_records; j++) {
        if (j != f->index && holds_others(f, j)) {
            return (int)j;
        }
    }
    return -1;
}

static bool anybody_serves(const struct shard_facts *f)
{
    for (unsigned j = 0; j < f->n_records; j++) {
        if (f->records[j].present && !f->gone[j] && f->records[j].serves.total) {
            return true;
        }
    }
    return false;
}

static bool is_scraped_by(const struct shard_record *r, uint64_t scraper)
{
    for (size_t i = 0; i < r->n_scrapers; i++) {
        if (r->scrapers[i] == scraper) {
            return true;
        }
    }
    return false;
}

/* Whether it has nothing to wait for: no share, the one that it serves, or one that is complete. */
static bool is_warm(const struct shard_facts *f, unsigned j)
{
    const struct shard_record *r = &f->records[j];
    return due(f, j).total == 0 || shard_share_same(due(f, j), said(f, j)) ||
           (r->present && serves_epoch(f, r->warm));
}

static bool all_warm(const struct shard_facts *f)
{
    unsigned j = 0;
    while (j < f->epoch.division.total && is_warm(f, j)) {
        j++;
    }
    return j == f->epoch.division.total;
}

/* Whether somebody is known to scrape shards, though nobody has scraped this one for long enough.
 */
static bool is_new_to_scrapers(const struct shard_facts *f)
{
    for (unsigned j = 0; j < f->n_records && f->n_regular == 0; j++) {
        if (f->records[j].present && !f->gone[j] && f->records[j].n_scrapers) {
            return true;
        }
    }
    return false;
}

/* Whether who scrapes us scrapes all shards of the epoch. */
static bool all_found(const struct shard_facts *f)
{
    if (is_new_to_scrapers(f)) {
        return false;
    }
    for (unsigned j = 0; j < f->epoch.division.total; j++) {
        bool is_other = j != f->index && due(f, j).total;
        for (size_t i = 0; is_other && i < f->n_regular; i++) {
            if (!is_scraped_by(&f->records[j], f->scrapers[i])) {
                return false;
            }
        }
    }
    return true;
}

/* Whether nothing of the epoch is left to do. A shard that is missing, and no longer wanted, is not
 * waited for. Sets *ret_suspect to one that is. */
static bool is_finished(const struct shard_facts *f, int *ret_suspect)
{
    for (unsigned j = 0; j < f->epoch.division.total; j++) {
        const struct shard_record *r = &f->records[j];
        bool is_done =
            due(f, j).total == 0 || (r->present && serves_epoch(f, r->serves) && r->seen);
        if (!is_done && (r->present ? !f->gone[j] : j < f->wanted)) {
            *ret_suspect = j == f->index ? -1 : (int)j;
            return false;
        }
    }
    *ret_suspect = first_holder(f);
    return *ret_suspect < 0;
}

static bool waited(uint64_t *since_ns, uint64_t now_ns, uint64_t limit_ns)
{
    if (*since_ns == 0) {
        *since_ns = now_ns;
    }
    return now_ns - *since_ns >= limit_ns;
}

static bool is_away(const struct shard_facts *f)
{
    return f->epoch.division.away == f->index + 1;
}

static bool another_leaves(const struct shard_facts *f)
{
    for (unsigned j = 0; j < f->n_records; j++) {
        if (j != f->index && f->records[j].present && !f->gone[j] && f->records[j].leaving) {
            return true;
        }
    }
    return false;
}

/* Whether the neighbour can have the share while this pod is replaced. */
static bool can_go_away(const struct shard_self *self, const struct shard_facts *f)
{
    return f->leaving && f->index < f->wanted && f->wanted >= 2 && self->is_serving &&
           f->wanted == f->epoch.division.total && !f->epoch.division.away && !another_leaves(f);
}

/* How objects are to be divided, as this shard sees it. */
static struct shard_division wanted_division(const struct shard_self *self,
                                             const struct shard_facts *f)
{
    struct shard_division present = f->epoch.division;
    int ignored;
    if (!f->wanted) {
        return present;
    }
    if (f->wanted == present.total && present.away && (f->leaving || !is_away(f))) {
        return present;
    }
    bool goes = can_go_away(self, f) && f->epoch.committed && is_finished(f, &ignored);
    return (struct shard_division){ f->wanted, goes ? f->index + 1 : 0 };
}

/* Opens an epoch when there is none, or another division is wanted and the present one may be left.
 * Says whether it is to be written. */
static bool decide_epoch(struct shard_self *self, const struct shard_facts *f,
                         struct shard_step *step)
{
    struct shard_division wanted = wanted_division(self, f);
    if (serves_epoch(f, wanted)) {
        self->stale_ns = 0;
        return false;
    }
    if (f->epoch.n && f->epoch.committed && !is_finished(f, &step->suspect) &&
        !waited(&self->stale_ns, f->now_ns, SHARD_WAIT_NS)) {
        return false;
    }
    /* When nobody serves anything there is nobody to lose an object. */
    step->epoch = (struct shard_epoch){ f->epoch.n + 1, wanted, !anybody_serves(f) };
    step->write_epoch = true;
    return true;
}

/* Commits when all are warm, and found. */
static bool decide_commit(struct shard_self *self, const struct shard_facts *f,
                          struct shard_step *step)
{
    if (f->epoch.committed) {
        return false;
    }
    bool may = self->is_serving ? all_warm(f) : !anybody_serves(f);
    if (!may) {
        self->warm_ns = 0;
        return false;
    }
    if (!all_found(f) && !waited(&self->warm_ns, f->now_ns, SHARD_FOUND_NS)) {
        return false;
    }
    step->epoch = f->epoch;
    step->epoch.committed = true;
    step->write_epoch = true;
    return true;
}

/* What the first set of this process is to have. What the record says was served goes on, if it is
 * a part of what may be served now. */
static struct shard_share first_share(const struct shard_facts *f)
{
    struct shard_share before = said(f, f->index), mine = due(f, f->index);
    return before.total && (!f->epoch.committed || shard_share_has(mine, before)) ? before : mine;
}

/* This process takes up what an earlier one served, or the part of it that is left. */
static void take_up(struct shard_self *self, const struct shard_facts *f, struct shard_step *step)
{
    const struct shard_record *own = &f->records[f->index];
    struct shard_share before = said(f, f->index);
    if (self->has_begun || !f->now.total) {
        return;
    }
    self->has_begun = true;
    if (!shard_share_has(before, f->now)) {
        return;
    }
    bool is_whole = shard_share_same(before, f->now);
    self->is_serving = true;
    self->serves = is_whole ? own->serves : f->epoch.division;
    self->unseen = !own->seen || !is_whole;
    self->lost_ns = f->now_ns;
    step->serve = true;
}

static void decide_sets(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    struct shard_share mine = due(f, f->index);
    if (f->now.total == 0) {
        step->build = first_share(f);
    } else if (mine.total && !shard_share_same(f->now, mine) && !shard_share_same(f->next, mine)) {
        step->build = mine;
    } else if (f->next.total && (mine.total == 0 || shard_share_same(f->now, mine))) {
        step->cancel = true;
    }
    take_up(self, f, step);
}

/* Lets objects go that are others' now. */
static void decide_loss(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    struct shard_share mine = due(f, f->index), has = shard_share_of(self->serves, f->index);
    if (!f->epoch.committed || !self->is_serving || shard_share_has(mine, has)) {
        return;
    }
    uint64_t limit_ns = f->gain_scraped ? SHARD_NEAR_NS : SHARD_FOUND_NS;
    if ((f->scrape_is_near || !f->gain_scraped) && !waited(&self->near_ns, f->now_ns, limit_ns)) {
        return;
    }
    if (mine.total == 0 || !shard_share_has(has, mine)) {
        self->is_serving = false;
        step->silence = true;
    } else if (shard_share_same(f->next, mine) && f->next_complete) {
        self->serves = f->epoch.division;
        step->serve = true;
    } else {
        return;
    }
    self->unseen = true;
    self->lost_ns = f->now_ns;
}

/* The set for the epoch is complete. */
static bool has_warm_set(const struct shard_facts *f)
{
    struct shard_share mine = due(f, f->index);
    return mine.total && ((shard_share_same(f->now, mine) && f->now_complete) ||
                          (shard_share_same(f->next, mine) && f->next_complete));
}

/* Serves what others have let go; or the same as before, which is only to be said. */
static void decide_gain(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    struct shard_share mine = due(f, f->index);
    if (!f->epoch.committed || mine.total == 0 || self->unseen ||
        (self->is_serving && serves_epoch(f, self->serves))) {
        return;
    }
    if (self->is_serving && shard_share_same(shard_share_of(self->serves, f->index), mine)) {
        step->claims = true;
        return;
    }
    if (self->committed_ns == 0) {
        self->committed_ns = f->now_ns;
    }
    step->suspect = first_holder(f);
    bool is_free = step->suspect < 0 || f->now_ns - self->committed_ns >= SHARD_WAIT_NS;
    step->claims = is_free && has_warm_set(f);
}

static void fill_record(const struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    struct shard_record *r = &step->record;
    const struct shard_record *own = &f->records[f->index];
    r->present = true;
    if (str_copy(r->uid, sizeof(r->uid), str_of(f->uid)) < 0) {
        r->uid[0] = '\0'; /* longer than any that Kubernetes gives */
    }
    r->leaving = f->leaving;
    r->seen = !self->unseen;
    if (has_warm_set(f)) {
        r->warm = f->epoch.division;
    }
    if (step->claims) {
        r->serves = f->epoch.division;
    } else if (self->is_serving) {
        r->serves = self->serves;
    } else if (f->now.total == 0 && own->present) {
        r->serves = own->serves; /* about to be taken up */
        r->seen = own->seen;
    }
    r->n_scrapers = KG_MIN(f->n_scrapers, (size_t)SHARD_SCRAPERS_MAX);
    memcpy(r->scrapers, f->scrapers, r->n_scrapers * sizeof(r->scrapers[0]));
    step->write_record = !shard_record_same(r, own);
}

static enum shard_phase phase_of(const struct shard_self *self, const struct shard_facts *f)
{
    if (self->unseen) {
        return SHARD_LOSING;
    }
    if (due(f, f->index).total == 0) {
        return self->is_serving ? SHARD_WARM : SHARD_LEFT;
    }
    if (self->is_serving && serves_epoch(f, self->serves)) {
        return SHARD_SETTLED;
    }
    if (!has_warm_set(f)) {
        return SHARD_PREPARING;
    }
    return f->epoch.committed ? SHARD_GAINING : SHARD_WARM;
}

/* Whether nobody is going to take over what a shard that ends still has. */
static bool is_alone(const struct shard_self *self, const struct shard_facts *f)
{
    if (!f->is_read || f->wanted == 0 || f->now.total == 0) {
        return true;
    }
    if (f->index >= f->wanted) {
        return false;
    }
    if (!is_away(f)) {
        return !can_go_away(self, f);
    }
    const struct shard_record *next =
        &f->records[shard_neighbour(f->index, f->epoch.division.total)];
    return !f->epoch.committed && next->present && next->leaving;
}

static bool may_end(const struct shard_self *self, const struct shard_facts *f)
{
    const struct shard_record *own = &f->records[f->index];
    bool has_nothing = !self->is_serving && !self->unseen && own->serves.total == 0 && own->seen;
    return f->leaving && (is_alone(self, f) || has_nothing);
}

static void begin_epoch(struct shard_self *self, const struct shard_facts *f)
{
    if (self->epoch_n != f->epoch.n) {
        self->epoch_n = f->epoch.n;
        self->warm_ns = self->committed_ns = self->stale_ns = self->near_ns = 0;
    }
    self->was_away |= is_away(f) && !self->is_serving;
    self->was_away &= !(self->is_serving && serves_epoch(f, self->serves));
}

struct shard_step shard_decide(struct shard_self *self, const struct shard_facts *f)
{
    struct shard_step step = { .phase = SHARD_UNKNOWN, .suspect = -1 };
    if (!f->is_read || (!f->wanted && !f->epoch.n)) {
        step.may_end = may_end(self, f);
        return step;
    }
    begin_epoch(self, f);
    if (f->index < LIMIT_SHARDS && !decide_epoch(self, f, &step) && f->epoch.n) {
        decide_sets(self, f, &step);
        if (!decide_commit(self, f, &step)) {
            decide_loss(self, f, &step);
            if (self->unseen && f->all_scraped && f->now_ns > self->lost_ns) {
                self->unseen = false;
            }
            decide_gain(self, f, &step);
        }
    }
    if (f->epoch.n) {
        fill_record(self, f, &step);
        step.phase = phase_of(self, f);
    }
    if (self->is_serving) {
        step.serves = shard_share_of(self->serves, f->index);
    }
    step.may_end = may_end(self, f);
    return step;
}

void shard_claimed(struct shard_self *self, const struct shard_step *step)
{
    self->is_serving = true;
    self->serves = step->record.serves;
}

const char *shard_phase_name(enum shard_phase phase)
{
    static const char *const names[] = {
        [SHARD_UNKNOWN] = "unknown", [SHARD_SETTLED] = "settled", [SHARD_PREPARING] = "preparing",
        [SHARD_WARM] = "warm",       [SHARD_LOSING] = "losing",   [SHARD_GAINING] = "gaining",
        [SHARD_LEFT] = "left",
    };
    return names[phase];
}
