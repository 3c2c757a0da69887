/* The OCI bundles' annotations: what they say, and every way in which the text may be wrong. */
#include "collectors/runtime_record.h"

#include "base/limits.h"
#include "tests/unit/collectors/fixture.h"

#define ID "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"

#define CONTAINERD                                                                                 \
    "{\"ociVersion\":\"1.0.2-dev\",\"process\":{\"args\":[\"sh\",\"-c\",\"echo "                   \
    "\\\"annotations\\\":{\"],\"env\":[\"A={\\\"io.kubernetes.cri.container-type\\\":\\\"x\\\"}\"" \
    "],\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}},\"mounts\":[{}],\n"     \
    " \"annotations\" : {\"io.kubernetes.cri.container-name\":\"app\",\n"                          \
    "\"io.kubernetes.cri.container-type\":\"container\","                                          \
    "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1.27\","                           \
    "\"io.kubernetes.cri.sandbox-name\":\"web-0\",\"io.kubernetes.cri.sandbox-namespace\":"        \
    "\"default\"},\"linux\":{\"annotations\":{\"io.kubernetes.cri.container-name\":\"no\"}}}"

static void test_containerd(void **state)
{
    (void)state;
    struct runtime_record r;
    assert_int_equal(runtime_record_parse(STR(CONTAINERD), &r), 0);
    assert_false(r.is_sandbox);
    assert_string_equal(r.container, "app");
    assert_string_equal(r.image, "docker.io/library/nginx:1.27");
    assert_string_equal(r.name, "");
    assert_string_equal(r.namespace, "default");
    assert_string_equal(r.pod, "web-0");
}

static void test_sandboxes(void **state)
{
    (void)state;
    struct runtime_record r;
    assert_int_equal(
        runtime_record_parse(STR("{\"annotations\":{"
                                 "\"io.kubernetes.cri.container-type\":\"sandbox\","
                                 "\"io.kubernetes.cri.podsandbox.image-name\":\"pause:3.10\","
                                 "\"io.kubernetes.cri.sandbox-name\":\"web-0\"}}"),
                             &r),
        0);
    assert_true(r.is_sandbox);
    assert_string_equal(r.container, "");
    assert_string_equal(r.image, "pause:3.10");
    assert_int_equal(
        runtime_record_parse(STR("{\"annotations\":{"
                                 "\"io.kubernetes.container.name\":\"POD\","
                                 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_POD_web-0_d_u_3\","
                                 "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
                                 "\"io.kubernetes.pod.name\":\"web-0\","
                                 "\"io.kubernetes.pod.namespace\":\"d\"}}"),
                             &r),
        0);
    assert_true(r.is_sandbox);
    assert_string_equal(r.container, "POD");
    assert_string_equal(r.name, "k8s_POD_web-0_d_u_3");
    assert_string_equal(r.namespace, "d");
}

#define TYPED(rest)                                                                                \
    STR("{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\"," rest "}}")

static void test_nerdctl(void **state)
{
    (void)state;
    struct runtime_record r;
    assert_int_equal(runtime_record_parse(STR("{\"annotations\":{\"nerdctl/hostname\":\"0b7c\","
                                              "\"nerdctl/name\":\"shop-web-1\"}}"),
                                          &r),
                     0);
    assert_false(r.is_sandbox);
    assert_string_equal(r.name, "shop-web-1");
    assert_string_equal(r.container, "");
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        struct str json;
        const char *image;
    } rows[] = {
        { TYPED("\"io.kubernetes.cri.image-name\":\"a\\u003cb\\u003e\""), "a<b>" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"a\\\"\\\\\\/\\n\\t\""), "a\"\\/\n\t" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"\\u00e9\\u20ac\\ud83d\\ude00\""),
          "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
        /* Not JSON, or not to be had as a C string: left out whole. */
        { TYPED("\"io.kubernetes.cri.image-name\":\"a\\q\""), "" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"a\\u00\""), "" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"a\\u0000b\""), "" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"\\ud83d\""), "" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"\\ude00\\ud83d\""), "" },
        { TYPED("\"io.kubernetes.cri.image-name\":\"\\ud83d\\u0041\""), "" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct runtime_record r;
        print_message("%s\n", rows[i].json.p);
        assert_int_equal(runtime_record_parse(rows[i].json, &r), 0);
        assert_string_equal(r.image, rows[i].image);
    }
}

/* A value longer than its room is left out, not cut. */
static void test_long_value(void **state)
{
    (void)state;
    char json[4096], pod[600];
    struct runtime_record r;
    for (size_t n = 254; n <= 257; n++) {
        memset(pod, 'p', n);
        pod[n] = '\0';
        snprintf(json, sizeof(json),
                 "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"%s\","
                 "\"io.kubernetes.cri.container-type\":\"container\"}}",
                 pod);
        assert_int_equal(runtime_record_parse(str_of(json), &r), 0);
        assert_string_equal(r.pod, n < RUNTIME_RECORD_NAME ? pod : "");
    }
}

/* Cut anywhere, the text yields an error or (once the annotations are whole) all of it. */
static void test_cut(void **state)
{
    (void)state;
    const struct str whole = STR(CONTAINERD);
    bool complete = false;
    for (size_t n = 0; n < whole.n; n++) {
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, whole.p, n);
        struct runtime_record r = { .pod = "untouched" };
        int error = runtime_record_parse((struct str){ copy, n }, &r);
        free(copy);
        assert_true(error == 0 || error == -ENODATA || error == -EBADMSG);
        assert_true(!complete || error == 0);
        complete |= error == 0;
        assert_string_equal(r.pod, error == 0 ? "web-0" : "untouched");
    }
    assert_true(complete);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int error;
    } rows[] = {
        { "", -ENODATA },
        { "{}", -ENODATA },
        { "]]]{", -ENODATA },
        { "{\"annotations\":{}}", -ENODATA },
        { "{\"annotations\":null}", -ENODATA },
        { "{\"annotations\":{\"a\":\"b\"}}", -ENODATA },
        { "{\"annotations\":{\"a\":1}}", -EBADMSG },
        { "{\"annotations\":{\"a\" \"b\"}}", -EBADMSG },
        { "{\"annotations\":{", -EBADMSG },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct runtime_record r;
        assert_int_equal(runtime_record_parse(str_of(rows[i].json), &r), rows[i].error);
    }
}

static void note_mount(void *arg, const struct runtime_mount *mount)
{
    char *text = arg;
    size_t n = strlen(text);
    snprintf(text + n, 1024 - n, STR_FMT "<" STR_FMT ";", STR_ARG(mount->destination),
             STR_ARG(mount->source));
}

static void test_places(void **state)
{
    (void)state;
    struct fixture f;
    struct runtime_record r;
    size_t first = 0;
    fixture_open(&f);
    int root = open(f.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), -ENOENT);
    fixture_file(&f, "run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
                 CONTAINERD);
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), 0);
    assert_string_equal(r.pod, "web-0");
    assert_int_equal(first, 1);
    char mounts[1024] = "";
    assert_int_equal(runtime_mounts_read(root, STR(ID), &first, note_mount, mounts), 0);
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), 0);
    fixture_remove(&f, "run/k3s");
    fixture_file(&f, "run/containers/storage/overlay-containers/" ID "/userdata/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\"}}");
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), 0);
    assert_int_equal(first, 2);

    /* Larger than anything a runtime writes. */
    char *huge = malloc(LIMIT_RUNTIME_RECORD_BYTES + 2);
    assert_non_null(huge);
    memset(huge, ' ', LIMIT_RUNTIME_RECORD_BYTES + 1);
    huge[LIMIT_RUNTIME_RECORD_BYTES + 1] = '\0';
    fixture_file(&f, "run/containers/storage/overlay-containers/" ID "/userdata/config.json", huge);
    free(huge);
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), -EFBIG);
    fixture_remove(&f, "run/containers");
    fixture_file(&f, "run/containerd/io.containerd.runtime.v2.task/default/" ID "/config.json",
                 "{\"annotations\":{\"nerdctl/name\":\"web\"}}");
    assert_int_equal(runtime_record_read(root, STR(ID), &first, &r), 0);
    assert_string_equal(r.name, "web");
    close(root);
    fixture_close(&f);
}

#define MOUNTS                                                                                     \
    "{\"process\":{\"args\":[\"\\\"mounts\\\":[\"],\"mounts\":[{\"destination\":\"/no\","          \
    "\"source\":\"/no\"}]},\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/proc\"," \
    "\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"a]}\"]}, {\"source\":"        \
    "\"/mnt/a\\u0026b\",\"uidMappings\":[{\"hostID\":1}],\"x\":null,\"destination\":\"/data\"},"   \
    "{\"destination\":\"/only\"}],\"annotations\":{}}"

static void test_mounts(void **state)
{
    (void)state;
    char got[1024] = "";
    assert_int_equal(runtime_mounts_parse(STR(MOUNTS), note_mount, got), 0);
    assert_string_equal(got, "/proc<proc;/data</mnt/a&b;");
    static const struct {
        const char *json;
        int error;
    } rows[] = {
        { "", -ENODATA },
        { "{\"mounts\":null}", -ENODATA },
        { "{\"mounts\":[]}", 0 },
        { "{\"mounts\":[{}]}", 0 },
        { "{\"mounts\":[1]}", -EBADMSG },
        { "{\"mounts\":[{\"a\":1}", -EBADMSG },
        { "{\"mounts\":[{1:1}]}", -EBADMSG },
        { "{\"mounts\":[{\"a\":\"b", -EBADMSG },
        { "{\"mounts\":[{\"a\":[\"b", -EBADMSG },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        assert_int_equal(runtime_mounts_parse(str_of(rows[i].json), note_mount, got),
                         rows[i].error);
    }
}

/* Cut anywhere, nothing is read beyond the end. */
static void test_mounts_cut(void **state)
{
    (void)state;
    const struct str whole = STR(MOUNTS);
    for (size_t n = 0; n < whole.n; n++) {
        char *copy = malloc(n + 1), got[1024] = "";
        assert_non_null(copy);
        memcpy(copy, whole.p, n);
        int error = runtime_mounts_parse((struct str){ copy, n }, note_mount, got);
        free(copy);
        assert_true(error == 0 || error == -ENODATA || error == -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_containerd), cmocka_unit_test(test_sandboxes),
        cmocka_unit_test(test_nerdctl),    cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_long_value), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_wrong),      cmocka_unit_test(test_places),
        cmocka_unit_test(test_mounts),     cmocka_unit_test(test_mounts_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
