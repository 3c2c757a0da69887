#include "agent/cluster/shard_machine.h"

/* A shard whose objects go elsewhere in this epoch, and that still shows them. */
static bool holds_others(const struct shard_facts *f, unsigned j)
{
    const struct shard_record *r = &f->records[j];
    if (!r->present || f->gone[j]) {
        return false;
    }
    bool keeps_too_much = r->serves && (j >= f->epoch.total || r->serves < f->epoch.total);
    return keeps_too_much || !r->seen;
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
        if (f->records[j].present && !f->gone[j] && f->records[j].serves) {
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

static bool is_warm(const struct shard_facts *f, unsigned j)
{
    const struct shard_record *r = &f->records[j];
    return r->present && (r->warm == f->epoch.total || r->serves == f->epoch.total);
}

static bool all_warm(const struct shard_facts *f)
{
    unsigned j = 0;
    while (j < f->epoch.total && is_warm(f, j)) {
        j++;
    }
    return j == f->epoch.total;
}

/* Whether who scrapes us scrapes all shards of the epoch. */
static bool all_found(const struct shard_facts *f)
{
    for (unsigned j = 0; j < f->epoch.total; j++) {
        for (size_t i = 0; j != f->index && i < f->n_regular; i++) {
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
    for (unsigned j = 0; j < f->epoch.total; j++) {
        const struct shard_record *r = &f->records[j];
        bool is_done = r->present && r->serves == f->epoch.total && r->seen;
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

/* Opens an epoch when there is none, or another number of shards is wanted and the present one may
 * be left. Says whether it is to be written. */
static bool decide_epoch(struct shard_self *self, const struct shard_facts *f,
                         struct shard_step *step)
{
    if (!f->wanted || f->wanted == f->epoch.total) {
        self->stale_ns = 0;
        return false;
    }
    if (f->epoch.n && f->epoch.committed && !is_finished(f, &step->suspect) &&
        !waited(&self->stale_ns, f->now_ns, SHARD_WAIT_NS)) {
        return false;
    }
    /* When nobody serves anything there is nobody to lose an object. */
    step->epoch = (struct shard_epoch){ f->epoch.n + 1, f->wanted, !anybody_serves(f) };
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

/* The number of shards that the first set of this process is to divide by. What the record says was
 * served goes on, if it is a part of what may be served now. */
static unsigned first_total(const struct shard_facts *f)
{
    const struct shard_record *own = &f->records[f->index];
    unsigned before = own->present ? own->serves : 0;
    if (before && (!f->epoch.committed || before >= f->epoch.total)) {
        return before;
    }
    return f->index < f->epoch.total ? f->epoch.total : 0;
}

static void decide_sets(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    const struct shard_record *own = &f->records[f->index];
    unsigned total = f->epoch.total;
    if (f->now_total == 0) {
        step->build = first_total(f);
    } else if (f->index < total && f->now_total != total && f->next_total != total) {
        step->build = total;
    } else if (f->next_total && (f->now_total == total || f->index >= total)) {
        step->cancel = true;
    }
    if (!self->is_serving && f->now_total && !self->unseen && own->present && own->serves &&
        (own->serves == f->now_total || (own->serves < total && f->now_total == total))) {
        /* This process takes up what an earlier one served, or the part of it that is left. */
        self->is_serving = true;
        self->serves = f->now_total;
        self->unseen = !own->seen || own->serves != f->now_total;
        self->lost_ns = f->now_ns;
        step->serve = true;
    }
}

/* Lets objects go that are others' now. */
static void decide_loss(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    unsigned total = f->epoch.total;
    if (!f->epoch.committed || !self->is_serving || self->serves == total) {
        return;
    }
    if (f->index >= total) {
        self->is_serving = false;
        step->silence = true;
    } else if (self->serves < total && f->next_total == total && f->next_complete) {
        self->serves = total;
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
    return (f->now_total == f->epoch.total && f->now_complete) ||
           (f->next_total == f->epoch.total && f->next_complete);
}

/* Serves what others have let go. */
static void decide_gain(struct shard_self *self, const struct shard_facts *f,
                        struct shard_step *step)
{
    unsigned total = f->epoch.total;
    bool gains = f->epoch.committed && f->index < total && !self->unseen &&
                 (!self->is_serving || self->serves > total);
    if (!gains) {
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
    r->warm = has_warm_set(f) ? f->epoch.total : 0;
    r->seen = !self->unseen;
    r->serves = step->claims ? f->epoch.total : self->is_serving ? self->serves : 0;
    if (!self->is_serving && !step->claims && f->now_total == 0 && own->present) {
        r->serves = own->serves; /* about to be taken up */
        r->seen = own->seen;
    }
    r->n_scrapers = KG_MIN(f->n_scrapers, (size_t)SHARD_SCRAPERS_MAX);
    memcpy(r->scrapers, f->scrapers, r->n_scrapers * sizeof(r->scrapers[0]));
    step->write_record = !shard_record_same(r, own);
}

static enum shard_phase phase_of(const struct shard_self *self, const struct shard_facts *f)
{
    unsigned total = f->epoch.total;
    if (self->unseen) {
        return SHARD_LOSING;
    }
    if (f->index >= total) {
        return self->is_serving ? SHARD_WARM : SHARD_LEFT;
    }
    if (self->is_serving && self->serves == total) {
        return SHARD_SETTLED;
    }
    if (!has_warm_set(f)) {
        return SHARD_PREPARING;
    }
    return f->epoch.committed ? SHARD_GAINING : SHARD_WARM;
}

/* A pod that ends while its share stays its own (an update, an eviction) has nobody to wait for. */
static bool may_end(const struct shard_self *self, const struct shard_facts *f)
{
    const struct shard_record *own = &f->records[f->index];
    if (!f->leaving) {
        return false;
    }
    return !f->is_read || f->index < f->wanted || f->wanted == 0 || f->now_total == 0 ||
           (!self->is_serving && !self->unseen && own->serves == 0 && own->seen);
}

static void begin_epoch(struct shard_self *self, const struct shard_facts *f)
{
    if (self->epoch_n != f->epoch.n) {
        self->epoch_n = f->epoch.n;
        self->warm_ns = self->committed_ns = self->stale_ns = 0;
    }
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
    step.serves = self->is_serving ? self->serves : 0;
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
