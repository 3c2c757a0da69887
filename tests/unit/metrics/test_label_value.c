#include "metrics/label_value.h"

#include "base/limits.h"
#include "metrics/utf8.h"
#include "metrics/writer.h"
#include "tests/support/test.h"

static void assert_value(struct str in, struct str want)
{
    auto_buf struct buf out = BUF_INIT(1000);
    label_value_add(&out, in);
    assert_true(str_eq(buf_str(&out), want));
    assert_int_equal(label_value_size(in), want.n);
    char *text = malloc(want.n + 1); /* ASan sees a byte too many */
    assert_ptr_equal(label_value_put(text, in), text + want.n);
    assert_memory_equal(text, want.p ? want.p : "", want.n);
    free(text);
}

static void escapes(void **state)
{
    (void)state;
    static const struct {
        struct str in, out;
    } cases[] = {
        { STR_INIT(""), STR_INIT("") },
        { STR_INIT("plain"), STR_INIT("plain") },
        { STR_INIT("a\"b"), STR_INIT("a\\\"b") },
        { STR_INIT("a\\b"), STR_INIT("a\\\\b") },
        { STR_INIT("a\nb"), STR_INIT("a\\nb") },
        { STR_INIT("\\n"), STR_INIT("\\\\n") },
        { STR_INIT("\"\\\n"), STR_INIT("\\\"\\\\\\n") },
        { STR_INIT("tab\tcr\rnul\0end"), STR_INIT("tab\tcr\rnul\0end") },
        { STR_INIT("{}=,"), STR_INIT("{}=,") },
        /* beyond the first eight bytes, which are looked at as one */
        { STR_INIT("12345678"), STR_INIT("12345678") },
        { STR_INIT("1234567\""), STR_INIT("1234567\\\"") },
        { STR_INIT("12345678\n"), STR_INIT("12345678\\n") },
        { STR_INIT("1234567890abcde\\"), STR_INIT("1234567890abcde\\\\") },
        { STR_INIT("!#[]\x0B\x09\x7F\x01 plain, all"),
          STR_INIT("!#[]\x0B\x09\x7F\x01 plain, all") },
        { STR_INIT("12345678\xC3\xA9"), STR_INIT("12345678\xC3\xA9") },
        { STR_INIT("\xC3\xA9\xE4\xB8\x96\xF0\x9F\x98\x80"),
          STR_INIT("\xC3\xA9\xE4\xB8\x96\xF0\x9F\x98\x80") },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_value(cases[i].in, cases[i].out);
        auto_buf struct buf out = BUF_INIT(1000);
        metric_escape(&out, cases[i].in);
        assert_true(str_eq(buf_str(&out), cases[i].out));
    }
}

/* Eight bytes are looked at at once, the last ones of a longer text twice. */
static void odd_bytes_are_seen_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        char *text = malloc(n ? n : 1); /* ASan sees a look too far */
        assert_non_null(text);
        memset(text, 'x', n);
        assert_true(label_value_is_plain((struct str){ text, n }));
        for (size_t at = 0; at < n; at++) {
            for (unsigned c = 0; c < 256; c++) {
                text[at] = (char)c;
                bool plain = c < 0x80 && c != '\\' && c != '"' && c != '\n';
                assert_int_equal(label_value_is_plain((struct str){ text, n }), plain);
            }
            text[at] = 'x';
        }
        free(text);
    }
}

/* Whatever the length of the text and the place of the byte, which are looked at eight at a time.
 */
static void escapes_at_every_place(void **state)
{
    (void)state;
    char in[24], out[24];
    for (size_t n = 1; n < sizeof(in); n++) {
        for (size_t at = 0; at < n; at++) {
            memset(in, 'x', n);
            memset(out, 'x', n + 1);
            in[at] = out[at + 1] = '"';
            out[at] = '\\';
            char *exact = malloc(n); /* ASan sees a byte too many */
            memcpy(exact, in, n);
            assert_value((struct str){ exact, n }, (struct str){ out, n + 1 });
            exact[at] = '\x80';
            assert_int_equal(label_value_size((struct str){ exact, n }), n + 2);
            exact[at] = 'y';
            assert_value((struct str){ exact, n }, (struct str){ exact, n });
            free(exact);
        }
    }
}

#define BAD "\xEF\xBF\xBD"

static void what_is_no_character_is_replaced(void **state)
{
    (void)state;
    static const struct {
        struct str in, out;
    } cases[] = {
        { STR_INIT("\xFF\xFE"), STR_INIT(BAD BAD) },
        { STR_INIT("a\x80\"b"), STR_INIT("a" BAD "\\\"b") },
        { STR_INIT("\xC3"), STR_INIT(BAD) },
        { STR_INIT("\xC3\"\xC3\xA9"), STR_INIT(BAD "\\\"\xC3\xA9") },
        { STR_INIT("\xE4\xB8"), STR_INIT(BAD BAD) },
        { STR_INIT("\xC0\x80"), STR_INIT(BAD BAD) },
        { STR_INIT("\xED\xA0\x80"), STR_INIT(BAD BAD BAD) },
        { STR_INIT("\xE0\x9F\x80"), STR_INIT(BAD BAD BAD) },
        { STR_INIT("\xF0\x8F\x80\x80"), STR_INIT(BAD BAD BAD BAD) },
        { STR_INIT("\xF4\x90\x80\x80"), STR_INIT(BAD BAD BAD BAD) },
        { STR_INIT("\xE4\xB8\x96\xE4x"), STR_INIT("\xE4\xB8\x96" BAD "x") },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_false(utf8_valid(cases[i].in));
        assert_true(utf8_valid(cases[i].out));
        assert_value(cases[i].in, cases[i].out);
    }
    struct buf small = BUF_INIT(4);
    label_value_add(&small, STR("\xFF\xFE"));
    assert_int_equal(buf_failed(&small), -ENOBUFS);
    assert_int_equal(small.n, 0);
    buf_clear(&small);
    label_value_add(&small, STR("\"\"\""));
    assert_int_equal(buf_failed(&small), -ENOBUFS);
    buf_done(&small);
}

static void long_values_are_cut_between_characters(void **state)
{
    (void)state;
    size_t n = LIMIT_LABEL_VALUE_BYTES + 8;
    char *text = malloc(n);
    uint64_t cut = 0;
    memset(text, 'x', n);
    assert_int_equal(label_value_bounded((struct str){ text, n - 8 }, &cut).n, n - 8);
    assert_int_equal(cut, 0);
    assert_int_equal(label_value_bounded((struct str){ text, n }, &cut).n, n - 8);
    assert_int_equal(cut, 1);
    for (size_t before = 1; before <= 3; before++) {
        memset(text, 'x', n);
        memcpy(text + LIMIT_LABEL_VALUE_BYTES - before, "\xF0\x9F\x98\x80", 4);
        struct str s = label_value_bounded((struct str){ text, n }, &cut);
        assert_int_equal(s.n, LIMIT_LABEL_VALUE_BYTES - before);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(odd_bytes_are_seen_anywhere),
        cmocka_unit_test(escapes_at_every_place),
        cmocka_unit_test(what_is_no_character_is_replaced),
        cmocka_unit_test(long_values_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
