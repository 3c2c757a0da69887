#include "metrics/gzip.h"

#include "tests/support/test.h"

#include <isa-l/igzip_lib.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static void inflate_all(struct str in, struct buf *out)
{
    struct inflate_state *s = malloc(sizeof(*s));
    isal_inflate_init(s);
    s->crc_flag = ISAL_GZIP;
    s->next_in = (uint8_t *)(uintptr_t)in.p;
    s->avail_in = (uint32_t)in.n;
    do {
        assert_int_equal(buf_reserve(out, 4096), 0);
        s->next_out = (uint8_t *)out->p + out->n;
        s->avail_out = 4096;
        assert_int_equal(isal_inflate(s), ISAL_DECOMP_OK);
        out->n += 4096 - s->avail_out;
    } while (s->block_state != ISAL_BLOCK_FINISH);
    assert_int_equal(s->avail_in, 0); /* one member, nothing behind it */
    free(s);
}

/* Text like an exposition: repeating, but not only. */
static void make_text(struct buf *out, size_t n)
{
    uint32_t random = 1;
    while (out->n < n) {
        random = random * 1664525 + 1013904223;
        buf_addf(out, "kube_pod_info{namespace=\"ns-%u\",uid=\"%x\"} 1\n", random >> 28, random);
    }
    buf_truncate(out, n);
}

static void compress(struct str in, size_t piece, struct buf *out)
{
    struct gzip *g = gzip_new();
    assert_non_null(g);
    do {
        struct str now = str_head(in, piece);
        in = str_from(in, now.n);
        assert_int_equal(gzip_write(g, now, in.n == 0, out), 0);
    } while (in.n > 0);
    gzip_free(g);
}

static void reads_back(void **state)
{
    (void)state;
    static const struct {
        size_t bytes, piece;
    } cases[] = {
        { 0, 1 },        { 1, 1 },           { 10, 3 },           { 1000, 1 },
        { 100000, 7 },   { 1 << 20, 65536 }, { 3 << 20, 256000 }, { 3 << 20, 8 << 20 },
        { 70000, 1000 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf text = BUF_INIT(1 << 24), packed = BUF_INIT(1 << 24),
                            back = BUF_INIT(1 << 24);
        make_text(&text, cases[i].bytes);
        compress(buf_str(&text), cases[i].piece, &packed);
        inflate_all(buf_str(&packed), &back);
        assert_true(str_eq(buf_str(&text), buf_str(&back)));
        assert_true(cases[i].bytes < 100000 || packed.n * 3 < text.n);
    }
}

static void an_end_without_bytes(void **state)
{
    (void)state;
    auto_buf struct buf packed = BUF_INIT(1 << 20), back = BUF_INIT(1 << 20);
    struct gzip *g = gzip_new();
    assert_int_equal(gzip_write(g, STR("abc"), false, &packed), 0);
    assert_int_equal(gzip_write(g, STR(""), false, &packed), 0);
    assert_int_equal(gzip_write(g, (struct str){ NULL, 0 }, true, &packed), 0);
    gzip_free(g);
    inflate_all(buf_str(&packed), &back);
    assert_str_equal(buf_str(&back), "abc");
    gzip_free(NULL);
}

static void no_room_is_an_error(void **state)
{
    (void)state;
    struct buf small = BUF_INIT(100);
    struct gzip *g = gzip_new();
    assert_int_equal(gzip_write(g, STR("abc"), true, &small), -ENOBUFS);
    gzip_free(g);
    buf_done(&small);
}

static int run(char *const argv[])
{
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What other programs read, not only the library that wrote it. */
static void gunzip_agrees(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(1 << 24), packed = BUF_INIT(1 << 24);
    make_text(&text, 3 << 20);
    compress(buf_str(&text), 100000, &packed);
    char path[] = "/tmp/kg-gzip-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, packed.p, packed.n), (ssize_t)packed.n);
    close(fd);
    char gzip[] = "gzip", test[] = "-t";
    int code = run((char *[]){ gzip, test, path, NULL });
    unlink(path);
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back),
        cmocka_unit_test(an_end_without_bytes),
        cmocka_unit_test(no_room_is_an_error),
        cmocka_unit_test(gunzip_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
