#include "base/str_slots.h"

#include "tests/support/test.h"

#include <stdio.h>

#define CAP 64

static void finds_what_was_put_up_to_the_last_free_slot(void **state)
{
    (void)state;
    struct str slots[CAP] = { 0 };
    char texts[CAP - 1][16];
    for (size_t i = 0; i < CAP - 1; i++) {
        snprintf(texts[i], sizeof(texts[i]), "text %zu", i);
        struct str *slot = str_slots_find(slots, CAP, str_of(texts[i]));
        assert_null(slot->p);
        *slot = str_of(texts[i]);
    }
    for (size_t i = 0; i < CAP - 1; i++) {
        assert_ptr_equal(str_slots_find(slots, CAP, str_of(texts[i]))->p, texts[i]);
    }
    assert_null(str_slots_find(slots, CAP, STR("another"))->p);
}

static void an_empty_text_is_one_too(void **state)
{
    (void)state;
    struct str slots[2] = { 0 };
    *str_slots_find(slots, 2, STR("")) = STR("");
    assert_non_null(str_slots_find(slots, 2, (struct str){ 0 })->p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_put_up_to_the_last_free_slot),
        cmocka_unit_test(an_empty_text_is_one_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
