/* Kept descriptors: on a plain file system none, so that a file that was replaced is read anew; in
 * sysfs as long as the device is the same, also when names change hands. The latter needs root: a
 * network namespace of its own, with its sysfs and pairs of interfaces. */
#include "collectors/node/node_kept.h"
#include "tests/unit/collectors/fixture.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const char *const files[] = { "ifindex", "address", "nonsense" };
enum { IFINDEX, ADDRESS, NONSENSE, FILES };

struct reader {
    struct node_kept *kept;
    struct arena mem;
    int dirfd;
    struct str *names;
    size_t n;
};

static void reader_open(struct reader *r, const char *folder)
{
    *r = (struct reader){ .kept = node_kept_new(files, FILES), .dirfd = -1 };
    r->dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(r->dirfd >= 0);
    assert_non_null(r->kept);
    arena_init(&r->mem, MIB);
}

static void reader_close(struct reader *r)
{
    node_kept_free(r->kept);
    arena_done(&r->mem);
    close(r->dirfd);
}

static int look(struct reader *r)
{
    arena_reset(&r->mem, MIB);
    return node_kept_names(r->kept, r->dirfd, &r->mem, &r->names, &r->n);
}

/* The value of a file of the entry of this name, in text; NULL when it cannot be read. */
static const char *value(struct reader *r, const char *name, size_t file, char text[64])
{
    struct str found = { 0 };
    for (size_t i = 0; i < r->n; i++) {
        if (str_eq_c(r->names[i], name) &&
            node_kept_line(r->kept, i, file, text, 63, &found) == 0) {
            memmove(text, found.p, found.n);
            text[found.n] = '\0';
            return text;
        }
    }
    return NULL;
}

static void nothing_is_kept_of_plain_files(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    char text[64];
    fixture_open(&f);
    fixture_file(&f, "net/eth0/ifindex", "1\n");
    fixture_file(&f, "net/eth1/ifindex", "2\n");
    reader_open(&r, fixture_path(&f, "net"));
    assert_int_equal(look(&r), 0);
    assert_int_equal(r.n, 2);
    assert_string_equal(value(&r, "eth0", IFINDEX, text), "1");
    assert_null(value(&r, "eth0", NONSENSE, text));
    assert_int_equal(node_kept_open(r.kept), 0);

    fixture_file(&f, "net/eth0/new", "7\n");
    char old[256];
    snprintf(old, sizeof(old), "%.127s/net/eth0/new", f.top);
    assert_int_equal(rename(old, fixture_path(&f, "net/eth0/ifindex")), 0);
    assert_string_equal(value(&r, "eth0", IFINDEX, text), "7");
    reader_close(&r);
    fixture_close(&f);
}

/* A request to the kernel about links: attributes are added behind the message. */
struct request {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char rest[512];
};

static struct rtattr *attribute(struct request *q, unsigned short type, const void *data, size_t n)
{
    struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->header.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(n);
    if (n) {
        memcpy(RTA_DATA(a), data, n);
    }
    q->header.nlmsg_len = (unsigned)(NLMSG_ALIGN(q->header.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

static void attribute_end(const struct request *q, struct rtattr *a)
{
    a->rta_len = (unsigned short)((const char *)q + q->header.nlmsg_len - (const char *)a);
}

static int ask(struct request *q)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[1024];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int r = fd < 0 || send(fd, q, q->header.nlmsg_len, 0) < 0 ||
                    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.header)
                ? -1
                : answer.error.error;
    close(fd);
    return r;
}

static int add_pair(const char *name, const char *peer)
{
    struct request q = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                                     .nlmsg_type = RTM_NEWLINK,
                                     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE } };
    const struct ifinfomsg none = { 0 };
    attribute(&q, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *info = attribute(&q, IFLA_LINKINFO, NULL, 0);
    attribute(&q, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = attribute(&q, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *other = attribute(&q, VETH_INFO_PEER, &none, sizeof(none));
    attribute(&q, IFLA_IFNAME, peer, strlen(peer) + 1);
    attribute_end(&q, other);
    attribute_end(&q, data);
    attribute_end(&q, info);
    return ask(&q);
}

static int rename_link(const char *from, const char *to)
{
    struct ifreq q = { 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", from);
    snprintf(q.ifr_newname, sizeof(q.ifr_newname), "%s", to);
    int r = ioctl(fd, SIOCSIFNAME, &q);
    close(fd);
    return r;
}

static int remove_link(const char *name)
{
    struct request q = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                                     .nlmsg_type = RTM_DELLINK,
                                     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
                         .link = { .ifi_index = (int)if_nametoindex(name) } };
    return ask(&q);
}

static bool index_is_right(struct reader *r, const char *name)
{
    char text[64];
    const char *read = value(r, name, IFINDEX, text);
    return read && strtoul(read, NULL, 10) == if_nametoindex(name);
}

/* 0 done; 2 no namespaces here; else the step that went wrong. */
static int change_names(const char *folder)
{
    struct reader r;
    char text[64];
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("sysfs", folder, "sysfs", 0, NULL) < 0 || add_pair("one", "peer") < 0 ||
        add_pair("two", "pair") < 0) {
        return 2;
    }
    char net[300];
    snprintf(net, sizeof(net), "%s/class/net", folder);
    reader_open(&r, net);
    if (look(&r) < 0 || !index_is_right(&r, "one") || !index_is_right(&r, "two")) {
        return 3;
    }
    if (node_kept_open(r.kept) != 2 || !value(&r, "one", ADDRESS, text)) {
        return 4;
    }
    size_t kept = node_kept_open(r.kept);
    if (look(&r) < 0 || node_kept_open(r.kept) != kept || !index_is_right(&r, "one")) {
        return 5;
    }
    if (rename_link("one", "gone") || rename_link("two", "one") || rename_link("gone", "two") ||
        look(&r) < 0 || node_kept_open(r.kept) != 0) {
        return 6;
    }
    if (!index_is_right(&r, "one") || !index_is_right(&r, "two")) {
        return 7;
    }
    /* Gone between the list of names and the reading. */
    if (remove_link("one") || value(&r, "one", IFINDEX, text) || node_kept_open(r.kept) != 1 ||
        look(&r) < 0 || value(&r, "one", IFINDEX, text) || !index_is_right(&r, "two")) {
        return 8;
    }
    if (add_pair("one", "peer2") || look(&r) < 0 || !index_is_right(&r, "one")) {
        return 9;
    }
    reader_close(&r);
    return 0;
}

static void a_name_that_changes_hands_is_read_anew(void **state)
{
    (void)state;
    struct fixture f;
    int status = 0;
    fixture_open(&f);
    pid_t child = fork();
    if (child == 0) {
        _exit(change_names(f.top));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    fixture_close(&f);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2 && geteuid() != 0) {
        print_message("SKIPPED: a network namespace needs root\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_kept_of_plain_files),
        cmocka_unit_test(a_name_that_changes_hands_is_read_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
