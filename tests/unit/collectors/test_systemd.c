/* The collector systemd against a systemd made up here: its answers, units that vanish, an old
 * version, and a peer that does not answer at all or no longer. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "collectors/node/systemd_bus.h"
#include "metrics/scrape.h"

#include "tests/support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define DEADLINE_NS UINT64_C(300000000)
#define SLOW_NS UINT64_C(5000000000) /* far beyond it, also on a busy machine */
#define GONE "org.freedesktop.DBus.Error.UnknownObject"

extern const struct collector collector_systemd;

enum mood { ANSWERS, OLD, REFUSES_LIST, SILENT, FALLS_SILENT, HANGS_UP };

struct peer {
    char root[64], path[128];
    int listener;
    enum mood mood;
    atomic_bool end;
    atomic_int connections;
    pthread_t thread;
};

static int list_units(sd_bus_message *m, const struct peer *p)
{
    static const char *const units[][3] = {
        { "ssh.service", "loaded", "active" },    { "a.service", "loaded", "reloading" },
        { "gone.service", "loaded", "inactive" }, { "missing.service", "not-found", "inactive" },
        { "web.socket", "loaded", "active" },     { "daily.timer", "loaded", "active" },
        { "data.mount", "loaded", "active" },     { "user.slice", "loaded", "active" },
    };
    if (p->mood == REFUSES_LIST) {
        return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
    }
    sd_bus_message *reply = NULL;
    int r = sd_bus_message_new_method_return(m, &reply);
    r = r < 0 ? r : sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (size_t i = 0; i < KG_ARRAY_LEN(units) && r >= 0; i++) {
        char object[64];
        snprintf(object, sizeof(object), "/unit/%zu", i);
        r = sd_bus_message_append(reply, "(ssssssouso)", units[i][0], "about", units[i][1],
                                  units[i][2], "sub", "", object, 0, "", "/");
    }
    r = r < 0 ? r : sd_bus_message_close_container(reply);
    r = r < 0 ? r : sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return r;
}

static int get(sd_bus_message *m, const struct peer *p)
{
    static const struct {
        const char *object, *property, *type, *text;
        uint64_t number;
        bool is_new;
    } known[] = {
        { "", "Version", "s", "252.38-1~deb12u1", 0, false },
        { "", "Virtualization", "s", "", 0, false },
        { "", "SystemState", "s", "degraded", 0, false },
        { "/unit/0", "Type", "s", "notify", 0, false },
        { "/unit/0", "NRestarts", "u", NULL, 3, true },
        { "/unit/0", "TasksCurrent", "t", NULL, 7, false },
        { "/unit/0", "TasksMax", "t", NULL, UINT64_MAX, false },
        { "/unit/0", "ActiveEnterTimestamp", "t", NULL, 1700000000500000, false },
        { "/unit/1", "Type", "s", "simple", 0, false },
        { "/unit/4", "NAccepted", "u", NULL, 12, false },
        { "/unit/4", "NConnections", "u", NULL, 2, false },
        { "/unit/4", "NRefused", "u", NULL, 1, true },
        { "/unit/5", "LastTriggerUSec", "t", NULL, 1700000001000000, false },
        { "/unit/6", "Type", "s", "ext4", 0, false },
    };
    const char *interface, *property, *object = sd_bus_message_get_path(m);
    if (sd_bus_message_read(m, "ss", &interface, &property) < 0) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(known); i++) {
        bool manager = !*known[i].object && str_ends(str_of(object), STR("systemd1"));
        if (!str_eq_c(str_of(property), known[i].property) ||
            !(manager || str_eq_c(str_of(object), known[i].object)) ||
            (p->mood == OLD && known[i].is_new)) {
            continue;
        }
        if (*known[i].type == 's') {
            return sd_bus_reply_method_return(m, "v", "s", known[i].text);
        }
        return *known[i].type == 'u'
                   ? sd_bus_reply_method_return(m, "v", "u", (uint32_t)known[i].number)
                   : sd_bus_reply_method_return(m, "v", "t", known[i].number);
    }
    return sd_bus_reply_method_errorf(m, GONE, "no %s of %s", property, object);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const struct peer *p = userdata;
    (void)error;
    bool list = sd_bus_message_is_method_call(m, NULL, "ListUnits") > 0;
    if (p->mood == FALLS_SILENT && list) {
        return 1;
    }
    if (p->mood == HANGS_UP && list) {
        sd_bus_close(sd_bus_message_get_bus(m));
        return 1;
    }
    return (list ? list_units(m, p) : get(m, p)) < 0 ? -EIO : 1;
}

static void serve(struct peer *p, int fd)
{
    static const sd_id128_t id = { .bytes = { 1 } };
    sd_bus *bus = NULL;
    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_fd(bus, fd, fd) >= 0);
    assert_true(sd_bus_set_server(bus, true, id) >= 0);
    assert_true(sd_bus_add_filter(bus, NULL, on_message, p) >= 0);
    int r = sd_bus_start(bus);
    while (r >= 0 && !p->end) {
        r = sd_bus_process(bus, NULL);
        if (r == 0) {
            r = sd_bus_wait(bus, 20000);
        }
    }
    sd_bus_close_unref(bus);
}

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    while (!p->end) {
        struct pollfd fd = { .fd = p->listener, .events = POLLIN };
        if (poll(&fd, 1, 20) <= 0) {
            continue;
        }
        int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        assert_true(client >= 0);
        p->connections++;
        if (p->mood == SILENT) {
            while (!p->end) {
                poll(NULL, 0, 20);
            }
            close(client);
        } else {
            serve(p, client);
        }
    }
    return NULL;
}

static void peer_start(struct peer *p, enum mood mood)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    *p = (struct peer){ .mood = mood };
    snprintf(p->root, sizeof(p->root), "/tmp/kg-systemd-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->path, sizeof(p->path), "%s/run", p->root);
    assert_int_equal(mkdir(p->path, 0700), 0);
    snprintf(p->path, sizeof(p->path), "%s/run/systemd", p->root);
    assert_int_equal(mkdir(p->path, 0700), 0);
    snprintf(p->path, sizeof(p->path), "%s/run/systemd/private", p->root);
    assert_int_equal(str_copy(address.sun_path, sizeof(address.sun_path), str_of(p->path)), 0);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(p->listener, 4), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, peer_main, p), 0);
}

static void peer_stop(struct peer *p)
{
    p->end = true;
    pthread_join(p->thread, NULL);
    close(p->listener);
    unlink(p->path);
    for (int i = 0; i < 3; i++) { /* private's folder, run, and the root */
        ssize_t slash = str_rfind(str_of(p->path), '/');
        p->path[slash] = '\0';
        assert_int_equal(rmdir(p->path), 0);
    }
}

static struct collector_value all_on(const void *options, const char *name)
{
    (void)options;
    for (const struct collector_option *o = collector_systemd.options; o->name; o++) {
        if (str_eq_c(str_of(name), o->name)) {
            return (struct collector_value){ .text = o->preset, .on = true };
        }
    }
    fail();
    return (struct collector_value){ 0 };
}

struct reader {
    void *state;
    struct metric_sink *sink;
    struct buf text;
};

static void reader_start(struct reader *r, const struct peer *p)
{
    const struct collector_env env = { .rootfs = p->root,
                                       .deadline_ns = DEADLINE_NS,
                                       .option = all_on };
    struct err err = { 0 };
    *r = (struct reader){ .sink = metric_sink_new(NULL, NULL), .text = BUF_INIT(MIB) };
    assert_non_null(r->sink);
    assert_int_equal(collector_systemd.start(&env, &r->state, &err), 0);
}

static void reader_stop(struct reader *r)
{
    collector_systemd.stop(r->state);
    metric_sink_free(r->sink);
    buf_done(&r->text);
}

static int read_once(struct reader *r, struct err *err)
{
    *err = (struct err){ 0 };
    buf_clear(&r->text);
    assert_int_equal(metric_sink_begin(r->sink, err), 0);
    int result = collector_systemd.read(r->state, r->sink, err);
    struct metric_part *part = metric_sink_take(r->sink, "node", 1, NULL);
    assert_non_null(part);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_int_equal(scrape_next(scrape, &r->text, SIZE_MAX), 0);
    scrape_free(scrape);
    return result;
}

static void has(const struct reader *r, const char *line, bool wanted)
{
    struct str text = buf_str(&r->text);
    while (text.n) {
        if (str_eq_c(str_line(&text), line)) {
            assert_true(wanted);
            return;
        }
    }
    if (wanted) {
        fail_msg("no line %s in\n" STR_FMT, line, STR_ARG(buf_str(&r->text)));
    }
}

static void has_family(const struct reader *r, const char *family, bool wanted)
{
    assert_int_equal(str_search(buf_str(&r->text), str_of(family)) >= 0, wanted);
}

static void what_units_say(void **state)
{
    (void)state;
    struct peer p;
    struct reader r;
    struct err err;
    peer_start(&p, ANSWERS);
    reader_start(&r, &p);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_once(&r, &err), 0);
    }
    assert_int_equal(p.connections, 1);
    static const char *const lines[] = {
        "node_systemd_version{version=\"252.38-1~deb12u1\"} 252.38",
        "node_systemd_virtualization_info{virtualization_type=\"none\"} 1",
        "node_systemd_system_running 0",
        "node_systemd_units{state=\"active\"} 5",
        "node_systemd_units{state=\"failed\"} 0",
        "node_systemd_units{state=\"inactive\"} 2",
        "node_systemd_units{state=\"reloading\"} 1",
        "node_systemd_unit_state{name=\"ssh.service\",state=\"active\",type=\"notify\"} 1",
        "node_systemd_unit_state{name=\"ssh.service\",state=\"failed\",type=\"notify\"} 0",
        "node_systemd_unit_state{name=\"a.service\",state=\"active\",type=\"simple\"} 0",
        "node_systemd_unit_state{name=\"gone.service\",state=\"inactive\",type=\"\"} 1",
        "node_systemd_service_restart_total{name=\"ssh.service\"} 3",
        "node_systemd_unit_tasks_current{name=\"ssh.service\"} 7",
        "node_systemd_unit_start_time_seconds{name=\"ssh.service\"} 1.7000000005e+09",
        "node_systemd_unit_start_time_seconds{name=\"gone.service\"} 0",
        "node_systemd_socket_accepted_connections_total{name=\"web.socket\"} 12",
        "node_systemd_socket_current_connections{name=\"web.socket\"} 2",
        "node_systemd_socket_refused_connections_total{name=\"web.socket\"} 1",
        "node_systemd_timer_last_trigger_seconds{name=\"daily.timer\"} 1.700000001e+09",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(lines); i++) {
        has(&r, lines[i], true);
    }
    has_family(&r, "missing.service", false); /* is not loaded */
    has_family(&r, "data.mount", false);      /* the preset leaves mounts and slices out */
    has_family(&r, "user.slice", false);
    has_family(&r, "node_systemd_unit_tasks_max{", false);
    reader_stop(&r);
    peer_stop(&p);
}

static void an_old_systemd_has_less(void **state)
{
    (void)state;
    struct peer p;
    struct reader r;
    struct err err;
    peer_start(&p, OLD);
    reader_start(&r, &p);
    assert_int_equal(read_once(&r, &err), 0);
    has_family(&r, "node_systemd_service_restart_total{", false);
    has_family(&r, "node_systemd_socket_refused_connections_total{", false);
    has(&r, "node_systemd_socket_accepted_connections_total{name=\"web.socket\"} 12", true);
    reader_stop(&r);
    peer_stop(&p);
}

static void a_refusal_is_told(void **state)
{
    (void)state;
    struct peer p;
    struct reader r;
    struct err err;
    peer_start(&p, REFUSES_LIST);
    reader_start(&r, &p);
    assert_int_equal(read_once(&r, &err), -ENODATA);
    assert_true(str_search(str_of(err.text), STR("not for you")) >= 0);
    has_family(&r, "node_systemd_units{", false);
    reader_stop(&r);
    peer_stop(&p);
}

/* In every mood the reading ends in time, says so, and tries anew next time. */
static void no_reading_stays(enum mood mood, int code)
{
    struct peer p;
    struct reader r;
    struct err err;
    peer_start(&p, mood);
    reader_start(&r, &p);
    for (int i = 1; i <= 2; i++) {
        uint64_t before = clock_mono_ns();
        int result = read_once(&r, &err);
        assert_int_equal(result, code);
        assert_true(err.code != 0);
        assert_true(clock_mono_ns() - before < SLOW_NS);
        if (mood == SILENT) {
            continue; /* the second waits in the listener's queue */
        }
        assert_int_equal(p.connections, i);
    }
    reader_stop(&r);
    peer_stop(&p);
}

static void one_that_never_answers(void **state)
{
    (void)state;
    no_reading_stays(SILENT, -ETIMEDOUT);
}

static void one_that_stops_answering(void **state)
{
    (void)state;
    no_reading_stays(FALLS_SILENT, -ETIMEDOUT);
}

static void one_that_hangs_up(void **state)
{
    (void)state;
    no_reading_stays(HANGS_UP, -ECONNRESET);
}

static void no_bus_at_all(void **state)
{
    (void)state;
    struct peer p = { .root = "/nonexistent" };
    struct reader r;
    struct err err;
    reader_start(&r, &p);
    assert_int_equal(read_once(&r, &err), -ENOENT);
    reader_stop(&r);
}

static void addresses(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(systemd_bus_address(out, sizeof(out), STR("/run/a_b-c.d")), 0);
    assert_string_equal(out, "unix:path=/run/a_b-c.d");
    assert_int_equal(systemd_bus_address(out, sizeof(out), STR("/a,b;c d")), 0);
    assert_string_equal(out, "unix:path=/a%2cb%3bc%20d");
    assert_int_equal(systemd_bus_address(out, 16, STR("/run/dbus")), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_units_say),
        cmocka_unit_test(an_old_systemd_has_less),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(one_that_never_answers),
        cmocka_unit_test(one_that_stops_answering),
        cmocka_unit_test(one_that_hangs_up),
        cmocka_unit_test(no_bus_at_all),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
