#include "base/hash.h"

#include "tests/support/test.h"

/* The vectors of FNV's authors. */
static void hashes_as_fnv_1a_does(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } cases[] = {
        { "", UINT64_C(0xcbf29ce484222325) },
        { "a", UINT64_C(0xaf63dc4c8601ec8c) },
        { "b", UINT64_C(0xaf63df4c8601f1a5) },
        { "foobar", UINT64_C(0x85944171f73967e8) },
        { "chongo was here!\n", UINT64_C(0x46810940eff5f915) },
        { "\xff", UINT64_C(0xaf64724c8602eb6e) }, /* a byte is not a sign */
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_int_equal(hash_str(HASH_START, str_of(cases[i].text)), cases[i].hash);
    }
}

static void goes_on_where_it_was(void **state)
{
    (void)state;
    uint64_t foo = hash_str(HASH_START, STR("foo"));
    assert_int_equal(hash_str(foo, STR("bar")), UINT64_C(0x85944171f73967e8));
    assert_int_equal(hash_str(foo, (struct str){ 0 }), foo);
}

static void hashes_every_byte_of_a_number(void **state)
{
    (void)state;
    const struct str bytes = { "\x08\x07\x06\x05\x04\x03\x02\x01", 8 };
    assert_int_equal(hash_u64(HASH_START, UINT64_C(0x0102030405060708)),
                     hash_str(HASH_START, bytes));
    for (unsigned bit = 0; bit < 64; bit++) {
        assert_int_not_equal(hash_u64(HASH_START, UINT64_C(1) << bit), hash_u64(HASH_START, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_fnv_1a_does),
        cmocka_unit_test(goes_on_where_it_was),
        cmocka_unit_test(hashes_every_byte_of_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
