#include "kube/object/resource_name.h"

#include "base/num.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

static void check_label(struct str name, struct str want)
{
    struct arena mem;
    struct str label;
    arena_init(&mem, 1 << 20);
    assert_int_equal(resource_name_label(name, &mem, &label), 0);
    if (!str_eq(label, want)) {
        fail_msg("\"" STR_FMT "\": \"" STR_FMT "\", not \"" STR_FMT "\"", STR_ARG(name),
                 STR_ARG(label), STR_ARG(want));
    }
    arena_done(&mem);
}

static void kinds_of_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *label;
        bool hugepages, attachable, extended;
    } table[] = {
        { "cpu", "cpu", false, false, false },
        { "ephemeral-storage", "ephemeral_storage", false, false, false },
        { "hugepages-64Ki", "hugepages_64Ki", true, false, false },
        { "hugepages", "hugepages", false, false, false },
        { "attachable-volumes-gce-pd", "attachable_volumes_gce_pd", false, true, false },
        { "attachable-volumes-a.b/c", "attachable_volumes_a_b_c", false, true, true },
        { "intel.com/qat_generic", "intel_com_qat_generic", false, false, true },
        { "rdma/hca", "rdma_hca", false, false, true },
        { "cpu/x", "cpu_x", false, false, true },
        { "scheduling.kubernetes.io/foo", "scheduling_kubernetes_io_foo", false, false, false },
        { "requests.intel.com/qat", "requests_intel_com_qat", false, false, false },
        { "Intel.com/qat", "Intel_com_qat", false, false, false },
        { "intel.com/-qat", "intel_com__qat", false, false, false },
        { "intel.com/qat.", "intel_com_qat_", false, false, false },
        { "intel.com/q:t", "intel_com_q_t", false, false, false },
        { "intel..com/qat", "intel__com_qat", false, false, false },
        { "intel.com./qat", "intel_com__qat", false, false, false },
        { "-intel.com/qat", "_intel_com_qat", false, false, false },
        { "intel.com/", "intel_com_", false, false, false },
        { "/qat", "_qat", false, false, false },
        { "a/b/c", "a_b_c", false, false, false },
        { "", "", false, false, false },
        { "gr\xC3\xB6\xC3\x9F"
          "e",
          "gr__e", false, false, false },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        struct str name = str_of(table[i].name);
        if (resource_name_is_hugepages(name) != table[i].hugepages ||
            resource_name_is_attachable(name) != table[i].attachable ||
            resource_name_is_extended(name) != table[i].extended) {
            fail_msg("\"%s\" is taken for another kind", table[i].name);
        }
        check_label(name, str_of(table[i].label));
    }
}

static void lengths_of_extended_names(void **state)
{
    (void)state;
    char name[512];
    memset(name, 'a', sizeof(name));
    /* "requests." and the domain make 253 bytes at most, the name 63. */
    name[244] = '/';
    assert_true(resource_name_is_extended((struct str){ name, 244 + 1 + 63 }));
    assert_false(resource_name_is_extended((struct str){ name, 244 + 1 + 64 }));
    name[244] = 'a';
    name[245] = '/';
    assert_false(resource_name_is_extended((struct str){ name, 245 + 1 + 63 }));
}

static void amounts_of(const char *text, enum kube_amounts_of of, const char *want)
{
    struct arena mem;
    arena_init(&mem, 1 << 20);
    const struct kube_decode how = { .mem = &mem };
    struct kube_amounts amounts;
    json_t *list = json_loads(text, 0, NULL);
    assert_int_equal(kube_amounts_decode(list, of, &how, &amounts, NULL), 0);
    auto_buf struct buf have = BUF_INIT(4096);
    for (size_t i = 0; i < amounts.n; i++) {
        const struct kube_amount *a = &amounts.items[i];
        buf_addf(&have, STR_FMT " " STR_FMT " ", STR_ARG(a->resource), STR_ARG(a->unit));
        char value[NUM_TEXT_MAX];
        buf_add(&have, (struct str){ value, num_format_double(value, a->value) });
        buf_add_c(&have, "\n");
    }
    assert_string_equal(buf_c(&have), want);
    json_decref(list);
    arena_done(&mem);
}

static void amounts(void **state)
{
    (void)state;
    static const char list[] = "{\"cpu\":\"1500m\",\"memory\":\"1.5\",\"pods\":\"110\","
                               "\"ephemeral-storage\":1024,\"hugepages-2Mi\":\"2Mi\","
                               "\"attachable-volumes-x.io/y\":\"3\",\"nvidia.com/gpu\":\"1\","
                               "\"bandwidth\":\"5\",\"storage\":null,\"x.io/y\":\"many\"}";
    amounts_of(list, KUBE_AMOUNTS_OF_CONTAINER,
               "cpu core 1.5\nmemory byte 2\nephemeral_storage byte 1024\n"
               "hugepages_2Mi byte 2.097152e+06\nattachable_volumes_x_io_y byte 3\n"
               "attachable_volumes_x_io_y integer 3\nnvidia_com_gpu integer 1\n");
    amounts_of(list, KUBE_AMOUNTS_OF_NODE,
               "cpu core 1.5\nmemory byte 1.5\npods integer 110\nephemeral_storage byte 1024\n"
               "hugepages_2Mi byte 2.097152e+06\nattachable_volumes_x_io_y byte 3\n"
               "attachable_volumes_x_io_y integer 3\nnvidia_com_gpu integer 1\n");
    amounts_of("{}", KUBE_AMOUNTS_OF_NODE, "");
}

static void check_vector(const json_t *vector, void *arg)
{
    (void)arg;
    struct str name = reference_str(vector, "in");
    bool hugepages = json_is_true(json_object_get(vector, "hugepage"));
    bool attachable = json_is_true(json_object_get(vector, "attachable"));
    bool extended = json_is_true(json_object_get(vector, "extended"));
    if (resource_name_is_hugepages(name) != hugepages ||
        resource_name_is_attachable(name) != attachable ||
        resource_name_is_extended(name) != extended) {
        fail_msg("\"" STR_FMT "\" is taken for another kind", STR_ARG(name));
    }
    check_label(name, reference_str(vector, "label"));
}

static void reference_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "resourcename", check_vector, NULL);
    if (n != -1) {
        assert_in_range(n, 29, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_names),
        cmocka_unit_test(lengths_of_extended_names),
        cmocka_unit_test(amounts),
        cmocka_unit_test(reference_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
