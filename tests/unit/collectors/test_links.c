/* test_links.c — rtnetlink's answers, whole, cut and wrong. */
#include "base/limits.h"
#include "collectors/proc/links.h"
#include "tests/support/test.h"

#include <linux/rtnetlink.h>

struct message {
    _Alignas(struct nlmsghdr) char bytes[64 * 1024];
    size_t n;
    struct nlmsghdr *last;
};

/* Appends to the last message, which grows by it. */
static void put(struct message *m, const void *bytes, size_t n)
{
    memcpy(m->bytes + m->n, bytes, n);
    m->n += NLMSG_ALIGN(n);
    m->last->nlmsg_len = (uint32_t)(m->bytes + m->n - (char *)m->last);
}

static void begin(struct message *m, uint16_t type, uint16_t flags)
{
    m->last = (struct nlmsghdr *)(void *)(m->bytes + m->n);
    *m->last = (struct nlmsghdr){ .nlmsg_len = sizeof(struct nlmsghdr),
                                  .nlmsg_type = type,
                                  .nlmsg_flags = flags };
    m->n += sizeof(struct nlmsghdr);
}

static void attribute(struct message *m, uint16_t type, const void *bytes, size_t n)
{
    const struct rtattr a = { .rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(n) };
    put(m, &a, sizeof(a));
    put(m, bytes, n);
}

static void number(struct message *m, uint16_t type, uint32_t value)
{
    attribute(m, type, &value, sizeof(value));
}

static void begin_link(struct message *m, int index, const char *name)
{
    begin(m, RTM_NEWLINK, 0);
    const struct ifinfomsg info = { .ifi_index = index, .ifi_type = 1, .ifi_flags = IFF_UP };
    put(m, &info, sizeof(info));
    attribute(m, IFLA_IFNAME, name, strlen(name) + 1);
}

static int parse(const struct message *m, size_t n, struct link_list *list, bool *intr)
{
    /* Of exactly its size, so that a read beyond is seen. */
    void *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, m->bytes, n);
    int r = links_parse(copy, n, list, intr);
    free(copy);
    return r;
}

static void every_attribute(struct message *m)
{
    static const unsigned char address[] = { 2, 0x42, 0xac, 0x11, 0, 0xff };
    begin_link(m, 7, "eth0");
    attribute(m, IFLA_ADDRESS, address, sizeof(address));
    attribute(m, IFLA_BROADCAST, "\xff\xff\xff\xff\xff\xff", 6);
    attribute(m, IFLA_IFALIAS, "uplink", 7);
    attribute(m, IFLA_OPERSTATE, "\6", 1);
    attribute(m, IFLA_LINKMODE, "\1", 1);
    attribute(m, IFLA_CARRIER, "\1", 1);
    number(m, IFLA_MTU, 1400);
    number(m, IFLA_LINK, 3);
    number(m, IFLA_TXQLEN, 1000);
    number(m, IFLA_GROUP, 4);
    number(m, IFLA_PROMISCUITY, 2);
    number(m, IFLA_ALLMULTI, 0);
    number(m, IFLA_CARRIER_CHANGES, 5);
    number(m, IFLA_CARRIER_UP_COUNT, 3);
    number(m, IFLA_CARRIER_DOWN_COUNT, 2);
    number(m, IFLA_MAX + 100, 9); /* of a newer kernel */
}

static void all_of_a_link(void **state)
{
    (void)state;
    struct message m = { .n = 0 };
    struct link_list list = { 0 };
    bool intr = false;
    every_attribute(&m);
    begin(&m, NLMSG_DONE, 0);
    assert_int_equal(parse(&m, m.n, &list, &intr), 0);
    assert_int_equal(list.n, 1);
    const struct link *l = &list.at[0];
    assert_string_equal(l->name, "eth0");
    assert_string_equal(l->alias, "uplink");
    assert_int_equal(l->index, 7);
    assert_int_equal(l->below, 3);
    assert_int_equal(l->type, 1);
    assert_int_equal(l->flags, IFF_UP);
    assert_int_equal(l->address_n, 6);
    assert_int_equal(l->address[5], 0xff);
    assert_int_equal(l->broadcast_n, 6);
    assert_int_equal(l->operstate, 6);
    assert_int_equal(l->mode, 1);
    assert_int_equal(l->carrier, 1);
    assert_int_equal(l->mtu, 1400);
    assert_int_equal(l->queue, 1000);
    assert_int_equal(l->group, 4);
    assert_int_equal(l->promiscuous, 2);
    assert_int_equal(l->changes, 5);
    assert_int_equal(l->up_count, 3);
    assert_int_equal(l->down_count, 2);
    assert_int_equal(l->present, (LINK_ALLMULTI << 1) - 1);
    assert_false(intr);
    free(list.at);
}

static void what_is_not_told_is_not_there(void **state)
{
    (void)state;
    struct message m = { .n = 0 };
    struct link_list list = { 0 };
    bool intr = false;
    begin_link(&m, 1, "lo");
    assert_int_equal(parse(&m, m.n, &list, &intr), 1); /* more is to come */
    assert_int_equal(list.at[0].present, 0);
    assert_int_equal(list.at[0].below, 1);
    assert_int_equal(list.at[0].address_n, 0);
    free(list.at);
}

/* An answer that ends anywhere, also within a link, is no list. */
static void cut_anywhere(void **state)
{
    (void)state;
    struct message m = { .n = 0 };
    struct link_list list = { 0 };
    every_attribute(&m);
    size_t whole = m.n;
    begin(&m, NLMSG_DONE, 0);
    for (size_t n = 0; n < m.n; n++) {
        bool intr = false;
        list.n = 0;
        int r = parse(&m, n, &list, &intr);
        assert_int_equal(r, n == 0 || n == whole ? 1 : -EBADMSG);
    }
    free(list.at);
}

/* Each length within a message set to each value: nothing beyond the message is read. */
static void any_length(void **state)
{
    (void)state;
    struct message m = { .n = 0 };
    struct link_list list = { 0 };
    every_attribute(&m);
    for (size_t at = 0; at < m.n; at += 4) {
        for (unsigned value = 0; value < 256; value++) {
            struct message spoilt = m;
            bool intr = false;
            spoilt.bytes[at] = (char)value;
            list.n = 0;
            int r = parse(&spoilt, spoilt.n, &list, &intr);
            assert_true(r <= 1);
        }
    }
    free(list.at);
}

static void faults(void **state)
{
    (void)state;
    struct link_list list = { 0 };
    bool intr = false;
    struct message m = { .n = 0 };
    begin(&m, NLMSG_ERROR, 0);
    put(&m, &(struct nlmsgerr){ .error = -EPERM }, sizeof(struct nlmsgerr));
    assert_int_equal(parse(&m, m.n, &list, &intr), -EPERM);

    m = (struct message){ .n = 0 };
    begin(&m, NLMSG_ERROR, 0);
    assert_int_equal(parse(&m, m.n, &list, &intr), -EBADMSG);

    m = (struct message){ .n = 0 };
    begin_link(&m, 1, "");
    assert_int_equal(parse(&m, m.n, &list, &intr), -EBADMSG);

    m = (struct message){ .n = 0 };
    begin_link(&m, 1, "a-name-of-16-abc");
    assert_int_equal(parse(&m, m.n, &list, &intr), -EBADMSG);

    m = (struct message){ .n = 0 };
    begin(&m, RTM_NEWLINK, 0); /* without its fixed part */
    assert_int_equal(parse(&m, m.n, &list, &intr), -EBADMSG);
    assert_int_equal(list.n, 0);

    assert_false(intr);
    m = (struct message){ .n = 0 };
    begin(&m, NLMSG_DONE, NLM_F_DUMP_INTR);
    assert_int_equal(parse(&m, m.n, &list, &intr), 0);
    assert_true(intr);
    free(list.at);
}

static void no_more_than_the_limit(void **state)
{
    (void)state;
    struct message m = { .n = 0 };
    struct link_list list = { 0 };
    bool intr = false;
    begin_link(&m, 1, ".hidden");
    assert_int_equal(parse(&m, m.n, &list, &intr), 1);
    assert_int_equal(list.n, 0);
    m = (struct message){ .n = 0 };
    begin_link(&m, 1, "veth");
    for (size_t i = 0; i < LIMIT_NET_INTERFACES; i++) {
        assert_int_equal(parse(&m, m.n, &list, &intr), 1);
    }
    assert_int_equal(parse(&m, m.n, &list, &intr), -E2BIG);
    assert_int_equal(list.n, LIMIT_NET_INTERFACES);
    free(list.at);
}

static void a_folder_is_no_namespace(void **state)
{
    (void)state;
    struct err err = { 0 };
    assert_null(links_open("tests/fixtures/node/laptop/proc", &err));
    assert_int_equal(err.code ? 1 : 0, 1);
    assert_null(links_open("/nowhere", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_link),
        cmocka_unit_test(what_is_not_told_is_not_there),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(any_length),
        cmocka_unit_test(faults),
        cmocka_unit_test(no_more_than_the_limit),
        cmocka_unit_test(a_folder_is_no_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
