#include "agent/cluster/shards.h"

#include "agent/cluster/shard_link.h"
#include "agent/cluster/shard_machine.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* How often what other threads know (scrapes, the end) is looked at while something goes on. */
#define LOOK_NS (20 * CLOCK_NS_PER_MS)
#define IDLE_NS (500 * CLOCK_NS_PER_MS)

/* A list that streams has the loop turn thousands of times a second. */
#define LEAST_NS (5 * CLOCK_NS_PER_MS)

/* A plan that was given to the role shows up as a set in the next turn, if it can be run at all. */
#define APPLY_NS (5 * CLOCK_NS_PER_SEC)

/* So long before and after it is due, a scrape may be under way. */
#define AHEAD_NS (250 * CLOCK_NS_PER_MS)
#define BEHIND_NS (150 * CLOCK_NS_PER_MS)

/* Scrapes that make a scraper, and not somebody who looked. */
#define REGULAR_SCRAPES 3

struct shards {
    const struct options *options;
    struct cluster_role *role;
    struct scrape_clock *clock;
    struct shard_link *link;

    /* The loop's. */
    struct shard_self self;
    struct shard_step sent; /* the write that is under way */
    enum shard_phase phase;
    uint64_t started_ns, applied_ns, looked_ns;
    struct shard_share applied;  /* of the plan that the role was given last */
    struct shard_share to_serve; /* that the role is to serve and does not yet; total 0: none */
    bool said_refused;

    atomic_bool is_leaving, has_left, is_failed;
    pthread_mutex_t lock; /* over `shown` */
    struct service_shard shown;
};

static void build(struct shards *s, struct shard_share share, uint64_t now_ns)
{
    struct err err = { 0 };
    if (shard_share_same(s->applied, share) && now_ns < s->applied_ns + APPLY_NS) {
        return;
    }
    struct cluster_plan *plan = cluster_plan_new(s->options, &err);
    s->applied = share;
    s->applied_ns = now_ns;
    if (!plan) {
        LOG_ERROR("a shard's share cannot be listed", "error", err_text(&err));
        return;
    }
    cluster_plan_divide(plan, s->options, share.index, share.total);
    plan->shard.more = share.more;
    cluster_role_apply(s->role, plan);
}

static struct shard_share share_of(const struct cluster_plan *plan)
{
    return plan ? shard_share_from_kube(&plan->shard) : (struct shard_share){ 0 };
}

/* Serves the set that is to be served, once the role has it. */
static void serve(struct shards *s)
{
    struct cluster_progress p = cluster_role_progress(s->role);
    bool has_it = p.plan && shard_share_same(share_of(p.plan), s->to_serve);
    if (!has_it && p.next_plan && shard_share_same(share_of(p.next_plan), s->to_serve)) {
        has_it = cluster_role_exchange(s->role);
    }
    if (has_it) {
        cluster_role_serve(s->role, true);
        s->to_serve.total = 0;
        s->self.lost_ns = clock_mono_ns(); /* what is read from now on is without what was lost */
    }
}

static void on_written(void *arg, bool is_done)
{
    struct shards *s = arg;
    if (is_done && s->sent.claims) {
        shard_claimed(&s->self, &s->sent);
        s->self.gained_ns = clock_mono_ns();
        s->to_serve = shard_share_of(s->self.serves, shard_link_knows(s->link)->index);
        serve(s);
    }
    kube_loop_wakeup(cluster_role_loop(s->role));
}

static void log_epoch(const struct shard_epoch *epoch)
{
    auto_buf struct buf shards = BUF_INIT(64);
    char n[NUM_TEXT_MAX + 1] = { 0 };
    num_format_u64(n, epoch->n);
    shard_division_print(epoch->division, &shards);
    const char *text = buf_c(&shards);
    LOG_INFO(epoch->committed ? "shards hand over" : "shards prepare", "epoch", n, "shards",
             text ? text : "");
}

static void act(struct shards *s, const struct shard_step *step, uint64_t now_ns)
{
    if (step->cancel) {
        cluster_role_cancel(s->role);
        s->applied.total = 0;
    }
    if (step->build.total) {
        build(s, step->build, now_ns);
    }
    if (step->silence) {
        cluster_role_serve(s->role, false);
        s->to_serve.total = 0;
        s->self.lost_ns = clock_mono_ns();
    } else if (step->serve) {
        s->to_serve = step->serves;
        serve(s);
    }
    if ((step->write_epoch || step->write_record) &&
        shard_link_write(s->link, step->write_epoch ? &step->epoch : NULL,
                         step->write_record ? &step->record : NULL, on_written, s)) {
        s->sent = *step;
        if (step->write_epoch) {
            log_epoch(&step->epoch);
        }
    }
}

/* Who comes again and again at its time, and not somebody who looks now and then. */
static bool is_regular(const struct scraper *c)
{
    uint64_t late_ns = c->last_ns > c->expected_ns ? c->last_ns - c->expected_ns : 0;
    return c->n >= REGULAR_SCRAPES && c->interval_ns && late_ns < c->interval_ns / 4;
}

struct scrapers {
    uint64_t ids[SHARD_SCRAPERS_MAX], longest_ns; /* the longest interval */
    size_t n, n_regular;
};

static void list_scrapers(const struct scrape_snapshot *scrapes, struct scrapers *ret)
{
    *ret = (struct scrapers){ .n = 0 };
    for (int regular = 1; regular >= 0; regular--) {
        for (size_t i = 0; i < scrapes->n && ret->n < SHARD_SCRAPERS_MAX; i++) {
            const struct scraper *c = &scrapes->scrapers[i];
            if (is_regular(c) == (regular == 1)) {
                ret->ids[ret->n++] = c->id;
                ret->n_regular += (size_t)regular;
                ret->longest_ns = KG_MAX(ret->longest_ns, regular ? c->interval_ns : 0);
            }
        }
    }
}

/* Whether everybody who shows our series has taken an answer since, or has ended them by not
 * getting one. A process that has just started does not know who does, and waits for the first. */
static bool all_scraped(const struct shards *s, const struct scrape_snapshot *scrapes,
                        uint64_t since_ns, uint64_t now_ns)
{
    bool heard = now_ns > s->started_ns + SHARD_FOUND_NS, waits = false;
    for (size_t i = 0; i < scrapes->n; i++) {
        const struct scraper *c = &scrapes->scrapers[i];
        heard |= c->last_ns >= since_ns;
        waits |= is_regular(c) && c->last_ns < since_ns &&
                 now_ns < since_ns + 2 * c->interval_ns + CLOCK_NS_PER_SEC;
    }
    return heard && !waits && s->to_serve.total == 0;
}

static bool scrape_is_near(const struct scrape_snapshot *scrapes, uint64_t now_ns)
{
    for (size_t i = 0; i < scrapes->n; i++) {
        const struct scraper *c = &scrapes->scrapers[i];
        if (!is_regular(c)) {
            continue;
        }
        uint64_t due_ns = scraper_next_ns(c, now_ns - BEHIND_NS);
        bool has_come = c->last_ns + c->interval_ns / 2 > due_ns;
        if (!has_come && due_ns <= now_ns + AHEAD_NS) {
            return true;
        }
    }
    return false;
}

static enum shard_phase agree(struct shards *s, const struct shard_knowledge *k, uint64_t now_ns)
{
    struct scrape_snapshot scrapes;
    struct scrapers scrapers;
    scrape_clock_snapshot(s->clock, now_ns, &scrapes);
    list_scrapers(&scrapes, &scrapers);
    struct cluster_progress p = cluster_role_progress(s->role);
    struct shard_facts facts = {
        .now_ns = now_ns,
        .index = k->index,
        .uid = k->uid,
        .wanted = k->wanted,
        .is_read = k->is_read,
        .leaving = atomic_load(&s->is_leaving),
        .epoch = k->epoch,
        .records = k->records,
        .gone = k->gone,
        .n_records = KG_MAX(k->n_records, k->index + 1),
        .now = share_of(p.plan),
        .now_complete = p.plan && p.complete,
        .next = share_of(p.next_plan),
        .next_complete = p.next == CLUSTER_NEXT_WARM,
        .scrape_is_near = scrape_is_near(&scrapes, now_ns),
        .all_scraped = all_scraped(s, &scrapes, s->self.lost_ns, now_ns),
        .gain_scraped =
            s->self.gained_ns == 0 || all_scraped(s, &scrapes, s->self.gained_ns, now_ns),
        .scrapers = scrapers.ids,
        .n_scrapers = scrapers.n,
        .n_regular = scrapers.n_regular,
    };
    struct shard_step step = shard_decide(&s->self, &facts);
    act(s, &step, now_ns);
    if (step.suspect >= 0) {
        /* When its pod is gone, a scrape of it has to fail before its series end. */
        shard_link_look_for(s->link, (unsigned)step.suspect, scrapers.longest_ns, now_ns);
    }
    atomic_store(&s->has_left, step.may_end);
    return step.phase;
}

/* Without an agreement each shard follows the StatefulSet by itself. */
static enum shard_phase go_alone(struct shards *s, const struct shard_knowledge *k, uint64_t now_ns)
{
    struct cluster_progress p = cluster_role_progress(s->role);
    struct shard_division all = { k->wanted, 0 };
    struct shard_share mine = shard_share_of(all, k->index);
    bool has_it = p.plan && shard_share_same(share_of(p.plan), mine);
    if (!s->said_refused) {
        LOG_WARN("shards cannot agree when they are scaled: the Lease is refused (RBAC)",
                 "StatefulSet", k->stateful_set);
        s->said_refused = true;
    }
    if (mine.total && !has_it) {
        if (!shard_share_same(share_of(p.next_plan), mine)) {
            build(s, mine, now_ns);
        }
        if (!p.plan || p.next == CLUSTER_NEXT_WARM) {
            s->to_serve = mine;
        }
    }
    if (s->to_serve.total) {
        serve(s);
    }
    s->self.is_serving = p.plan != NULL;
    s->self.serves = all;
    atomic_store(&s->has_left, true);
    return !p.plan ? SHARD_UNKNOWN : has_it ? SHARD_SETTLED : SHARD_PREPARING;
}

static void show(struct shards *s, const struct shard_knowledge *k)
{
    pthread_mutex_lock(&s->lock);
    s->shown = (struct service_shard){
        .is_known = k->is_found && k->wanted,
        .is_automatic = true,
        .is_agreed = !k->is_refused,
        .index = k->index,
        .total = s->self.is_serving ? s->self.serves.total : k->wanted,
        .wanted = k->wanted,
        .serves = s->self.is_serving,
        .returns = s->self.was_away,
        .shares =
            s->self.is_serving ? 1 + (shard_share_of(s->self.serves, k->index).more ? 1u : 0u) : 0,
        .epoch = k->epoch.n,
        .phase = shard_phase_name(s->phase),
    };
    pthread_mutex_unlock(&s->lock);
}

static void give_up(struct shards *s)
{
    if (!atomic_exchange(&s->is_failed, true)) {
        LOG_ERROR("--pod: no StatefulSet controls this pod, so that there are no shards to follow",
                  "pod", options_text(s->options, OPT_POD), "namespace",
                  options_text(s->options, OPT_POD_NAMESPACE));
        atomic_store(&s->has_left, true);
        kill(getpid(), SIGTERM);
    }
}

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct shards *s = arg;
    uint64_t again_ns = shard_link_turn(s->link, now_ns);
    const struct shard_knowledge *k = shard_link_knows(s->link);
    enum shard_phase before = s->phase;
    if (now_ns < s->looked_ns + LEAST_NS) {
        return KG_MIN(again_ns, s->looked_ns + LEAST_NS);
    }
    s->looked_ns = now_ns;
    if (k->is_orphan) {
        give_up(s);
        return again_ns;
    }
    if (!k->is_found) {
        atomic_store(&s->has_left, true);
        return again_ns;
    }
    if (s->to_serve.total) {
        serve(s);
    }
    s->phase = k->is_refused ? go_alone(s, k, now_ns) : agree(s, k, now_ns);
    show(s, k);
    if (s->phase != before) {
        LOG_INFO("shard", "phase", shard_phase_name(s->phase));
    }
    bool is_quiet = s->phase == SHARD_SETTLED && !atomic_load(&s->is_leaving);
    return KG_MIN(again_ns, now_ns + (is_quiet ? IDLE_NS : LOOK_NS));
}

struct shards *shards_new(const struct options *o, struct cluster_role *role,
                          struct scrape_clock *clock, struct err *err)
{
    struct shards *s = calloc(1, sizeof(*s));
    if (!s) {
        err_set(err, ENOMEM, "shards: out of memory");
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->options = o;
    s->role = role;
    s->clock = clock;
    s->started_ns = clock_mono_ns();
    s->link = shard_link_new(cluster_role_loop(role), options_text(o, OPT_POD),
                             options_text(o, OPT_POD_NAMESPACE));
    if (!s->link) {
        err_set(err, ENOMEM, "shards: out of memory");
    }
    if (!s->link || kube_loop_add_hook(cluster_role_loop(role), on_turn, s, err) < 0) {
        shards_free(s);
        return NULL;
    }
    cluster_role_serve(role, false);
    cluster_role_hold(role, true);
    return s;
}

void shards_free(struct shards *s)
{
    if (s) {
        shard_link_free(s->link);
        pthread_mutex_destroy(&s->lock);
        free(s);
    }
}

void shards_report(void *arg, struct service_shard *ret)
{
    struct shards *s = arg;
    pthread_mutex_lock(&s->lock);
    *ret = s->shown;
    pthread_mutex_unlock(&s->lock);
}

void shards_leave(struct shards *s)
{
    atomic_store(&s->has_left, false); /* decided anew by the loop */
    atomic_store(&s->is_leaving, true);
    kube_loop_wakeup(cluster_role_loop(s->role));
}

bool shards_have_left(const struct shards *s)
{
    return atomic_load(&s->has_left) || atomic_load(&s->is_failed);
}

bool shards_failed(const struct shards *s)
{
    return s && atomic_load(&s->is_failed);
}
