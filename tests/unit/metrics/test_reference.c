/* The peer's own text for names, escapes and numbers, from the shared reference. Apart from the
 * other tests of these files, because the whole binary is skipped where there is no reference. */
#include "metrics/names.h"
#include "metrics/store.h"
#include "tests/support/reference.h"
#include "tests/unit/metrics/zoo.h"

static void check_names(const json_t *line, void *arg)
{
    struct arena *mem = arg;
    struct metric_label pairs[16], *got;
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(line, "in"), key, value) {
        pairs[n++] = (struct metric_label){ str_of(key), str_of(json_string_value(value)) };
    }
    assert_int_equal(label_names_from_pairs(pairs, n, STR("label_"), mem, &got), 0);
    const json_t *keys = json_object_get(line, "keys"), *values = json_object_get(line, "values");
    assert_int_equal(json_array_size(keys), n);
    for (size_t i = 0; i < n; i++) {
        assert_str_equal(got[i].name, json_string_value(json_array_get(keys, i)));
        assert_str_equal(got[i].value, json_string_value(json_array_get(values, i)));
    }
}

static void label_names(void **state)
{
    (void)state;
    struct arena mem;
    arena_init(&mem, 1 << 20);
    int n = reference_each("ksm/vectors.jsonl", "kind", "labelnames", check_names, &mem);
    arena_done(&mem);
    assert_true(n == -1 || n >= 20);
}

static size_t from_hex(const char *hex, char *out)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        out[i] = (char)strtoul(two, NULL, 16);
    }
    return n;
}

/* A vector's output is `{l="VALUE"} 1` and a newline. KSM copies what is no UTF-8; from the API
 * server it cannot come, so that metric_escape, which copies too, is what is compared. */
static void check_escape(const json_t *line, void *arg)
{
    (void)arg;
    char in[256], out[512];
    struct str value = { in, from_hex(json_string_value(json_object_get(line, "in_hex")), in) };
    struct str want = { out, from_hex(json_string_value(json_object_get(line, "out_hex")), out) };
    auto_buf struct buf got = BUF_INIT(1000);
    buf_add(&got, STR("{l=\""));
    metric_escape(&got, value);
    buf_add(&got, STR("\"} 1\n"));
    assert_true(str_eq(buf_str(&got), want));
}

static void escapes(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "escape", check_escape, NULL);
    assert_true(n == -1 || n >= 10);
}

static void assert_value_reads(double value, const char *text)
{
    struct metric_store *store = metric_store_new(&animals, NULL, NULL, NULL);
    struct animal a = { .present = ANIMAL_BORN, .born = value };
    assert_int_equal(metric_store_put(store, STR("k"), &a, NULL), 0);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    auto_buf struct buf out = BUF_INIT(4096), want = BUF_INIT(4096);
    expose(metric_store_part(store), METRIC_FORMAT_TEXT, 1, &out);
    buf_addf(&want, "animal_born_seconds{place=\"\",animal=\"\"} %s\n", text);
    assert_true(str_ends(buf_str(&out), buf_str(&want)));
    metric_store_free(store);
}

/* The text after `"key":"` in a line; the numbers there are not all JSON. */
static bool text_of(const char *line, const char *key, char *out, size_t size)
{
    const char *at = strstr(line, key);
    struct str rest = str_of(at ? at + strlen(key) : NULL);
    return str_copy(out, size, str_cut(&rest, '"')) == 0 && at;
}

static void values(void **state)
{
    (void)state;
    FILE *file = reference_open("ksm/vectors.jsonl");
    char *line = NULL, bits[64], text[64];
    size_t size = 0, n = 0;
    while (file && getline(&line, &size, file) > 0) {
        if (strstr(line, "\"kind\":\"float\"")) {
            assert_true(text_of(line, "\"bits\":\"", bits, sizeof(bits)));
            assert_true(text_of(line, "\"out\":\"", text, sizeof(text)));
            assert_value_reads(strtod(bits, NULL), text);
            n++;
        }
    }
    assert_true(!file || n >= 40);
    free(line);
    if (file) {
        fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_names),
        cmocka_unit_test(escapes),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
