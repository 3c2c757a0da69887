#include "kube/lease/elector.h"

#include "base/clock.h"
#include "base/num.h"

/* Not sooner after each other than this, whatever is asked for. */
#define WRITES_APART_NS CLOCK_NS_PER_SEC

void elector_init(struct elector *e, const struct elector_config *config)
{
    *e = (struct elector){ .config = *config };
}

void elector_set_candidate(struct elector *e, bool is_candidate)
{
    e->is_candidate = is_candidate;
}

void elector_set_reachable(struct elector *e, bool is_reachable, uint64_t now_ns)
{
    if (is_reachable && !e->is_reachable) {
        e->reachable_ns = now_ns;
    }
    e->is_reachable = is_reachable;
}

static void set_text(char *out, size_t size, const char *text)
{
    if (str_copy(out, size, str_of(text)) < 0) {
        out[0] = '\0';
    }
}

static bool is_ours(const struct elector *e, const char *holder)
{
    return str_eq_c(str_of(holder), e->config.identity);
}

/* Versions are numbers that grow (Kubernetes says so since 1.35, and etcd always made them so);
 * where one is not, what came last counts. */
static bool is_older(const struct elector *e, const struct lease *l)
{
    uint64_t known, seen;
    return e->is_known && e->exists && num_scan_u64(str_of(e->lease.version), &known) == 0 &&
           num_scan_u64(str_of(l->version), &seen) == 0 && seen < known;
}

static bool is_changed(const struct lease *a, const struct lease *b)
{
    return !str_eq(str_of(a->holder), str_of(b->holder)) ||
           !str_eq(str_of(a->renewed), str_of(b->renewed));
}

static void lose(struct elector *e)
{
    e->leads = false;
    e->valid_until_ns = 0;
}

/* The lease is ours: by an answer to our write, or, when that was lost, by the watch. */
static void win(struct elector *e)
{
    if (!e->leads) {
        e->leads = true;
        e->taken++;
        e->reason = e->trying;
        e->predecessor = e->before;
        e->predecessor_seen_ns = e->is_fresh ? e->changed_ns : 0;
        e->predecessor_gone_ns = e->trying == ELECTOR_DEAD      ? e->dead_ns
                                 : e->trying == ELECTOR_EXPIRED ? e->sent_ns
                                                                : e->changed_ns;
        e->dead[0] = '\0'; /* should it live after all, it may hold the lease again */
    }
    e->granted_until_ns = e->sent_ns + e->config.duration_ns;
    e->valid_until_ns = KG_MAX(e->valid_until_ns, e->granted_until_ns);
}

void elector_saw(struct elector *e, const struct lease *lease, uint64_t now_ns)
{
    if (lease && is_older(e, lease)) {
        return;
    }
    bool is_first = !e->is_known;
    bool was_ours = e->exists && is_ours(e, e->lease.holder);
    bool changed =
        is_first || e->exists != (lease != NULL) || (lease && is_changed(lease, &e->lease));
    e->is_known = true;
    e->exists = lease != NULL;
    if (lease && !is_first && !was_ours && is_ours(e, lease->holder) && !e->is_leaving) {
        win(e); /* before changed_ns is set: the predecessor's counts */
    }
    if (lease) {
        e->lease = *lease;
    }
    if (changed) {
        e->changed_ns = now_ns;
        e->is_fresh = !is_first && e->is_reachable;
    }
    if (is_first && lease) {
        set_text(e->first_holder, sizeof(e->first_holder), lease->holder);
    }
    if (!lease || !is_ours(e, lease->holder)) {
        lose(e);
    }
}

void elector_holder_dead(struct elector *e, const char *holder, uint64_t now_ns)
{
    const struct str known = { e->dead, strlen(e->dead) };
    if (!str_eq(known, str_of(holder))) {
        set_text(e->dead, sizeof(e->dead), holder);
        e->dead_ns = now_ns;
    }
}

void elector_leave(struct elector *e)
{
    e->is_leaving = true;
    e->retry_at_ns = 0;
    lose(e);
}

void elector_overtaken(struct elector *e, uint64_t now_ns)
{
    if (e->leads && now_ns >= e->granted_until_ns) {
        lose(e);
    }
}

void elector_renew_soon(struct elector *e)
{
    e->wants_renewal = true;
}

/* "kubegauge-0_5f3a" -> "kubegauge-0". */
static struct str pod_of(const char *identity)
{
    struct str s = str_of(identity);
    ssize_t at = str_rfind(s, '_');
    return at < 0 ? s : str_head(s, (size_t)at);
}

/* Only the holder that stood there when we came can be our former self. */
static bool is_former_self(const struct elector *e)
{
    return e->lease.holder[0] && str_eq(pod_of(e->lease.holder), pod_of(e->config.identity)) &&
           str_eq(str_of(e->lease.holder), str_of(e->first_holder));
}

/* When the silent holder's lease is over. */
static uint64_t expires_ns(const struct elector *e)
{
    uint64_t given = e->lease.duration_sec > 0 ? (uint64_t)e->lease.duration_sec * CLOCK_NS_PER_SEC
                                               : e->config.duration_ns;
    return KG_MAX(e->changed_ns, e->reachable_ns) + given;
}

/* Why the lease may be taken now; NONE sets *ret_until_ns to when to look again. */
static enum elector_reason may_take(const struct elector *e, uint64_t now_ns,
                                    uint64_t *ret_until_ns)
{
    if (!e->exists || is_former_self(e)) {
        return ELECTOR_FREE;
    }
    if (!e->lease.holder[0]) {
        return ELECTOR_RELEASED;
    }
    if (str_eq(str_of(e->lease.holder), str_of(e->dead))) {
        return ELECTOR_DEAD;
    }
    *ret_until_ns = expires_ns(e);
    return now_ns >= *ret_until_ns ? ELECTOR_EXPIRED : ELECTOR_NONE;
}

/* The lease with our own words in it. */
static void write(struct elector *e, struct elector_step *step, uint64_t now_ns)
{
    bool is_new = !e->exists, was_ours = e->exists && is_ours(e, e->lease.holder);
    step->action = is_new ? ELECTOR_CREATE : ELECTOR_PATCH;
    step->lease = is_new ? (struct lease){ 0 } : e->lease;
    struct lease *l = &step->lease;
    l->duration_sec = (int64_t)(e->config.duration_ns / CLOCK_NS_PER_SEC);
    if (e->is_leaving) {
        l->holder[0] = '\0';
        l->duration_sec = 1; /* as client-go, for those who look at the duration alone */
    } else {
        set_text(l->holder, sizeof(l->holder), e->config.identity);
    }
    set_text(l->address, sizeof(l->address), e->config.address);
    if (!was_ours) {
        step->stamp_acquired = true;
        l->transitions += is_new || l->transitions >= INT32_MAX ? 0 : 1;
        e->before = is_new ? (struct lease){ 0 } : e->lease;
    }
    e->is_writing = true;
    e->wants_renewal = false;
    e->sent_ns = now_ns;
}

static void follower_next(struct elector *e, struct elector_step *step, uint64_t now_ns)
{
    uint64_t until_ns = UINT64_MAX;
    /* A lease that is ours but over: to be renewed as if we had just come. */
    bool ours = e->exists && is_ours(e, e->lease.holder);
    enum elector_reason why = ours ? ELECTOR_FREE : may_take(e, now_ns, &until_ns);
    if (!e->is_candidate || e->is_leaving) {
        return;
    }
    if (why == ELECTOR_NONE || !e->is_reachable) {
        step->until_ns = e->is_reachable ? until_ns : UINT64_MAX;
        return;
    }
    if (now_ns < e->retry_at_ns) {
        step->until_ns = e->retry_at_ns;
        return;
    }
    e->trying = why;
    write(e, step, now_ns);
}

static void leader_next(struct elector *e, struct elector_step *step, uint64_t now_ns)
{
    uint64_t due_ns = e->sent_ns + (e->wants_renewal ? WRITES_APART_NS : e->config.renew_ns);
    due_ns = KG_MAX(due_ns, e->retry_at_ns);
    if (now_ns >= due_ns) {
        write(e, step, now_ns);
    } else {
        step->until_ns = due_ns;
    }
}

struct elector_step elector_next(struct elector *e, uint64_t now_ns)
{
    struct elector_step step = { .action = ELECTOR_WAIT, .until_ns = UINT64_MAX };
    if (e->is_writing || !e->is_known) {
        return step; /* the watch tells first what there is */
    }
    if (e->leads && now_ns >= e->valid_until_ns) {
        lose(e);
    }
    if (e->must_read && now_ns >= e->retry_at_ns) {
        e->is_writing = true;
        step.action = ELECTOR_READ;
    } else if (e->must_read) {
        step.until_ns = e->retry_at_ns;
    } else if (e->is_leaving && e->exists && is_ours(e, e->lease.holder)) {
        if (now_ns >= e->retry_at_ns) {
            write(e, &step, now_ns);
        } else {
            step.until_ns = e->retry_at_ns;
        }
    } else if (e->leads) {
        leader_next(e, &step, now_ns);
        step.until_ns = KG_MIN(step.until_ns, e->valid_until_ns);
    } else {
        follower_next(e, &step, now_ns);
    }
    return step;
}

void elector_ended(struct elector *e, enum elector_outcome outcome, uint64_t now_ns)
{
    bool was_read = e->must_read;
    e->is_writing = false;
    e->must_read = false;
    e->retry_at_ns = now_ns + e->config.retry_ns;
    e->wants_renewal |= outcome != ELECTOR_DONE;
    switch (outcome) {
    case ELECTOR_DONE:
        e->retry_at_ns = 0;
        /* What was read may be ours since long ago. */
        if (!was_read && e->exists && is_ours(e, e->lease.holder) && !e->is_leaving) {
            win(e); /* also when elector_saw took it for known: the renewal of our own */
        }
        break;
    case ELECTOR_CONFLICT:
        e->must_read = true;
        e->retry_at_ns = was_read ? e->retry_at_ns : 0;
        break;
    case ELECTOR_MISSING:
        elector_saw(e, NULL, now_ns);
        e->retry_at_ns = 0;
        break;
    case ELECTOR_UNREACHABLE:
        e->must_read = was_read;
        e->reachable_ns = now_ns;
        if (e->leads) {
            e->valid_until_ns = now_ns + e->config.duration_ns;
        }
        break;
    case ELECTOR_REFUSED:
        e->must_read = was_read;
        break;
    }
}

bool elector_leads(const struct elector *e, uint64_t now_ns)
{
    return e->leads && now_ns < e->valid_until_ns;
}

uint64_t elector_valid_until_ns(const struct elector *e)
{
    return e->leads ? e->valid_until_ns : 0;
}

bool elector_has_left(const struct elector *e)
{
    return e->is_leaving && (!e->exists || !is_ours(e, e->lease.holder)) && !e->is_writing;
}
