#include "agent/cluster/handover.h"

#include "agent/cluster/handover_options.h"
#include "agent/cluster/peer_link.h"
#include "agent/http/scrape_note.h"
#include "base/clock.h"
#include "kube/lease/lease_client.h"

#include <pthread.h>
#include <stdatomic.h>

/* How often the leader looks whether its note is still right, and by how much it may be off. */
#define NOTE_LOOK_NS (200 * CLOCK_NS_PER_MS)
#define NOTE_SLACK_NS (50 * CLOCK_NS_PER_MS)

/* A link that stands tells of the scrapers every ten seconds at least. */
#define NOTE_FRESH_NS (20 * CLOCK_NS_PER_SEC)

struct handover {
    struct handover_options options;
    struct cluster_role *role;
    struct scrape_clock *clock;
    struct object_gate *gate;
    struct lease_client *lease;
    struct peer_link link;
    char linked[LEASE_TEXT_BYTES]; /* the holder at the other end */
    bool is_candidate, leads, is_leaving;
    char note[LIMIT_LEASE_NOTE_BYTES]; /* as last written */
    uint64_t noted_ns, look_ns;
    atomic_bool wants_leave, is_overtaken;

    pthread_mutex_t lock; /* over what follows */
    struct service_lease shown;
    uint64_t shut_ns; /* when a leader that leaves shut its gate; 0: it did not lead */
    bool has_left;
};

/* lease_client_config.note */
static void write_note(void *arg, char *out, size_t size)
{
    struct handover *h = arg;
    struct scrape_snapshot seen;
    h->noted_ns = clock_mono_ns();
    scrape_clock_snapshot(h->clock, h->noted_ns, &seen);
    scrape_note_write(&seen, h->noted_ns, out, size);
    memcpy(h->note, out, KG_MIN(size, sizeof(h->note)));
}

/* A successor that goes by a note that is not true any more is wrong by a scrape. */
static uint64_t check_note(struct handover *h, uint64_t now_ns)
{
    if (!h->leads) {
        return UINT64_MAX;
    }
    if (now_ns >= h->look_ns) {
        struct scrape_snapshot seen;
        h->look_ns = now_ns + NOTE_LOOK_NS;
        scrape_clock_snapshot(h->clock, now_ns, &seen);
        if (scrape_note_is_outdated(str_of(h->note), h->noted_ns, &seen, NOTE_SLACK_NS)) {
            elector_renew_soon(lease_client_elector(h->lease));
        }
    }
    return h->look_ns;
}

/* When the holder's port has refused for so long that it is dead though we were never connected to
 * it: it was dead when we came. */
static uint64_t refused_too_long_ns(const struct handover *h, const struct elector *e)
{
    if (h->link.was_up || h->link.refused_ns == 0) {
        return UINT64_MAX;
    }
    return KG_MAX(h->link.refused_ns, e->changed_ns) + 2 * e->config.renew_ns;
}

/* Links to the holder. One that has given the lease back is scraped still, and tells of that until
 * somebody else holds it. */
static void choose_link(struct handover *h, const struct elector *e)
{
    const char *holder = e->exists && !h->leads ? e->lease.holder : "";
    bool is_ours = str_eq_c(str_of(holder), e->config.identity);
    if (!holder[0] && e->exists && !h->leads) {
        return;
    }
    if (!str_eq(str_of(holder), str_of(h->linked))) {
        peer_link_set(&h->link, STR("")); /* another process at the same address */
        memcpy(h->linked, h->leads ? "" : e->lease.holder, h->leads ? 1 : sizeof(h->linked));
    }
    peer_link_set(&h->link, str_of(holder[0] && !is_ours ? e->lease.address : ""));
}

/* Holds the line to the one that leads. */
static uint64_t follow(struct handover *h, uint64_t now_ns)
{
    struct elector *e = lease_client_elector(h->lease);
    choose_link(h, e);
    uint64_t until_ns = peer_link_turn(&h->link, now_ns);
    uint64_t died_ns = peer_link_died_ns(&h->link), given_up_ns = refused_too_long_ns(h, e);
    if (died_ns || now_ns >= given_up_ns) {
        elector_holder_dead(e, h->linked, died_ns ? died_ns : now_ns);
    } else {
        until_ns = KG_MIN(until_ns, given_up_ns);
    }
    kube_http_poll_fd(kube_loop_http(cluster_role_loop(h->role)), h->link.fd,
                      h->link.is_connecting);
    return until_ns;
}

/* The one before is silent but its port is open: perhaps the API server is out of its reach alone,
 * and it serves still. Returns whether it will know. */
static bool tell_overtaken(struct handover *h)
{
    return peer_link_say(&h->link, STR("GET /readyz?" SERVICE_OVERTAKEN " HTTP/1.1\r\n"
                                       "Host: kubegauge\r\nConnection: close\r\n\r\n"));
}

/* For each scraper from when it finds the other one without series. */
static void open_gate(struct handover *h, const struct elector *e, uint64_t now_ns)
{
    struct object_gate_opening named[LIMIT_SCRAPERS];
    size_t n = 0;
    bool other_served = e->reason == ELECTOR_RELEASED || e->reason == ELECTOR_DEAD ||
                        (e->reason == ELECTOR_EXPIRED && tell_overtaken(h));
    if (other_served && h->link.note_ns && now_ns - h->link.note_ns < NOTE_FRESH_NS) {
        n = scrape_note_read_exact(str_of(h->link.note), h->link.note_ns, e->predecessor_gone_ns,
                                   named, KG_ARRAY_LEN(named));
    } else if (other_served && e->predecessor_seen_ns) {
        /* A death is noticed some milliseconds late, and the note is read some late. */
        n = scrape_note_read(str_of(e->predecessor.note), e->predecessor_seen_ns,
                             e->predecessor_gone_ns, named, KG_ARRAY_LEN(named));
    }
    object_gate_open(h->gate, now_ns, named, n);
}

static void set_gate(struct handover *h, uint64_t now_ns)
{
    const struct elector *e = lease_client_elector(h->lease);
    bool leads = elector_leads(e, now_ns);
    if (leads && !h->leads) {
        open_gate(h, e, now_ns);
    } else if (!leads && h->leads) {
        object_gate_shut(h->gate);
    }
    if (leads) {
        object_gate_keep(h->gate, elector_valid_until_ns(e));
    }
    h->leads = leads;
}

static void leave(struct handover *h, uint64_t now_ns)
{
    struct elector *e = lease_client_elector(h->lease);
    bool led = h->leads;
    h->is_leaving = true;
    elector_leave(e);
    set_gate(h, now_ns);
    pthread_mutex_lock(&h->lock);
    h->shut_ns = led ? now_ns : 0;
    pthread_mutex_unlock(&h->lock);
}

static void show(struct handover *h)
{
    const struct elector *e = lease_client_elector(h->lease);
    pthread_mutex_lock(&h->lock);
    h->shown.leads = h->leads;
    h->shown.is_leaving = h->is_leaving;
    h->shown.taken = e->taken;
    h->shown.failures = lease_client_failures(h->lease);
    h->shown.renewed_ns = lease_client_renewed_ns(h->lease);
    memcpy(h->shown.holder, e->exists ? e->lease.holder : "",
           e->exists ? sizeof(h->shown.holder) : 1);
    h->has_left = elector_has_left(e);
    pthread_mutex_unlock(&h->lock);
}

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct handover *h = arg;
    if (!h->is_candidate) {
        h->is_candidate = cluster_role_progress(h->role).complete;
        elector_set_candidate(lease_client_elector(h->lease), h->is_candidate);
    }
    if (atomic_load(&h->wants_leave) && !h->is_leaving) {
        leave(h, now_ns);
    }
    if (atomic_exchange(&h->is_overtaken, false)) {
        elector_overtaken(lease_client_elector(h->lease), now_ns);
    }
    set_gate(h, now_ns); /* what the last turn's answers have changed; before the link follows */
    uint64_t until_ns = follow(h, now_ns);
    until_ns = KG_MIN(until_ns, check_note(h, now_ns));
    until_ns = KG_MIN(until_ns, lease_client_turn(h->lease, now_ns));
    set_gate(h, now_ns);
    show(h);
    return until_ns;
}

struct handover *handover_new(const struct options *o, struct cluster_role *role,
                              struct scrape_clock *clock, struct object_gate *gate,
                              const char *bound, struct err *err)
{
    struct handover *h = calloc(1, sizeof(*h));
    if (!h) {
        err_set_errno(err, ENOMEM, "lease");
        return NULL;
    }
    h->role = role;
    h->clock = clock;
    h->gate = gate;
    peer_link_init(&h->link);
    pthread_mutex_init(&h->lock, NULL);
    struct kube_loop *loop = cluster_role_loop(role);
    if (handover_options(o, cluster_role_namespace(role), bound, &h->options, err) == 0) {
        const struct handover_options *p = &h->options;
        struct lease_client_config config = {
            .namespace = p->namespace,
            .name = p->name,
            .elector = { p->identity, p->address, p->duration_ns, p->renew_ns, p->retry_ns },
            .note = write_note,
            .arg = h,
        };
        memcpy(h->shown.name, p->name, sizeof(h->shown.name));
        h->lease = lease_client_new(loop, &config, err);
    }
    if (!h->lease || kube_loop_add_hook(loop, on_turn, h, err) < 0) {
        handover_free(h);
        return NULL;
    }
    return h;
}

void handover_free(struct handover *h)
{
    if (h) {
        lease_client_free(h->lease);
        peer_link_done(&h->link);
        pthread_mutex_destroy(&h->lock);
        free(h);
    }
}

void handover_report(void *arg, struct service_lease *ret)
{
    struct handover *h = arg;
    pthread_mutex_lock(&h->lock);
    *ret = h->shown;
    pthread_mutex_unlock(&h->lock);
}

void handover_overtaken(void *arg)
{
    struct handover *h = arg;
    atomic_store(&h->is_overtaken, true);
    kube_loop_wakeup(cluster_role_loop(h->role));
}

void handover_leave(struct handover *h)
{
    atomic_store(&h->wants_leave, true);
    kube_loop_wakeup(cluster_role_loop(h->role));
}

bool handover_has_left(struct handover *h)
{
    struct scrape_snapshot seen;
    pthread_mutex_lock(&h->lock);
    bool has_left = h->has_left;
    uint64_t shut_ns = h->shut_ns;
    pthread_mutex_unlock(&h->lock);
    if (!has_left || shut_ns == 0) {
        return has_left;
    }
    scrape_clock_snapshot(h->clock, clock_mono_ns(), &seen);
    return scrape_all_without_since(&seen, shut_ns);
}
