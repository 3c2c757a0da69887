#include "kube/object/int_or_percent.h"

#include "base/num.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

/* The values rounded up and down; want_up NULL: refused. */
static void check(const char *json, int64_t of, const char *want_up, const char *want_down)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    for (int up = 0; up < 2; up++) {
        const char *want = up ? want_up : want_down;
        char have[NUM_TEXT_MAX + 1] = "refused";
        int64_t number = 4711;
        if (int_or_percent(value, of, up, &number)) {
            have[num_format_i64(have, number)] = 0;
        } else {
            assert_int_equal(number, 4711);
        }
        if (strcmp(have, want ? want : "refused") != 0) {
            fail_msg("%s of %lld: %s, not %s", json, (long long)of, have, want ? want : "refused");
        }
    }
    json_decref(value);
}

static void own_table(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t of;
        const char *up, *down;
    } table[] = {
        { "2", 7, "2", "2" },
        { "0", 7, "0", "0" },
        { "\"30%\"", 7, "3", "2" },
        { "\"+30%\"", 7, "3", "2" },
        { "\"-30%\"", 7, "-2", "-3" },
        { "\"030%\"", 10, "3", "3" },
        { "\"57%\"", 100, "57", "57" },
        { "\"50%\"", 0, "0", "0" },
        { "\"50%\"", INT64_MAX, NULL, NULL },
        { "\"9223372036854775808%\"", 1, NULL, NULL },
        { "\"+-3%\"", 7, NULL, NULL },
        { "\"3\"", 7, NULL, NULL },
        { "\"3.5%\"", 7, NULL, NULL },
        { "\"3%%\"", 7, NULL, NULL },
        { "\"%\"", 7, NULL, NULL },
        { "\"+%\"", 7, NULL, NULL },
        { "\"\"", 7, NULL, NULL },
        { "2.5", 7, NULL, NULL },
        { "true", 7, NULL, NULL },
        { "null", 7, NULL, NULL },
        { "{}", 7, NULL, NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        check(table[i].json, table[i].of, table[i].up, table[i].down);
    }
    int64_t number;
    assert_false(int_or_percent(NULL, 7, true, &number));
}

static void check_vector(const json_t *line, void *arg)
{
    (void)arg;
    char up[NUM_TEXT_MAX + 1], down[NUM_TEXT_MAX + 1];
    bool refused = json_is_true(json_object_get(line, "error"));
    up[num_format_i64(up, json_integer_value(json_object_get(line, "max_surge")))] = 0;
    down[num_format_i64(down, json_integer_value(json_object_get(line, "max_unavailable")))] = 0;
    check(json_string_value(json_object_get(line, "in")),
          json_integer_value(json_object_get(line, "replicas")), refused ? NULL : up,
          refused ? NULL : down);
}

static void reference_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "intorpercent", check_vector, NULL);
    if (n != -1) {
        assert_in_range(n, 18, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_table),
        cmocka_unit_test(reference_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
