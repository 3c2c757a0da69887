#include "agent/node/node_loop.h"

#include "agent/node/node_read.h"
#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* With --min-read-interval: a collector that nobody has asked for in so long is not read for
 * others' sake any more. Longer than scrape intervals are. */
#define ASKED_NS (150 * CLOCK_NS_PER_SEC)

/* Descriptors that the loop waits for beside those of collectors. */
#define OWN_FDS 3

struct node_loop {
    struct node_loop_config config;
    struct node_reader *reader;
    struct snapshot_cell published;
    int event_fd, timer_fd, sample_fd;
    pthread_t thread;
    bool running;
    atomic_bool stop;

    pthread_mutex_t lock; /* guards the two below */
    uint64_t ticket;      /* the last that was given out */
    uint64_t wanted;      /* collectors of the tickets not yet taken by the thread */

    uint64_t next_tick_ns;
    uint64_t of_part[NODE_PART_SELF];       /* collectors that have a subject of the part */
    uint64_t asked_ns[NODE_COLLECTORS_MAX]; /* when a scrape last wanted the collector; 0: never */
};

static void wake(struct node_loop *loop)
{
    /* A full counter (EAGAIN) wakes as well. */
    if (write(loop->event_fd, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0) {
        return;
    }
}

static int arm_timer(int fd, uint64_t every_ns)
{
    struct timespec t = { (time_t)(every_ns / CLOCK_NS_PER_SEC),
                          (long)(every_ns % CLOCK_NS_PER_SEC) };
    return timerfd_settime(fd, 0, &(struct itimerspec){ t, t }, NULL);
}

static bool serves(const struct collector *c, enum node_part part)
{
    for (const struct metric_subject *const *subject = c->subjects; *subject; subject++) {
        if (str_eq_c(str_of((*subject)->part), node_part_name(part))) {
            return true;
        }
    }
    return false;
}

static void find_parts(struct node_loop *loop)
{
    for (size_t i = 0; loop->config.collectors[i]; i++) {
        for (size_t part = 0; part < NODE_PART_SELF; part++) {
            bool has = serves(loop->config.collectors[i], (enum node_part)part);
            loop->of_part[part] |= has ? UINT64_C(1) << i : 0;
        }
    }
}

struct node_loop *node_loop_new(const struct node_loop_config *config, struct err *err)
{
    struct node_loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        err_set(err, ENOMEM, "node loop: out of memory");
        return NULL;
    }
    loop->config = *config;
    find_parts(loop);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->sample_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->reader = node_reader_new(&loop->config, err);
    if (pthread_mutex_init(&loop->lock, NULL) || snapshot_cell_init(&loop->published) < 0 ||
        loop->event_fd < 0 || loop->timer_fd < 0 || loop->sample_fd < 0 || !loop->reader ||
        arm_timer(loop->timer_fd, KG_MIN(config->tick_ns, HEALTH_BEAT_NS)) < 0) {
        if (loop->reader) {
            err_set_errno(err, errno, "node loop");
        }
        node_loop_free(loop);
        return NULL;
    }
    return loop;
}

void node_loop_free(struct node_loop *loop)
{
    if (!loop) {
        return;
    }
    node_loop_stop(loop);
    node_reader_free(loop->reader);
    snapshot_cell_done(&loop->published);
    pthread_mutex_destroy(&loop->lock);
    kg_close_cleanup(&loop->event_fd);
    kg_close_cleanup(&loop->timer_fd);
    kg_close_cleanup(&loop->sample_fd);
    free(loop);
}

uint64_t node_loop_request(struct node_loop *loop, uint64_t mask)
{
    pthread_mutex_lock(&loop->lock);
    uint64_t ticket = ++loop->ticket;
    loop->wanted |= mask;
    pthread_mutex_unlock(&loop->lock);
    wake(loop);
    return ticket;
}

struct node_reading *node_loop_reading(struct node_loop *loop)
{
    struct snapshot *s = snapshot_cell_acquire(&loop->published);
    return s ? KG_CONTAINER_OF(s, struct node_reading, snapshot) : NULL;
}

uint64_t node_loop_mask_of_parts(const struct node_loop *loop, unsigned parts)
{
    uint64_t mask = 0;
    /* What collectors say about themselves is in every reading. */
    for (size_t part = 0; part < NODE_PART_SELF; part++) {
        mask |= parts & (1u << part) ? loop->of_part[part] : 0;
    }
    return mask & loop->config.enabled;
}

uint64_t node_loop_enabled(const struct node_loop *loop)
{
    return loop->config.enabled;
}

const struct collector *const *node_loop_collectors(const struct node_loop *loop)
{
    return loop->config.collectors;
}

const char *node_part_name(enum node_part part)
{
    static const char *const names[] = {
        [NODE_PART_CADVISOR] = "cadvisor",
        [NODE_PART_VOLUMES] = "volumes",
        [NODE_PART_NODE] = "node",
        [NODE_PART_SELF] = "self",
    };
    return names[part];
}

/* Whether the last reading is young enough, and wide enough, for new tickets to share it. */
static bool can_share(struct node_loop *loop, uint64_t mask, uint64_t now_ns)
{
    struct node_reading *last = node_loop_reading(loop);
    bool shared = last && !last->failed && (last->mask & mask) == mask &&
                  now_ns - last->began_ns < loop->config.min_read_ns;
    if (last) {
        snapshot_unref(&last->snapshot);
    }
    return shared;
}

static void note_asked(struct node_loop *loop, uint64_t mask, uint64_t now_ns)
{
    for (size_t i = 0; i < NODE_COLLECTORS_MAX; i++) {
        if (mask >> i & 1) {
            loop->asked_ns[i] = now_ns;
        }
    }
}

/* Scrapes of different paths can share a reading only if it is of all that they ask for, and they
 * come one after the other: what was asked for of late is read along. */
static uint64_t to_be_shared(const struct node_loop *loop, uint64_t mask, uint64_t now_ns)
{
    uint64_t within_ns = KG_MAX(ASKED_NS, 2 * loop->config.min_read_ns);
    for (size_t i = 0; i < NODE_COLLECTORS_MAX && loop->config.min_read_ns > 0; i++) {
        if (loop->asked_ns[i] && now_ns - loop->asked_ns[i] < within_ns) {
            mask |= UINT64_C(1) << i;
        }
    }
    return mask;
}

static void serve_tickets(struct node_loop *loop)
{
    uint64_t now = clock_mono_ns();
    pthread_mutex_lock(&loop->lock);
    uint64_t ticket = loop->ticket, mask = loop->wanted;
    loop->wanted = 0;
    pthread_mutex_unlock(&loop->lock);

    struct node_reading *last = node_loop_reading(loop);
    uint64_t served = last ? last->ticket : 0;
    if (last && served == ticket) {
        snapshot_unref(&last->snapshot);
        return;
    }
    if (last) { /* the first one is nobody's */
        note_asked(loop, mask, now);
    }
    struct node_reading *reading;
    if (last && can_share(loop, mask, now)) {
        reading = node_reading_again(last, ticket);
    } else {
        reading = node_reader_read(loop->reader, to_be_shared(loop, mask, now), ticket);
    }
    if (last) {
        snapshot_unref(&last->snapshot);
    }
    /* Without memory even for the frame the tickets stay open, and their scrapes time out. */
    if (reading) {
        snapshot_cell_publish(&loop->published, &reading->snapshot);
        if (loop->config.published) {
            loop->config.published(loop->config.published_arg);
        }
    }
}

static void tick_if_due(struct node_loop *loop, uint64_t now_ns)
{
    if (now_ns >= loop->next_tick_ns) {
        node_reader_tick(loop->reader, now_ns);
        loop->next_tick_ns = now_ns + loop->config.tick_ns;
    }
}

/* How often it was written to, or the timer ran out, since it was last drained. */
static uint64_t drain(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0) {
        return 0; /* EAGAIN: another wake was drained with this one */
    }
    return count;
}

/* Where the loop was held up for longer than an interval, the timer has run out several times. */
static void sample_if_due(struct node_loop *loop)
{
    uint64_t times = drain(loop->sample_fd);
    if (times > 0) {
        node_reader_sample(loop->reader, times - 1);
    }
}

static void *node_thread(void *arg)
{
    struct node_loop *loop = arg;
    struct pollfd fds[OWN_FDS + NODE_COLLECTORS_MAX];
    pthread_setname_np(pthread_self(), "node");
    health_beat(loop->config.health, HEALTH_NODE, clock_mono_ns());
    node_reader_start(loop->reader, clock_mono_ns());
    loop->next_tick_ns = clock_mono_ns() + loop->config.tick_ns;
    if (arm_timer(loop->sample_fd, loop->config.env.sample_ns) < 0) {
        LOG_ERROR("the timer of --sample-interval does not run");
    }
    while (!atomic_load(&loop->stop)) {
        fds[0] = (struct pollfd){ loop->event_fd, POLLIN, 0 };
        fds[1] = (struct pollfd){ loop->timer_fd, POLLIN, 0 };
        fds[2] = (struct pollfd){ loop->sample_fd, POLLIN, 0 };
        size_t n = node_reader_watch(loop->reader, fds + OWN_FDS, NODE_COLLECTORS_MAX);
        int ready = poll(fds, (nfds_t)(OWN_FDS + n), -1);
        uint64_t now = clock_mono_ns();
        health_beat(loop->config.health, HEALTH_NODE, now);
        if (ready <= 0) {
            continue;
        }
        if (fds[0].revents) {
            drain(loop->event_fd);
        }
        if (fds[1].revents) {
            drain(loop->timer_fd);
            tick_if_due(loop, now);
        }
        /* Changes first, so that a reading knows the cgroups that were made before it. */
        node_reader_changed(loop->reader, fds + OWN_FDS, n, now);
        if (fds[2].revents) {
            sample_if_due(loop);
        }
        serve_tickets(loop);
    }
    node_reader_stop(loop->reader);
    health_gone(loop->config.health, HEALTH_NODE);
    return NULL;
}

int node_loop_start(struct node_loop *loop, struct err *err)
{
    node_loop_request(loop, loop->config.enabled);
    int r = pthread_create(&loop->thread, NULL, node_thread, loop);
    if (r) {
        return err_set_errno(err, r, "node loop: thread");
    }
    loop->running = true;
    return 0;
}

void node_loop_stop(struct node_loop *loop)
{
    if (!loop || !loop->running) {
        return;
    }
    atomic_store(&loop->stop, true);
    wake(loop);
    pthread_join(loop->thread, NULL);
    loop->running = false;
}
