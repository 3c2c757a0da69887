/* test_json_scan.c — the block scanner against a byte-by-byte model, at every length and cut.
 * The source is included, so that both ways of classifying a block are at hand on one machine. */
#include "kube/client/json_scan.c"

#include "base/buf.h"

#include "tests/support/cmocka.h"

static uint64_t random_state = 42;

static unsigned next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33);
}

/* What json_nest_scan promises, as plainly as it can be said. */
struct model {
    unsigned depth;
    bool in_string, is_escaped;
};

static ssize_t model_scan(struct model *m, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_escaped = m->is_escaped;
        m->is_escaped = c == '\\' && !is_escaped;
        if (c == '"' && !is_escaped) {
            m->in_string = !m->in_string;
        } else if (m->in_string) {
            continue;
        } else if (c == '{' || c == '[') {
            if (++m->depth > LIMIT_JSON_DEPTH) {
                return -ELOOP;
            }
        } else if ((c == '}' || c == ']') && --m->depth == 0) {
            return (ssize_t)i + 1;
        }
    }
    return (ssize_t)text.n;
}

static void fill(char *out, size_t n, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    for (size_t i = 0; i < n; i++) {
        out[i] = alphabet[next_random() % letters];
    }
}

static void test_both_classifiers_agree(void **state)
{
    (void)state;
    char block[BLOCK];
    for (int round = 0; round < 20000; round++) {
        if (round % 2) {
            fill(block, sizeof(block), "\"\\{}[]az09 ,:\x5a\x5c\x7a\x7c");
        } else {
            for (size_t i = 0; i < sizeof(block); i++) {
                block[i] = (char)next_random();
            }
        }
        struct block_masks a = classify(block), b = classify_portable(block);
        assert_memory_equal(&a, &b, sizeof(a));
        for (unsigned i = 0; i < BLOCK; i++) {
            char c = block[i];
            assert_int_equal(a.quote >> i & 1, c == '"');
            assert_int_equal(a.backslash >> i & 1, c == '\\');
            assert_int_equal(a.open >> i & 1, c == '{' || c == '[');
            assert_int_equal(a.close >> i & 1, c == '}' || c == ']');
        }
    }
}

/* Feeds text in pieces of random sizes up to max_piece. */
static ssize_t scan_in_pieces(struct str text, size_t max_piece)
{
    struct json_nest nest;
    json_nest_open(&nest);
    for (size_t at = 0; at < text.n;) {
        struct str piece = str_head(str_from(text, at), 1 + next_random() % max_piece);
        ssize_t used = json_nest_scan(&nest, piece);
        if (used < 0) {
            return used;
        }
        at += (size_t)used;
        if (nest.depth == 0) {
            return (ssize_t)at;
        }
        assert_int_equal(used, piece.n);
    }
    return (ssize_t)text.n;
}

static void test_equals_the_model_however_cut(void **state)
{
    (void)state;
    static const char *const alphabets[] = { "\"\\{}[]ab",     "{[]}\"x",
                                             "\\\"",           "{x",
                                             "ab\"\\\\\\\\{}", "abcdefghijklmnopqrstuvwxyz\"{}" };
    char text[700];
    for (int round = 0; round < 30000; round++) {
        size_t n = next_random() % sizeof(text);
        fill(text, n, alphabets[(size_t)round % KG_ARRAY_LEN(alphabets)]);
        struct model m = { .depth = 1 };
        ssize_t want = model_scan(&m, (struct str){ text, n });
        assert_int_equal(scan_in_pieces((struct str){ text, n }, 1000), want);
        assert_int_equal(scan_in_pieces((struct str){ text, n }, 130), want);
        assert_int_equal(scan_in_pieces((struct str){ text, n }, 3), want);
    }
}

static void test_depth_limit_is_exact(void **state)
{
    (void)state;
    char text[2 * LIMIT_JSON_DEPTH];
    memset(text, '[', LIMIT_JSON_DEPTH - 1);
    memset(text + LIMIT_JSON_DEPTH - 1, ']', LIMIT_JSON_DEPTH);
    struct json_nest nest;
    json_nest_open(&nest);
    assert_int_equal(json_nest_scan(&nest, (struct str){ text, 2 * LIMIT_JSON_DEPTH - 1 }),
                     2 * LIMIT_JSON_DEPTH - 1);
    assert_int_equal(nest.depth, 0);
    memset(text, '{', LIMIT_JSON_DEPTH);
    json_nest_open(&nest);
    assert_int_equal(json_nest_scan(&nest, (struct str){ text, LIMIT_JSON_DEPTH }), -ELOOP);
}

static void test_string_scan(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t used;
        bool ended, is_escaped;
    } cases[] = {
        { "abc\" rest", 4, true, false }, { "\"", 1, true, false },
        { "a\\\"b\"", 5, true, false },   { "a\\\\\"b", 4, true, false },
        { "abc", 3, false, false },       { "abc\\", 4, false, true },
        { "abc\\\\", 5, false, false },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        bool is_escaped = false, ended = false;
        assert_int_equal(json_string_scan(str_of(cases[i].text), &is_escaped, &ended),
                         cases[i].used);
        assert_int_equal(ended, cases[i].ended);
        assert_int_equal(is_escaped, cases[i].is_escaped);
    }
}

static void test_plain_scan(void **state)
{
    (void)state;
    static const char odd[] = { '"', '\\', 0, 1, 0x1f, '\n', (char)0x80, (char)0xC3, (char)0xFF };
    char text[80];
    for (size_t n = 0; n <= sizeof(text); n++) {
        for (size_t i = 0; i < n; i++) {
            text[i] = (char)(0x20 + next_random() % 0x60);
            text[i] = is_plain(text[i]) ? text[i] : ' ';
        }
        assert_int_equal(json_plain_scan((struct str){ text, n }), n);
        assert_int_equal(plain_scan_portable((struct str){ text, n }, 0), n);
        for (size_t at = 0; at < n; at++) {
            char plain = text[at];
            text[at] = odd[next_random() % sizeof(odd)];
            assert_int_equal(json_plain_scan((struct str){ text, n }), at);
            assert_int_equal(plain_scan_portable((struct str){ text, n }, 0), at);
            text[at] = plain;
        }
    }
    for (unsigned c = 0; c < 256; c++) {
        text[0] = (char)c;
        bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        assert_int_equal(json_plain_scan((struct str){ text, 1 }), plain);
        memset(text, (char)c, 16);
        assert_int_equal(json_plain_scan((struct str){ text, 16 }), plain ? 16 : 0);
        assert_int_equal(plain_scan_portable((struct str){ text, 16 }, 0), plain ? 16 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_classifiers_agree),
        cmocka_unit_test(test_equals_the_model_however_cut),
        cmocka_unit_test(test_depth_limit_is_exact),
        cmocka_unit_test(test_string_scan),
        cmocka_unit_test(test_plain_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
