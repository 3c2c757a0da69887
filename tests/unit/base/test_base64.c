#include "base/base64.h"

#include "tests/support/test.h"

static void decodes_groups_padding_and_wrapped_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "", "" },
        { "Zg==", "f" },
        { "Zm8=", "fo" },
        { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" },
        { "Zm9vYmFy", "foobar" },
        { "Zm9v\nYm\r\nFy\n", "foobar" },
        { "Zm8=\n", "fo" },
        { "++//", "\xfb\xef\xff" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf out = BUF_INIT(100);
        buf_add_c(&out, "> ");
        assert_int_equal(base64_decode(str_of(cases[i].in), &out), 0);
        assert_str_equal(str_from(buf_str(&out), 2), cases[i].out);
    }
    auto_buf struct buf zeros = BUF_INIT(100);
    assert_int_equal(base64_decode(STR("AAAA"), &zeros), 0);
    assert_int_equal(zeros.n, 3);
    assert_memory_equal(zeros.p, "\0\0\0", 3);
}

static void refuses_what_is_not_base64_and_leaves_out_alone(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "Z",    "Zg",    "Zg=",  "Zm8",  "=",        "====",  "Z===",  "Zg=A",  "Zm 9v",
        "Zm-v", "Zm9v_", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v=", "Zg== ", "Zm9v!", "Zm9\x80",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf out = BUF_INIT(100);
        buf_add_c(&out, "kept");
        if (base64_decode(str_of(cases[i]), &out) != -EINVAL) {
            fail_msg("\"%s\" was taken", cases[i]);
        }
        assert_str_equal(buf_str(&out), "kept");
    }
    auto_buf struct buf nul = BUF_INIT(100);
    assert_int_equal(base64_decode((struct str){ "Zm\0v", 4 }, &nul), -EINVAL);
}

static void stops_at_the_maximum_of_its_target(void **state)
{
    (void)state;
    auto_buf struct buf out = BUF_INIT(5);
    assert_int_equal(base64_decode(STR("Zm9vYmFy"), &out), -ENOBUFS);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_groups_padding_and_wrapped_text),
        cmocka_unit_test(refuses_what_is_not_base64_and_leaves_out_alone),
        cmocka_unit_test(stops_at_the_maximum_of_its_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
