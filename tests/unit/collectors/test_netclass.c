/* test_netclass.c — what rtnetlink tells of interfaces is what sysfs shows, in a network namespace
 * of the test's own where interfaces come, change and go. Takes root. */
#include "base/limits.h"
#include "collectors/node/netclass.h"
#include "metrics/scrape.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Checks of a process of its own, which cmocka knows nothing of. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: not so: %s (errno %d)\n", __LINE__, #condition, errno);      \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

struct request {
    struct nlmsghdr h;
    struct ifinfomsg info;
    char attributes[256];
};

static void add_attribute(struct request *q, uint16_t type, const void *data, size_t n)
{
    struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->h.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (uint16_t)RTA_LENGTH(n);
    memcpy(RTA_DATA(a), data, n);
    q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int send_request(struct request *q)
{
    char answer[4096];
    auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    CHECK(fd >= 0);
    CHECK(send(fd, q, q->h.nlmsg_len, 0) == (ssize_t)q->h.nlmsg_len);
    ssize_t n = recv(fd, answer, sizeof(answer), 0);
    CHECK(n >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)));
    return ((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)(void *)answer))->error;
}

/* 0: there is none. */
static int index_of(const char *name)
{
    struct ifreq q = { 0 };
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", name);
    return ioctl(fd, SIOCGIFINDEX, &q) < 0 ? 0 : q.ifr_ifindex;
}

static struct request request_of(uint16_t type, uint16_t flags, const char *name)
{
    struct request q = { .h = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                                .nlmsg_type = type,
                                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags) } };
    q.info.ifi_index = index_of(name);
    return q;
}

/* An interface of a kind: "veth" (with another one at its end), "bridge". */
static bool add_link(const char *kind, const char *name)
{
    struct request q = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name);
    char nested[64];
    struct rtattr *info = (struct rtattr *)(void *)nested;
    info->rta_type = IFLA_INFO_KIND;
    info->rta_len = (uint16_t)RTA_LENGTH(strlen(kind));
    memcpy(RTA_DATA(info), kind, strlen(kind));
    add_attribute(&q, IFLA_IFNAME, name, strlen(name) + 1);
    add_attribute(&q, IFLA_LINKINFO, nested, RTA_ALIGN(info->rta_len));
    return send_request(&q) == 0;
}

static int set_flags(const char *name, unsigned flags, unsigned mask)
{
    struct request q = request_of(RTM_NEWLINK, 0, name);
    q.info.ifi_flags = flags;
    q.info.ifi_change = mask;
    return send_request(&q);
}

static int set_attribute(const char *name, uint16_t type, const void *data, size_t n)
{
    struct request q = request_of(RTM_NEWLINK, 0, name);
    add_attribute(&q, type, data, n);
    return send_request(&q);
}

static int delete_link(const char *name)
{
    struct request q = request_of(RTM_DELLINK, 0, name);
    return send_request(&q);
}

static struct metric_sink *sink;
static struct netclass *collector;

static void text_of(int (*read)(struct netclass *, struct metric_sink *, struct err *),
                    struct buf *out)
{
    struct err err = { 0 };
    CHECK(metric_sink_begin(sink, NULL) == 0);
    int r = read(collector, sink, &err);
    if (r < 0) {
        fprintf(stderr, "%d: %s\n", r, err_text(&err));
        _exit(1);
    }
    struct metric_part *part = metric_sink_take(sink, "node", 1, NULL);
    struct scrape *scrape = part ? scrape_new(&part, 1, METRIC_FORMAT_TEXT) : NULL;
    CHECK(scrape);
    buf_clear(out);
    CHECK(scrape_next(scrape, out, SIZE_MAX) == 0);
    scrape_free(scrape);
}

/* Both ways give the same, with this in it. */
static void both_show(const char *what)
{
    auto_buf struct buf links = BUF_INIT(MIB), files = BUF_INIT(MIB);
    text_of(netclass_read_links, &links);
    text_of(netclass_read_files, &files);
    if (!str_eq(buf_str(&links), buf_str(&files))) {
        fprintf(stderr, "by netlink:\n" STR_FMT "by sysfs:\n" STR_FMT, STR_ARG(buf_str(&links)),
                STR_ARG(buf_str(&files)));
        _exit(1);
    }
    if (str_search(buf_str(&links), str_of(what)) < 0) {
        fprintf(stderr, "without %s:\n" STR_FMT, what, STR_ARG(buf_str(&links)));
        _exit(1);
    }
}

/* With the carrier's coming and going a state may be of two times: until both agree. */
static void settle(void)
{
    usleep(50 * 1000);
}

static void write_file(const char *path, const char *text)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void changes(void)
{
    static const struct collector_env env = { .procfs = "/proc", .sysfs = "/sys" };
    void *state = NULL;
    sink = metric_sink_new(NULL, NULL);
    CHECK(sink && collector_netclass.start(&env, &state, NULL) == 0);
    collector = state;
    both_show("node_network_carrier_changes_total{device=\"lo\"} 0");
    CHECK(set_flags("lo", IFF_UP, IFF_UP) == 0);
    both_show("node_network_flags{device=\"lo\"} 9\n");
    CHECK(add_link("veth", "pair"));
    both_show("device=\"pair\"");
    CHECK(set_flags("pair", IFF_UP, IFF_UP) == 0 && set_flags("veth0", IFF_UP, IFF_UP) == 0);
    settle();
    both_show("node_network_up{device=\"pair\"} 1");
    both_show("node_network_speed_bytes{device=\"pair\"} 1.25e+09");
    CHECK(set_flags("pair", IFF_PROMISC | IFF_ALLMULTI, IFF_PROMISC | IFF_ALLMULTI) == 0);
    both_show("node_network_flags{device=\"pair\"} 4867\n"); /* 0x1303 */
    write_file("/sys/class/net/pair/ifalias", "to the other\n");
    both_show("ifalias=\"to the other\"");
    CHECK(set_attribute("pair", IFLA_MTU, &(uint32_t){ 1280 }, 4) == 0);
    both_show("node_network_mtu_bytes{device=\"pair\"} 1280");
    /* An address that somebody has set: how it was chosen is told by sysfs alone. */
    both_show("node_network_address_assign_type{device=\"pair\"} 1");
    CHECK(set_attribute("pair", IFLA_ADDRESS, "\2\1\2\3\4\xfe", 6) == 0);
    both_show("node_network_address_assign_type{device=\"pair\"} 3");
    both_show("address=\"02:01:02:03:04:fe\"");
    CHECK(set_attribute("pair", IFLA_TXQLEN, &(uint32_t){ 77 }, 4) == 0);
    CHECK(set_attribute("pair", IFLA_GROUP, &(uint32_t){ 5 }, 4) == 0);
    CHECK(set_attribute("pair", IFLA_LINKMODE, "\1", 1) == 0);
    both_show("node_network_transmit_queue_length{device=\"pair\"} 77");
    both_show("node_network_net_dev_group{device=\"pair\"} 5");
    CHECK(set_flags("pair", 0, IFF_UP) == 0);
    settle();
    both_show("operstate=\"down\"");
    CHECK(set_attribute("pair", IFLA_IFNAME, "renamed", 8) == 0);
    both_show("device=\"renamed\"");
    for (int i = 0; i < 100; i++) { /* more events than are kept for us */
        char name[16];
        snprintf(name, sizeof(name), "b%d", i);
        if (!add_link("bridge", name) && !add_link("ifb", name)) {
            break;
        }
    }
    both_show("device=\"renamed\"");
    CHECK(delete_link("renamed") == 0);
    both_show("device=\"lo\"");
    /* The other one is gone with it. */
    auto_buf struct buf out = BUF_INIT(MIB);
    text_of(netclass_read_links, &out);
    CHECK(str_search(buf_str(&out), STR("device=\"veth0\"")) < 0);
    CHECK(collector->links && collector->links_refused == 0);
    collector_netclass.stop(state);
    metric_sink_free(sink);
}

/* A sysfs of another namespace is not mixed with our links. */
static void another_sysfs(void)
{
    static const struct collector_env env = { .procfs = "/proc", .sysfs = "/sys" };
    void *state = NULL;
    struct err err = { 0 };
    sink = metric_sink_new(NULL, NULL);
    CHECK(unshare(CLONE_NEWNET) == 0 && add_link("veth", "ours"));
    CHECK(sink && collector_netclass.start(&env, &state, NULL) == 0);
    collector = state;
    CHECK(metric_sink_begin(sink, NULL) == 0);
    for (int i = 0; i < 5; i++) {
        CHECK(netclass_read_links(collector, sink, &err) == -ENODATA);
    }
    auto_buf struct buf out = BUF_INIT(MIB);
    text_of(netclass_read_files, &out);
    CHECK(str_search(buf_str(&out), STR("device=\"ours\"")) < 0);
    collector_netclass.stop(state);
    metric_sink_free(sink);
}

/* Runs it as process 1 of namespaces of its own, with their own /proc and /sys. Returns the exit
 * status, 2 when there are none to be had. */
static int alone(void (*run)(void))
{
    pid_t outer = fork();
    if (outer == 0) {
        if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) < 0) {
            _exit(2);
        }
        pid_t inner = fork();
        if (inner == 0) {
            CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
            CHECK(mount("proc", "/proc", "proc", 0, NULL) == 0);
            CHECK(mount("sysfs", "/sys", "sysfs", 0, NULL) == 0);
            run();
            _exit(0);
        }
        int status = 1;
        CHECK(inner > 0 && waitpid(inner, &status, 0) == inner);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    int status = 1;
    assert_true(outer > 0 && waitpid(outer, &status, 0) == outer);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void expect_alone(void (*run)(void))
{
    int status = alone(run);
    if (status == 2) {
        printf("SKIPPED: no namespaces to be had (root is needed)\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void netlink_tells_what_sysfs_shows(void **state)
{
    (void)state;
    expect_alone(changes);
}

static void sysfs_of_another_namespace_wins(void **state)
{
    (void)state;
    expect_alone(another_sysfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netlink_tells_what_sysfs_shows),
        cmocka_unit_test(sysfs_of_another_namespace_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
