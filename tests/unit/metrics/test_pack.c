/* Bodies of every coding, as their libraries and programs read them. */
#include "metrics/pack.h"

#include "tests/support/test.h"
#include "tests/support/unpack.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

/* A packer and a body under way. */
struct work {
    enum pack_coding coding;
    struct packer *packer;
    struct pack_body body;
    struct buf text, packed, back; /* what went in, what came out, what that stands for */
};

static void work_begin(struct work *w, int coding)
{
    *w = (struct work){ .coding = (enum pack_coding)coding,
                        .packer = packer_new((enum pack_coding)coding),
                        .text = BUF_INIT(1 << 25),
                        .packed = BUF_INIT(1 << 25),
                        .back = BUF_INIT(1 << 25) };
    assert_non_null(w->packer);
    assert_int_equal(packer_coding(w->packer), coding);
    assert_int_equal(pack_begin(&w->body, w->coding, &w->packed), 0);
}

/* Ends the body, which must read back as the text. */
static void work_end(struct work *w)
{
    assert_int_equal(w->body.n_raw, w->text.n);
    assert_int_equal(pack_end(&w->body, &w->packed), 0);
    if (!unpack(w->coding, buf_str(&w->packed), &w->back) ||
        !str_eq(buf_str(&w->text), buf_str(&w->back))) {
        fail_msg("%zu bytes of %s do not read back", w->text.n, pack_name(w->coding));
    }
    packer_free(w->packer);
    buf_done(&w->text);
    buf_done(&w->packed);
    buf_done(&w->back);
}

static void add(struct work *w, struct str text)
{
    buf_add(&w->text, text);
    assert_int_equal(pack_add(&w->body, w->packer, text, &w->packed), 0);
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

static void make_noise(char *out, size_t n)
{
    uint32_t random = 1;
    for (size_t i = 0; i < n; i++) {
        random = random * 1664525 + 1013904223;
        out[i] = (char)(random >> 24);
    }
}

static void add_in_pieces(struct work *w, size_t bytes, size_t piece)
{
    auto_buf struct buf text = BUF_INIT(1 << 25);
    make_text(&text, bytes);
    for (struct str rest = buf_str(&text); rest.n; rest = str_from(rest, piece)) {
        add(w, str_head(rest, piece));
    }
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
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
            struct work w;
            work_begin(&w, coding);
            add_in_pieces(&w, cases[i].bytes, cases[i].piece);
            /* Pieces refer to nothing before them: small ones gain nothing. */
            assert_true(cases[i].piece < 64000 || w.packed.n * 3 < w.text.n);
            assert_int_equal(packer_bytes(w.packer), cases[i].bytes);
            work_end(&w);
        }
    }
}

static void nothing_adds_nothing(void **state)
{
    (void)state;
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        struct work w;
        work_begin(&w, coding);
        add(&w, STR("abc"));
        size_t n = w.packed.n;
        add(&w, STR(""));
        add(&w, (struct str){ NULL, 0 });
        assert_int_equal(pack_begin(&w.body, w.coding, &w.packed), 0); /* has begun */
        assert_int_equal(w.packed.n, n);
        work_end(&w);
    }
    packer_free(NULL);
}

static void no_room_is_an_error(void **state)
{
    (void)state;
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        struct work w;
        struct buf small = BUF_INIT(10);
        work_begin(&w, coding);
        assert_int_equal(pack_add(&w.body, w.packer, STR("abc"), &small), -ENOBUFS);
        assert_int_equal(pack_end(&w.body, &small), -ENOBUFS);
        struct pack_body body = { 0 };
        assert_int_equal(pack_begin(&body, w.coding, &small), -ENOBUFS);
        buf_done(&small);
        work_end(&w);
    }
}

/* Kept pieces stand between pieces of text, in any order and again and again. */
static void segments_stand_anywhere(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 70, 5000, (1 << 20) + 1 };
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        struct pack_segment *segments[KG_ARRAY_LEN(sizes)];
        struct buf texts[KG_ARRAY_LEN(sizes)];
        struct work w;
        atomic_size_t account = 0;
        work_begin(&w, coding);
        for (size_t i = 0; i < KG_ARRAY_LEN(sizes); i++) {
            buf_init(&texts[i], 1 << 24);
            make_text(&texts[i], sizes[i]);
            segments[i] = pack_segment_new(w.packer, buf_str(&texts[i]), &account);
            assert_non_null(segments[i]);
            assert_true(segments[i]->n + sizeof(*segments[i]) <=
                        pack_segment_most(w.packer, sizes[i]));
        }
        assert_true(account > 0);
        for (size_t i = 0; i < 20; i++) {
            size_t which = i * 7 % KG_ARRAY_LEN(sizes);
            buf_add(&w.text, buf_str(&texts[which]));
            assert_int_equal(pack_add_segment(&w.body, segments[which], &w.packed), 0);
            if (i % 3 == 0) {
                add(&w, STR("# HELP x\n"));
            }
        }
        work_end(&w);
        for (size_t i = 0; i < KG_ARRAY_LEN(sizes); i++) {
            pack_segment_unref(segments[i]);
            buf_done(&texts[i]);
        }
        assert_int_equal(account, 0);
    }
    pack_segment_unref(NULL);
}

/* What does not compress takes no more than was said. */
static void noise_fits(void **state)
{
    (void)state;
    static char noise[1500000];
    make_noise(noise, sizeof(noise));
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        for (size_t n = 1; n <= sizeof(noise); n = n * 3 + 1) {
            struct work w;
            work_begin(&w, coding);
            struct pack_segment *s = pack_segment_new(w.packer, (struct str){ noise, n }, NULL);
            assert_non_null(s);
            assert_true(s->n + sizeof(*s) <= pack_segment_most(w.packer, n));
            buf_add(&w.text, (struct str){ noise, n });
            assert_int_equal(pack_add_segment(&w.body, s, &w.packed), 0);
            pack_segment_unref(s);
            work_end(&w);
        }
    }
}

/* Whatever was added: what came out before the end is no whole body. A connection that is closed
 * there must not pass for the end of the answer. */
static void is_not_whole_before_its_end(void **state)
{
    (void)state;
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        struct work w;
        auto_buf struct buf back = BUF_INIT(1 << 24);
        work_begin(&w, coding);
        assert_true(w.packed.n > 0);
        assert_false(unpack(w.coding, buf_str(&w.packed), &back));
        for (size_t i = 0; i < 5; i++) {
            add_in_pieces(&w, 10 + 3000 * i, 2000);
            buf_clear(&back);
            assert_false(unpack(w.coding, buf_str(&w.packed), &back));
        }
        work_end(&w);
    }
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
static void programs_agree(void **state)
{
    (void)state;
    for (int coding = 0; coding < PACK_N_CODINGS; coding++) {
        struct work w;
        work_begin(&w, coding);
        add_in_pieces(&w, 3 << 20, 100000);
        assert_int_equal(pack_end(&w.body, &w.packed), 0);
        char path[] = "/tmp/kg-pack-XXXXXX", program[8], quiet[] = "-q", test[] = "-t";
        assert_int_equal(str_copy(program, sizeof(program), str_of(pack_name(w.coding))), 0);
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, w.packed.p, w.packed.n), (ssize_t)w.packed.n);
        close(fd);
        int code = run((char *[]){ program, quiet, test, path, NULL });
        unlink(path);
        assert_int_equal(code, 0);
        packer_free(w.packer);
        buf_done(&w.text);
        buf_done(&w.packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back),          cmocka_unit_test(nothing_adds_nothing),
        cmocka_unit_test(no_room_is_an_error), cmocka_unit_test(segments_stand_anywhere),
        cmocka_unit_test(noise_fits),          cmocka_unit_test(is_not_whole_before_its_end),
        cmocka_unit_test(programs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
