/* test_peer_link.c — the line to another process, against real sockets of this one. */
#include "agent/cluster/peer_link.h"

#include "agent/http/listen.h"
#include "base/clock.h"
#include "tests/support/test.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener(char *address, size_t size)
{
    struct err err = { 0 };
    int fd = listen_open(address[0] ? address : "127.0.0.1:0", &err);
    if (fd < 0 || listen_bound(fd, address, size) < 0) {
        fail_msg("%s", err.text);
    }
    return fd;
}

static int accept_one(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&p, 1, 5000), 1);
    int one = accept(fd, NULL, NULL);
    assert_true(one >= 0);
    return one;
}

/* Turns with the real time until check is so; what the turns wait for is not waited for. */
static void turn_until(struct peer_link *l, bool (*check)(const struct peer_link *l))
{
    uint64_t end = clock_mono_ns() + 5 * CLOCK_NS_PER_SEC;
    while (!check(l)) {
        peer_link_turn(l, clock_mono_ns());
        assert_true(clock_mono_ns() < end);
        usleep(1000);
    }
}

static bool is_up(const struct peer_link *l)
{
    return l->fd >= 0 && !l->is_connecting;
}

static bool is_lost(const struct peer_link *l)
{
    return l->fd < 0 || l->is_connecting;
}

static bool is_refused(const struct peer_link *l)
{
    return l->refused_ns > 0;
}

static void expect_request(int fd, const char *begins)
{
    char got[256];
    ssize_t n = recv(fd, got, sizeof(got), 0);
    assert_true(n > 0);
    if (!str_starts((struct str){ got, (size_t)n }, str_of(begins)) ||
        !str_ends((struct str){ got, (size_t)n }, STR("\r\n\r\n"))) {
        fail_msg("%.*s", (int)n, got);
    }
}

static void answer_and_turn(struct peer_link *l, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
    usleep(2000);
    peer_link_turn(l, clock_mono_ns());
    assert_true(is_up(l));
}

static void keeps_what_it_is_told_of_scrapers(void **state)
{
    (void)state;
    char address[PEER_ADDRESS_MAX] = "";
    struct peer_link l;
    peer_link_init(&l);
    int server = listener(address, sizeof(address));
    peer_link_set(&l, str_of(address));
    turn_until(&l, is_up);
    int one = accept_one(server);
    expect_request(one, "GET /scrapes HTTP/1.1\r\n");
    static const char first[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nvary: x\r\n\r\n17\n1a:3:500\n";
    for (size_t i = 0; i + 1 < sizeof(first) - 1; i++) {
        const char piece[] = { first[i], '\0' };
        assert_int_equal(l.note_ns, 0);
        assert_int_equal(send(one, piece, 1, 0), 1);
        peer_link_turn(&l, clock_mono_ns());
    }
    answer_and_turn(&l, one, "\n");
    assert_string_equal(l.note, "1a:3:500");
    assert_true(l.note_ns > 0);
    expect_request(one, "GET /scrapes?17 HTTP/1.1\r\n");
    /* What it said last before it died is heard, though both come in one turn. */
    static const char last[] = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n18\n1a:0:500\n";
    assert_int_equal(send(one, last, sizeof(last) - 1, 0), sizeof(last) - 1);
    close(one);
    turn_until(&l, is_lost);
    assert_string_equal(l.note, "1a:0:500");
    /* One that does not know the question is not asked again, but watched all the same. */
    l.retry_ns = 0;
    turn_until(&l, is_up);
    one = accept_one(server);
    expect_request(one, "GET /scrapes HTTP/1.1\r\n");
    answer_and_turn(&l, one, "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno\n");
    answer_and_turn(&l, one, "more");
    assert_false(l.is_asked);
    assert_string_equal(l.note, "1a:0:500");
    close(one);
    /* One that talks too much. */
    l.retry_ns = 0;
    turn_until(&l, is_lost);
    turn_until(&l, is_up);
    one = accept_one(server);
    char flood[1024];
    memset(flood, 'x', sizeof(flood) - 1);
    flood[sizeof(flood) - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        answer_and_turn(&l, one, flood);
    }
    assert_false(l.is_asked);
    close(one);
    close(server);
    peer_link_done(&l);
}

static void knows_a_death_from_a_connection_that_is_renewed(void **state)
{
    (void)state;
    char address[PEER_ADDRESS_MAX] = "";
    struct peer_link l;
    peer_link_init(&l);
    assert_int_equal(peer_link_turn(&l, 1), UINT64_MAX); /* no address: nothing */
    int server = listener(address, sizeof(address));
    peer_link_set(&l, str_of(address));
    turn_until(&l, is_up);
    int one = accept_one(server);
    assert_int_equal(peer_link_turn(&l, clock_mono_ns()), UINT64_MAX);
    expect_request(one, "GET /scrapes HTTP/1.1\r\n");
    answer_and_turn(&l, one, "x"); /* whatever it says: it lives */
    char heard[8];
    assert_true(peer_link_say(&l, STR("hello")));
    int said = accept_one(server);
    assert_int_equal(recv(said, heard, sizeof(heard), 0), 5);
    close(said);
    /* It ends the connection, as a server does with one that says nothing. */
    close(one);
    turn_until(&l, is_lost);
    assert_false(peer_link_say(&l, STR("hello")));
    assert_int_equal(peer_link_died_ns(&l), 0);
    turn_until(&l, is_up);
    usleep(510000);
    peer_link_turn(&l, clock_mono_ns());
    assert_int_equal(l.lost_ns, 0); /* it stands for long enough to be believed */
    one = accept_one(server);
    /* It dies: the listener goes first, as the kernel closes them in the order they were opened. */
    close(server);
    uint64_t died = clock_mono_ns();
    close(one);
    turn_until(&l, is_refused);
    assert_true(peer_link_died_ns(&l) >= died);
    assert_true(peer_link_died_ns(&l) <= l.refused_ns);
    uint64_t first_refused = l.refused_ns;
    peer_link_turn(&l, clock_mono_ns() + 2 * CLOCK_NS_PER_SEC);
    assert_int_equal(l.refused_ns, first_refused);
    /* It is back. */
    server = listener(address, sizeof(address));
    l.retry_ns = 0;
    turn_until(&l, is_up);
    assert_int_equal(peer_link_died_ns(&l), 0);
    peer_link_set(&l, str_of(address)); /* the same: stays */
    assert_true(is_up(&l));
    peer_link_set(&l, STR(""));
    assert_int_equal(l.fd, -1);
    assert_false(l.was_up);
    close(server);
    peer_link_done(&l);
}

static void a_port_that_was_never_open_says_nothing(void **state)
{
    (void)state;
    char address[PEER_ADDRESS_MAX] = "";
    struct peer_link l;
    close(listener(address, sizeof(address)));
    peer_link_init(&l);
    peer_link_set(&l, str_of(address));
    turn_until(&l, is_refused);
    assert_int_equal(peer_link_died_ns(&l), 0);
    assert_true(peer_link_turn(&l, l.retry_ns - 1) == l.retry_ns);
    peer_link_done(&l);
}

static void what_is_no_numeric_address_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = { "localhost:80", ":80", "1.2.3.4", "x", "[::1]" };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        struct peer_link l;
        peer_link_init(&l);
        peer_link_set(&l, str_of(bad[i]));
        assert_int_equal(peer_link_turn(&l, 1), UINT64_MAX);
        assert_int_equal(l.fd, -1);
        peer_link_done(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_is_told_of_scrapers),
        cmocka_unit_test(knows_a_death_from_a_connection_that_is_renewed),
        cmocka_unit_test(a_port_that_was_never_open_says_nothing),
        cmocka_unit_test(what_is_no_numeric_address_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
