#include "agent/cluster/cluster_role.h"

#include "agent/budget.h"
#include "agent/cluster/cluster_set.h"
#include "agent/kube_options.h"
#include "base/clock.h"
#include "base/log.h"

/* How often a set that is being built, or that is to be freed, is looked at. */
#define LOOK_NS (20 * CLOCK_NS_PER_MS)

/* Sets replaced while somebody still held a state of them; a slow scrape holds parts, not states,
 * so that they go within a turn. */
#define RETIRED_MAX 8

struct cluster_role {
    struct kube_config config;
    struct kube_loop *loop;
    struct health *health;
    struct segment_cache *cache; /* of all sets; or NULL */
    struct snapshot_cell shown;  /* of struct service_state */
    bool has_cell;

    pthread_mutex_t lock; /* over the two that follow */
    struct cluster_plan *wanted;
    struct kube_config wanted_config; /* server NULL: none */

    /* The kube loop's. */
    struct cluster_set *now, *next;
    struct cluster_set *retired[RETIRED_MAX];
    size_t n_retired;
    bool is_silent, is_held;
    bool is_shown; /* what is in the cell is the present set as it is to be served */
    struct complaint show_fails;
    uint64_t review_ns; /* when budgets are reviewed next */
};

/* Shows the present set, with or without its series; if that fails, again at the next turn. */
static void show(struct cluster_role *c)
{
    struct service_state *state = c->now ? cluster_set_state(c->now, !c->is_silent) : NULL;
    struct err err = { 0 };
    c->is_shown = state || !c->now;
    if (state) {
        snapshot_cell_publish(&c->shown, &state->snapshot);
        complaint_over(&c->show_fails, clock_mono_ns(), NULL);
    } else if (c->now) {
        err_set(&err, ENOMEM, "out of memory");
        complain(&c->show_fails, clock_mono_ns(), NULL, &err);
    }
}

static void retire(struct cluster_role *c, struct cluster_set *set)
{
    if (set && !cluster_set_in_use(set)) {
        cluster_set_free(set);
    } else if (set) {
        c->retired[c->n_retired++] = set;
    }
}

static void free_retired(struct cluster_role *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_retired; i++) {
        if (cluster_set_in_use(c->retired[i])) {
            c->retired[kept++] = c->retired[i];
        } else {
            cluster_set_free(c->retired[i]);
        }
    }
    c->n_retired = kept;
}

static struct cluster_plan *take_wanted(struct cluster_role *c)
{
    pthread_mutex_lock(&c->lock);
    struct cluster_plan *plan = c->wanted;
    c->wanted = NULL;
    pthread_mutex_unlock(&c->lock);
    return plan;
}

static void configure(struct cluster_role *c)
{
    struct err err = { 0 };
    pthread_mutex_lock(&c->lock);
    struct kube_config config = c->wanted_config;
    c->wanted_config = (struct kube_config){ 0 };
    pthread_mutex_unlock(&c->lock);
    if (config.server && kube_loop_configure(c->loop, &config, &err) < 0) {
        LOG_ERROR("another API server cannot be used, the old one stays", "error", err_text(&err));
    }
    kube_config_done(&config);
}

static int begin(struct cluster_role *c, struct cluster_plan *plan, struct err *err)
{
    struct cluster_set *set = cluster_set_new(plan, c->loop, c->cache, err);
    if (!set) {
        return -EIO;
    }
    if (!c->now) {
        /* There is nothing to go on with meanwhile: resources are served as they come. */
        c->now = set;
        show(c);
        return 0;
    }
    cluster_set_free(c->next); /* it was shown to nobody */
    c->next = set;
    return 0;
}

static void exchange(struct cluster_role *c)
{
    struct cluster_set *before = c->now;
    c->now = c->next;
    c->next = NULL;
    show(c);
    retire(c, before);
    LOG_INFO("a new set of resources is complete and served in place of the old one");
}

bool cluster_role_exchange(struct cluster_role *c)
{
    bool can = c->next && c->n_retired < RETIRED_MAX && cluster_set_complete(c->next);
    if (can) {
        exchange(c);
    }
    return can;
}

void cluster_role_cancel(struct cluster_role *c)
{
    cluster_plan_free(take_wanted(c));
    cluster_set_free(c->next); /* it was shown to nobody */
    c->next = NULL;
}

static void review(struct cluster_role *c, uint64_t now_ns)
{
    if (now_ns >= c->review_ns) {
        c->review_ns = now_ns + BUDGET_REVIEW_NS;
        cluster_set_review(c->now, now_ns);
        if (c->next) {
            cluster_set_review(c->next, now_ns);
        }
    }
}

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct cluster_role *c = arg;
    free_retired(c);
    struct cluster_plan *plan = c->n_retired < RETIRED_MAX ? take_wanted(c) : NULL;
    struct err err = { 0 };
    if (plan) {
        configure(c);
    }
    if (plan && begin(c, plan, &err) < 0) {
        LOG_ERROR("a new configuration cannot be applied, the old one stays", "error",
                  err_text(&err));
    }
    if (!c->is_shown) {
        show(c);
    }
    if (!c->is_held) {
        cluster_role_exchange(c);
    }
    if (c->now) {
        review(c, now_ns);
    }
    if (c->next || c->n_retired || !c->is_shown) {
        return now_ns + LOOK_NS;
    }
    return c->now ? c->review_ns : UINT64_MAX;
}

static int cluster_role_init(struct cluster_role *c, const struct options *o, struct err *err)
{
    char agent[KUBE_USER_AGENT_MAX];
    kube_options_user_agent(agent, sizeof(agent));
    c->wanted = cluster_plan_new(o, err);
    if (!c->wanted) {
        return -EINVAL;
    }
    int r = snapshot_cell_init(&c->shown);
    if (r < 0) {
        return err_set_errno(err, -r, "state");
    }
    c->has_cell = true;
    r = kube_options_config(o, &c->config, err);
    r = r < 0 ? r : budget_cache(o, &c->cache, err);
    if (r < 0) {
        return r;
    }
    c->loop = kube_loop_new(&c->config, agent, err);
    if (!c->loop || kube_loop_add_hook(c->loop, on_turn, c, err) < 0) {
        return -EIO;
    }
    struct cluster_plan *plan = KG_TAKE(c->wanted);
    if (*options_text(o, OPT_POD)) {
        cluster_plan_free(plan); /* good for showing that one can be made */
        return 0;
    }
    return begin(c, plan, err); /* so that there is a state from the start */
}

struct cluster_role *cluster_role_new(const struct options *o, struct health *health,
                                      struct err *err)
{
    struct cluster_role *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    c->health = health;
    c->show_fails.what = "what is served cannot be exchanged, the old state stays";
    pthread_mutex_init(&c->lock, NULL);
    if (cluster_role_init(c, o, err) < 0) {
        cluster_role_free(c);
        return NULL;
    }
    return c;
}

const struct segment_cache *cluster_role_cache(const struct cluster_role *c)
{
    return c->cache;
}

int cluster_role_start(struct cluster_role *c, struct err *err)
{
    return kube_loop_start(c->loop, err);
}

void cluster_role_stop(struct cluster_role *c)
{
    if (c->loop) {
        kube_loop_stop(c->loop);
    }
}

void cluster_role_free(struct cluster_role *c)
{
    if (!c) {
        return;
    }
    cluster_role_stop(c);
    if (c->has_cell) {
        snapshot_cell_done(&c->shown);
    }
    cluster_set_free(c->now);
    cluster_set_free(c->next);
    for (size_t i = 0; i < c->n_retired; i++) {
        cluster_set_free(c->retired[i]);
    }
    kube_loop_free(c->loop);
    kube_config_done(&c->config);
    cluster_plan_free(c->wanted);
    kube_config_done(&c->wanted_config);
    pthread_mutex_destroy(&c->lock);
    segment_cache_unref(c->cache);
    free(c);
}

void cluster_role_apply_to(struct cluster_role *c, struct cluster_plan *plan,
                           struct kube_config *config)
{
    pthread_mutex_lock(&c->lock);
    struct cluster_plan *before = c->wanted;
    c->wanted = plan;
    if (config) {
        kube_config_done(&c->wanted_config);
        c->wanted_config = *config;
        *config = (struct kube_config){ 0 };
    }
    pthread_mutex_unlock(&c->lock);
    cluster_plan_free(before);
    kube_loop_wakeup(c->loop);
}

void cluster_role_apply(struct cluster_role *c, struct cluster_plan *plan)
{
    cluster_role_apply_to(c, plan, NULL);
}

struct snapshot_cell *cluster_role_cell(struct cluster_role *c)
{
    return &c->shown;
}

void cluster_role_beat(const struct cluster_role *c)
{
    health_beat(c->health, HEALTH_KUBE, kube_loop_turned_ns(c->loop));
}

struct kube_loop *cluster_role_loop(struct cluster_role *c)
{
    return c->loop;
}

const char *cluster_role_namespace(const struct cluster_role *c)
{
    return c->config.namespace;
}

void cluster_role_serve(struct cluster_role *c, bool served)
{
    if (c->is_silent == served) {
        c->is_silent = !served;
        show(c);
    }
}

void cluster_role_hold(struct cluster_role *c, bool held)
{
    c->is_held = held;
    kube_loop_wakeup(c->loop);
}

struct cluster_progress cluster_role_progress(const struct cluster_role *c)
{
    struct cluster_progress p = {
        .served = !c->is_silent,
        .complete = c->now && cluster_set_complete(c->now),
        .plan = c->now ? cluster_set_plan(c->now) : NULL,
        .next_plan = c->next ? cluster_set_plan(c->next) : NULL,
    };
    if (c->next) {
        p.next = cluster_set_complete(c->next) ? CLUSTER_NEXT_WARM : CLUSTER_NEXT_BUILDING;
    }
    return p;
}
