#include "agent/agent.h"

#include "agent/cluster/cluster_agent.h"
#include "agent/http/listen.h"
#include "agent/http/server.h"
#include "agent/local/engines.h"
#include "agent/node/family_names.h"
#include "agent/node/node_pods.h"
#include "agent/options/options_selection.h"
#include "agent/roles.h"
#include "base/clock.h"
#include "base/log.h"
#include "collectors/collector.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Scrapes that run when the agent is told to end have this long; Kubernetes gives 30 s by default.
 */
#define DRAIN_NS (5 * CLOCK_NS_PER_SEC)

/* How often collectors do what is due without a scrape. */
#define TICK_NS (5 * CLOCK_NS_PER_SEC)

struct agent {
    const struct options *options;
    struct metric_selection *selection;
    struct metric_sink *self_sink;
    struct node_pods *pods;        /* of role node, else NULL */
    struct cluster_agent *cluster; /* of role cluster, else NULL */
    struct engines *engines;       /* of role local, unless told to go without; else NULL */
    struct node_loop *node;        /* of role cluster NULL */
    struct server *server;
    struct map family_names; /* of tables; for the collectors */
    struct health health;
    struct service service;
};

/* Each cgroup keeps two dozen files open, and the usual soft limit is 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            LOG_WARN("could not raise the limit on open files");
        }
    }
}

enum collector_numbers {
#define COLLECTOR(name) COLLECTOR_##name,
#include "collectors/collectors.def"
#undef COLLECTOR
    COLLECTORS_ALL,
};

static_assert((int)COLLECTORS_ALL <= NODE_COLLECTORS_MAX, "a mask has a bit for each collector");

static uint64_t enabled_collectors(const struct options *o)
{
    uint64_t enabled = 0;
    for (size_t i = 0; collectors[i] && i < NODE_COLLECTORS_MAX; i++) {
        enabled |= (uint64_t)options_collector(o, i) << i;
    }
    return enabled;
}

static void wake_server(void *arg)
{
    struct agent *a = arg;
    server_wake(a->server);
}

static struct node_loop *make_node_loop(struct agent *a, struct err *err)
{
    const struct options *o = a->options;
    struct node_loop_config config = {
        .collectors = collectors,
        .enabled = enabled_collectors(o),
        .env = {
            .procfs = options_text(o, OPT_PATH_PROCFS),
            .sysfs = options_text(o, OPT_PATH_SYSFS),
            .cgroupfs = options_text(o, OPT_PATH_CGROUP),
            .rootfs = options_text(o, OPT_PATH_ROOTFS),
            .kubelet = options_text(o, OPT_PATH_KUBELET),
            .cgroup_root = options_text(o, OPT_CGROUP_ROOT),
            .kmsg = options_text(o, OPT_KMSG),
            .sandbox_image = options_text(o, OPT_SANDBOX_IMAGE),
            .rescan_ns = options_ns(o, OPT_RESCAN_INTERVAL),
            .deadline_ns = options_ns(o, OPT_COLLECTOR_DEADLINE),
            .sample_ns = options_ns(o, OPT_SAMPLE_INTERVAL),
            .peak_window_ns = options_ns(o, OPT_PEAK_WINDOW),
            .all_cgroups = o->role == ROLE_LOCAL && !options_bool(o, OPT_DOCKER_ONLY),
            .pods = a->pods ? node_pods_lookup(a->pods) : NULL,
            .names = a->engines ? engines_names(a->engines) : NULL,
            .families = &a->family_names,
            .option = options_of_collector,
            .options = o,
        },
        .selection = a->selection,
        .min_read_ns = options_ns(o, OPT_MIN_READ_INTERVAL),
        .deadline_ns = options_ns(o, OPT_COLLECTOR_DEADLINE),
        .tick_ns = TICK_NS,
        .health = &a->health,
        .published = wake_server,
        .published_arg = a,
    };
    return node_loop_new(&config, err);
}

static void beat_pods(void *arg)
{
    node_pods_beat(arg);
}

static void beat_engines(void *arg)
{
    engines_beat(arg);
}

static void make_service(struct agent *a)
{
    const struct options *o = a->options;
    a->service = (struct service){
        .node = a->node,
        .health = &a->health,
        .self_sink = a->self_sink,
        .stale_after_ns = options_ns(o, OPT_STALE_AFTER),
        .max_scrapes = (unsigned)options_int(o, OPT_MAX_SCRAPES),
        .self_elsewhere = *options_text(o, OPT_TELEMETRY_ADDRESS),
    };
    if (a->pods) {
        a->service.beat = beat_pods;
        a->service.beat_arg = a->pods;
        a->service.state = node_pods_state(a->pods);
        a->service.cache = node_pods_cache(a->pods);
    }
    if (a->engines) {
        a->service.beat = beat_engines;
        a->service.beat_arg = a->engines;
        a->service.engines = engines_report;
        a->service.engines_arg = a->engines;
    }
}

static bool has_telemetry(const struct options *o)
{
    return *options_text(o, OPT_TELEMETRY_ADDRESS);
}

static int check_address(const struct options *o, size_t id, struct err *err)
{
    int r = listen_check(options_text(o, id), err);
    return r < 0 ? err_wrap(err, "--%s", o->rows[id].name) : r;
}

/* What depends on options alone: a fault here is the user's. */
static int agent_init(struct agent *a, struct err *err)
{
    const struct options *o = a->options;
    a->selection = options_selection(o, err);
    if (!a->selection || check_address(o, OPT_LISTEN_ADDRESS, err) < 0 ||
        (has_telemetry(o) && check_address(o, OPT_TELEMETRY_ADDRESS, err) < 0)) {
        return -EINVAL;
    }
    if (o->role == ROLE_NODE) {
        a->pods = node_pods_new(o, a->selection, &a->health, err);
    } else if (o->role == ROLE_CLUSTER) {
        a->cluster = cluster_agent_new(o, &a->health, err);
    } else if (o->role == ROLE_LOCAL && engines_new(o, &a->health, &a->engines, err) < 0) {
        return -EINVAL;
    }
    bool missing = (o->role == ROLE_NODE && !a->pods) || (o->role == ROLE_CLUSTER && !a->cluster);
    return missing ? -EINVAL : 0;
}

static int agent_start(struct agent *a, const struct options_command *command, struct err *err)
{
    const struct options *o = a->options;
    LOG_INFO("starting", "version", KG_VERSION, "role", role_name(o->role));
    a->self_sink = metric_sink_new(a->selection, err);
    if (!a->self_sink) {
        return -ENOMEM;
    }
    int r = 0;
    if (o->role != ROLE_CLUSTER) {
        r = family_names_init(&a->family_names, enabled_collectors(o), a->pods, err);
        a->node = r == 0 ? make_node_loop(a, err) : NULL;
        if (!a->node) {
            return -ENOMEM;
        }
    }
    make_service(a);
    struct server_config config = {
        .listen_address = options_text(o, OPT_LISTEN_ADDRESS),
        .telemetry_address = options_text(o, OPT_TELEMETRY_ADDRESS),
        .write_timeout_ns = options_ns(o, OPT_WRITE_TIMEOUT),
        .idle_timeout_ns = options_ns(o, OPT_IDLE_TIMEOUT),
        .service = &a->service,
    };
    a->server = server_new(&config, err);
    if (!a->server) {
        return -EIO;
    }
    if (a->cluster) {
        r = cluster_agent_join(a->cluster, command, server_address(a->server), &a->service, err);
        r = r < 0 ? r : cluster_agent_start(a->cluster, err);
    } else if (a->pods) {
        r = node_pods_start(a->pods, err);
    } else if (a->engines) {
        r = engines_start(a->engines, err);
    }
    if (r < 0) {
        return r;
    }
    r = a->node ? node_loop_start(a->node, err) : 0;
    return r < 0 ? r : server_start(a->server, err);
}

/* In the order that leaves nobody with something freed: readers of parts first. */
static void agent_done(struct agent *a)
{
    server_stop(a->server, DRAIN_NS);
    if (a->node) {
        node_loop_stop(a->node);
    }
    if (a->pods) {
        node_pods_stop(a->pods);
    }
    if (a->cluster) {
        cluster_agent_stop(a->cluster);
    }
    if (a->engines) {
        engines_stop(a->engines);
    }
    server_free(a->server);
    node_loop_free(a->node);
    node_pods_free(a->pods);
    cluster_agent_free(a->cluster);
    engines_free(a->engines);
    map_done(&a->family_names, NULL);
    metric_sink_free(a->self_sink);
    metric_selection_free(a->selection);
}

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* Returns when SIGTERM or SIGINT came. SIGHUP has files looked at, and does nothing else:
 * credentials are re-read by themselves, logs go to a pipe. */
static void wait_for_end(struct agent *a, const sigset_t *set)
{
    struct signalfd_siginfo info = { 0 };
    auto_close int signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    int file_fd = a->cluster ? cluster_agent_fd(a->cluster) : -1;
    bool ended = false;
    while (!ended) {
        struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
                                { .fd = file_fd, .events = POLLIN } };
        poll(fds, KG_ARRAY_LEN(fds), a->cluster ? CLUSTER_LOOK_MS : -1);
        while (!ended && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
            ended = info.ssi_signo != SIGHUP;
        }
        if (!ended && a->cluster) {
            cluster_agent_look(a->cluster);
        }
    }
    LOG_INFO("ending", "signal", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* Stays until those who scrape have seen that what was served here is not any more, and another
 * replica, or other shards, may go on with it; a second signal cuts it short. */
static void hand_over(struct agent *a, const sigset_t *set)
{
    if (!a->cluster) {
        return;
    }
    const struct timespec pause = { .tv_nsec = 20 * (long)CLOCK_NS_PER_MS };
    uint64_t end_ns = clock_mono_ns() + cluster_agent_leave_ns(a->cluster);
    cluster_agent_leave(a->cluster);
    while (!cluster_agent_has_left(a->cluster) && !server_failed(a->server)) {
        if (sigtimedwait(set, NULL, &pause) > 0) {
            break;
        }
        if (clock_mono_ns() >= end_ns) {
            LOG_WARN("ending though not everybody has taken note of it");
            break;
        }
    }
}

int agent_run(const struct options *o, const struct options_command *command)
{
    struct agent a = { .options = o };
    struct err err = { 0 };
    sigset_t signals;
    int code = EXIT_OK;
    block_signals(&signals);
    raise_descriptor_limit();
    if (agent_init(&a, &err) < 0) {
        fprintf(stderr, "kubegauge: %s\n", err_text(&err));
        code = EXIT_USAGE;
    } else if (agent_start(&a, command, &err) < 0) {
        LOG_ERROR("could not start", "error", err_text(&err));
        code = EXIT_FAILED;
    } else {
        wait_for_end(&a, &signals);
        hand_over(&a, &signals);
        bool failed = server_failed(a.server) || (a.cluster && cluster_agent_failed(a.cluster));
        code = failed ? EXIT_FAILED : EXIT_OK;
    }
    agent_done(&a);
    return code;
}
