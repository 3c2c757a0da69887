#include "metrics/pack.h"

#include "tests/support/gunzip.h"
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

static void pack(struct str in, size_t piece, struct buf *out)
{
    struct packer *p = packer_new(PACK_GZIP);
    struct pack_body b = { 0 };
    assert_non_null(p);
    assert_int_equal(pack_begin(&b, PACK_GZIP, out), 0);
    while (in.n > 0) {
        struct str now = str_head(in, piece);
        in = str_from(in, now.n);
        assert_int_equal(pack_add(&b, p, now, out), 0);
    }
    assert_int_equal(pack_end(&b, out), 0);
    packer_free(p);
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
        pack(buf_str(&text), cases[i].piece, &packed);
        inflate_all(buf_str(&packed), &back);
        assert_true(str_eq(buf_str(&text), buf_str(&back)));
        /* Pieces refer to nothing before them: small ones gain nothing. */
        assert_true(cases[i].piece < 64000 || packed.n * 3 < text.n);
    }
}

static void an_end_without_bytes(void **state)
{
    (void)state;
    auto_buf struct buf packed = BUF_INIT(1 << 20), back = BUF_INIT(1 << 20);
    struct packer *p = packer_new(PACK_GZIP);
    struct pack_body b = { 0 };
    assert_int_equal(pack_begin(&b, PACK_GZIP, &packed), 0);
    assert_int_equal(pack_add(&b, p, STR("abc"), &packed), 0);
    assert_int_equal(pack_add(&b, p, STR(""), &packed), 0);
    assert_int_equal(pack_add(&b, p, (struct str){ NULL, 0 }, &packed), 0);
    assert_int_equal(pack_end(&b, &packed), 0);
    packer_free(p);
    inflate_all(buf_str(&packed), &back);
    assert_str_equal(buf_str(&back), "abc");
    packer_free(NULL);
}

static void no_room_is_an_error(void **state)
{
    (void)state;
    struct buf small = BUF_INIT(100);
    struct packer *p = packer_new(PACK_GZIP);
    struct pack_body b = { 0 };
    assert_int_equal(pack_begin(&b, PACK_GZIP, &small), 0);
    assert_int_equal(pack_add(&b, p, STR("abc"), &small), -ENOBUFS);
    packer_free(p);
    buf_done(&small);
}

/* Kept pieces stand between pieces of text, in any order and again and again. */
static void segments_stand_anywhere(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 70, 5000, 1 << 20 };
    struct pack_segment *segments[KG_ARRAY_LEN(sizes)];
    struct buf texts[KG_ARRAY_LEN(sizes)];
    struct packer *p = packer_new(PACK_GZIP);
    struct pack_body b = { 0 };
    atomic_size_t account = 0;
    auto_buf struct buf want = BUF_INIT(1 << 24), packed = BUF_INIT(1 << 24),
                        back = BUF_INIT(1 << 24);
    for (size_t i = 0; i < KG_ARRAY_LEN(sizes); i++) {
        buf_init(&texts[i], 1 << 24);
        make_text(&texts[i], sizes[i]);
        segments[i] = pack_segment_new(p, buf_str(&texts[i]), &account);
        assert_non_null(segments[i]);
        assert_true(segments[i]->n + sizeof(*segments[i]) <= pack_segment_most(p, sizes[i]));
    }
    assert_true(account > 0);
    assert_int_equal(pack_begin(&b, PACK_GZIP, &packed), 0);
    for (size_t i = 0; i < 20; i++) {
        size_t which = i * 7 % KG_ARRAY_LEN(sizes);
        buf_add(&want, buf_str(&texts[which]));
        assert_int_equal(pack_add_segment(&b, segments[which], &packed), 0);
        if (i % 3 == 0) {
            buf_add(&want, STR("# HELP x\n"));
            assert_int_equal(pack_add(&b, p, STR("# HELP x\n"), &packed), 0);
        }
    }
    assert_int_equal(pack_end(&b, &packed), 0);
    assert_true(gunzip(buf_str(&packed), &back));
    assert_true(str_eq(buf_str(&want), buf_str(&back)));
    assert_int_equal(b.n_raw, want.n);
    for (size_t i = 0; i < KG_ARRAY_LEN(sizes); i++) {
        pack_segment_unref(segments[i]);
        buf_done(&texts[i]);
    }
    assert_int_equal(account, 0);
    pack_segment_unref(NULL);
    packer_free(p);
}

/* What does not compress takes no more than was said. */
static void noise_fits(void **state)
{
    (void)state;
    struct packer *p = packer_new(PACK_GZIP);
    static char noise[300000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(noise); i++) {
        random = random * 1664525 + 1013904223;
        noise[i] = (char)(random >> 24);
    }
    for (size_t n = 1; n <= sizeof(noise); n = n * 3 + 1) {
        auto_buf struct buf packed = BUF_INIT(1 << 24), back = BUF_INIT(1 << 24);
        struct str text = { noise, n };
        struct pack_body b = { 0 };
        struct pack_segment *s = pack_segment_new(p, text, NULL);
        assert_non_null(s);
        assert_true(s->n + sizeof(*s) <= pack_segment_most(p, n));
        assert_int_equal(pack_begin(&b, PACK_GZIP, &packed), 0);
        assert_int_equal(pack_add_segment(&b, s, &packed), 0);
        assert_int_equal(pack_end(&b, &packed), 0);
        assert_true(gunzip(buf_str(&packed), &back));
        assert_true(str_eq(text, buf_str(&back)));
        pack_segment_unref(s);
    }
    packer_free(p);
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
    pack(buf_str(&text), 100000, &packed);
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
        cmocka_unit_test(reads_back),          cmocka_unit_test(an_end_without_bytes),
        cmocka_unit_test(no_room_is_an_error), cmocka_unit_test(segments_stand_anywhere),
        cmocka_unit_test(noise_fits),          cmocka_unit_test(gunzip_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
