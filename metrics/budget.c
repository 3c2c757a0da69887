#include "metrics/budget.h"

#include "base/clock.h"

#include <stdatomic.h>

/* A kind that was left out waits so long before it is taken back, each time twice as long, and from
 * the start again when it was served for STEADY_NS. */
#define WAIT_FIRST_NS (10 * CLOCK_NS_PER_SEC)
#define WAIT_MAX_NS (UINT64_C(1800) * CLOCK_NS_PER_SEC)
#define STEADY_NS (UINT64_C(600) * CLOCK_NS_PER_SEC)

/* It must fit with a twentieth to spare, or it would be in and out. */
#define SPARE_PART 20

struct metric_budget_kind {
    const char *name;
    unsigned rank;
    struct metric_budget *budget;
    struct metric_budget_kind *next; /* in order of rank */
    struct metric_budget_member *members;
    struct metric_amount held, need;
    struct metric_amount reserved; /* for a kind taken back, until it is listed */
    uint64_t since_ns;             /* of the last change, 0: not looked at since */
    uint64_t wait_ns;
    bool is_out, told_out, keep;
    /* For other threads. */
    atomic_bool shown_out;
    _Atomic uint64_t times;
    atomic_size_t need_objects, need_series, need_bytes;
};

struct metric_budget {
    struct metric_amount limit, held;
    struct metric_budget_kind *kinds;
};

struct metric_budget *metric_budget_new(const struct metric_amount *limit)
{
    struct metric_budget *b = calloc(1, sizeof(*b));
    if (b) {
        b->limit = (struct metric_amount){
            .objects = limit->objects ? limit->objects : SIZE_MAX,
            .series = limit->series ? limit->series : SIZE_MAX,
            .bytes = limit->bytes ? limit->bytes : SIZE_MAX,
        };
    }
    return b;
}

void metric_budget_free(struct metric_budget *b)
{
    while (b && b->kinds) {
        struct metric_budget_kind *kind = b->kinds;
        b->kinds = kind->next;
        free(kind);
    }
    free(b);
}

struct metric_budget_kind *metric_budget_add(struct metric_budget *b, const char *name,
                                             unsigned rank)
{
    struct metric_budget_kind *kind = calloc(1, sizeof(*kind));
    if (!kind) {
        return NULL;
    }
    kind->name = name;
    kind->rank = rank;
    kind->budget = b;
    kind->wait_ns = WAIT_FIRST_NS;
    struct metric_budget_kind **at = &b->kinds;
    while (*at && (*at)->rank <= rank) {
        at = &(*at)->next;
    }
    kind->next = *at;
    *at = kind;
    return kind;
}

static bool fits(const struct metric_amount *a, const struct metric_amount *in)
{
    return a->objects <= in->objects && a->series <= in->series && a->bytes <= in->bytes;
}

static void add(struct metric_amount *sum, const struct metric_amount *a)
{
    sum->objects += a->objects;
    sum->series += a->series;
    sum->bytes += a->bytes;
}

static void subtract(struct metric_amount *sum, const struct metric_amount *a)
{
    sum->objects -= a->objects;
    sum->series -= a->series;
    sum->bytes -= a->bytes;
}

static struct metric_amount greater(struct metric_amount a, const struct metric_amount *b)
{
    return (struct metric_amount){ KG_MAX(a.objects, b->objects), KG_MAX(a.series, b->series),
                                   KG_MAX(a.bytes, b->bytes) };
}

static struct metric_amount with_spare(const struct metric_amount *a)
{
    return (struct metric_amount){ a->objects + a->objects / SPARE_PART,
                                   a->series + a->series / SPARE_PART,
                                   a->bytes + a->bytes / SPARE_PART };
}

void metric_budget_join(struct metric_budget_member *m, struct metric_budget_kind *kind)
{
    m->kind = kind;
    m->next = kind->members;
    kind->members = m;
}

static void set_held(struct metric_budget_member *m, const struct metric_amount *held)
{
    subtract(&m->kind->held, &m->held);
    subtract(&m->kind->budget->held, &m->held);
    m->held = *held;
    add(&m->kind->held, held);
    add(&m->kind->budget->held, held);
}

void metric_budget_leave(struct metric_budget_member *m)
{
    if (!m->kind) {
        return;
    }
    const struct metric_amount none = { 0 };
    set_held(m, &none);
    metric_budget_need(m, &none);
    struct metric_budget_member **at = &m->kind->members;
    while (*at != m) {
        at = &(*at)->next;
    }
    *at = m->next;
    m->kind = NULL;
}

bool metric_budget_hold(struct metric_budget_member *m, const struct metric_amount *held)
{
    struct metric_amount all = m->kind->budget->held;
    subtract(&all, &m->held);
    add(&all, held);
    if (!fits(&all, &m->kind->budget->limit) && !fits(held, &m->held)) {
        return false;
    }
    set_held(m, held);
    return true;
}

static void show_need(struct metric_budget_kind *kind)
{
    atomic_store(&kind->need_objects, kind->need.objects);
    atomic_store(&kind->need_series, kind->need.series);
    atomic_store(&kind->need_bytes, kind->need.bytes);
}

/* Lets go of all that the kind holds. */
static void leave_out(struct metric_budget_kind *kind)
{
    kind->is_out = true;
    kind->since_ns = 0;
    kind->reserved = (struct metric_amount){ 0 };
    for (struct metric_budget_member *m = kind->members; m; m = m->next) {
        const struct metric_amount none = { 0 }, had = m->held;
        m->taken_back = false;
        m->empty(m->arg);
        set_held(m, &none);
        metric_budget_need(m, &had);
    }
    atomic_store(&kind->shown_out, true);
    atomic_fetch_add(&kind->times, 1);
}

static void take_back(struct metric_budget_kind *kind)
{
    kind->is_out = false;
    kind->since_ns = 0;
    kind->reserved = kind->need;
    const struct metric_amount none = { 0 };
    for (struct metric_budget_member *m = kind->members; m; m = m->next) {
        m->taken_back = true;
        metric_budget_need(m, &none);
    }
    atomic_store(&kind->shown_out, false);
}

/* Goes through the kinds by rank and says of each whether it is to be kept: whether it fits into
 * what those before it leave. claimant asks for `claim` (NULL: nobody does). Kinds that are left
 * out are kept only if they may return at now_ns. */
static void plan(struct metric_budget *b, const struct metric_budget_kind *claimant,
                 const struct metric_amount *claim, uint64_t now_ns)
{
    struct metric_amount left = b->limit;
    for (struct metric_budget_kind *kind = b->kinds; kind; kind = kind->next) {
        struct metric_amount want =
            kind->is_out ? with_spare(&kind->need) : greater(kind->held, &kind->reserved);
        if (kind == claimant) {
            want = greater(want, claim);
        }
        bool may = !kind->is_out || (kind->since_ns && now_ns >= kind->since_ns + kind->wait_ns);
        for (const struct metric_budget_member *m = kind->members; m && kind->is_out; m = m->next) {
            may &= !m->counting;
        }
        kind->keep = may && fits(&want, &left);
        if (kind->keep) {
            subtract(&left, &want);
        }
    }
}

bool metric_budget_overflow(struct metric_budget_member *m, const struct metric_amount *held,
                            bool is_part)
{
    struct metric_budget_kind *own = m->kind;
    struct metric_amount claim = own->held;
    subtract(&claim, &m->held);
    add(&claim, held);
    if (is_part && !fits(&claim, &own->reserved)) {
        leave_out(own);
        return false;
    }
    plan(own->budget, own, &claim, 0);
    for (struct metric_budget_kind *kind = own->budget->kinds; kind; kind = kind->next) {
        if (!kind->is_out && !kind->keep) {
            leave_out(kind);
        }
    }
    if (!own->is_out && !metric_budget_hold(m, held)) {
        leave_out(own);
    }
    return !own->is_out;
}

void metric_budget_review(struct metric_budget *b, uint64_t now_ns)
{
    for (struct metric_budget_kind *kind = b->kinds; kind; kind = kind->next) {
        if (kind->since_ns == 0) {
            kind->since_ns = now_ns;
        }
        if (!kind->is_out && now_ns >= kind->since_ns + STEADY_NS) {
            kind->wait_ns = WAIT_FIRST_NS;
        }
    }
    plan(b, NULL, NULL, now_ns);
    bool takes_back = false;
    for (struct metric_budget_kind *kind = b->kinds; kind; kind = kind->next) {
        takes_back |= kind->is_out && kind->keep;
    }
    for (struct metric_budget_kind *kind = b->kinds; kind && takes_back; kind = kind->next) {
        if (kind->is_out && kind->keep) {
            kind->wait_ns = KG_MIN(2 * kind->wait_ns, WAIT_MAX_NS);
            take_back(kind);
        } else if (!kind->is_out && !kind->keep) {
            leave_out(kind); /* for one of a lower rank */
        }
    }
}

struct metric_budget_report metric_budget_report(const struct metric_budget_kind *kind)
{
    return (struct metric_budget_report){
        .name = kind->name,
        .left_out = atomic_load(&kind->shown_out),
        .times = atomic_load(&kind->times),
        .need = { atomic_load(&kind->need_objects), atomic_load(&kind->need_series),
                  atomic_load(&kind->need_bytes) },
    };
}

const struct metric_budget_kind *metric_budget_changed(struct metric_budget *b)
{
    struct metric_budget_kind *kind = b->kinds;
    while (kind && kind->is_out == kind->told_out) {
        kind = kind->next;
    }
    if (kind) {
        kind->told_out = kind->is_out;
    }
    return kind;
}

struct metric_amount metric_budget_held(const struct metric_budget *b)
{
    return b->held;
}

bool metric_budget_is_left_out(const struct metric_budget_member *m)
{
    return m->kind && m->kind->is_out;
}

void metric_budget_need(struct metric_budget_member *m, const struct metric_amount *need)
{
    subtract(&m->kind->need, &m->need);
    m->need = *need;
    add(&m->kind->need, need);
    show_need(m->kind);
}

void metric_budget_listed(struct metric_budget_member *m)
{
    m->taken_back = false;
    for (const struct metric_budget_member *other = m->kind->members; other; other = other->next) {
        if (other->taken_back) {
            return;
        }
    }
    m->kind->reserved = (struct metric_amount){ 0 };
}
