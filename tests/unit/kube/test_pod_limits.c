/* The limit of a pod's ephemeral storage, from those of its containers. */
#include "kube/join/pod_limits.h"

#include "tests/support/test.h"

#define APP(limit) "{\"resources\":{\"limits\":{\"ephemeral-storage\":" limit "}}}"
#define SIDECAR(limit)                                                                             \
    "{\"restartPolicy\":\"Always\",\"resources\":{\"limits\":{\"ephemeral-storage\":" limit "}}}"

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint64_t bytes;
    } rows[] = {
        { "{}", 0 },
        { "{\"containers\":[{}, 7, {\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}]}", 0 },
        { "{\"containers\":[" APP("\"1Gi\"") "]}", 1073741824 },
        { "{\"containers\":[" APP("\"1k\"") "," APP("500") ",{}]}", 1500 },
        /* an init container needs its own before the others start */
        { "{\"containers\":[" APP("\"1k\"") "],\"initContainers\":[" APP("300") "]}", 1000 },
        { "{\"containers\":[" APP("\"1k\"") "],\"initContainers\":[" APP("\"3k\"") "]}", 3000 },
        { "{\"containers\":[" APP("10") "],\"initContainers\":[" SIDECAR("5") "," APP("7") "]}",
          15 },
        { "{\"containers\":[" APP("1") "],\"initContainers\":[" SIDECAR("5") "," APP("7") "]}",
          12 },
        { "{\"containers\":[" APP("10") "],\"overhead\":{\"ephemeral-storage\":\"5\"}}", 15 },
        { "{\"containers\":[{}],\"overhead\":{\"ephemeral-storage\":\"5\"}}", 0 },
        { "{\"containers\":[" APP("\"much\"") "," APP("\"-5\"") "]}", 0 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "{\"spec\":%s}", rows[i].spec);
        json_t *object = json_loads(text, 0, NULL);
        assert_non_null(object);
        uint64_t got = pod_limits_ephemeral(object);
        json_decref(object);
        if (got != rows[i].bytes) {
            fail_msg("%s: %llu, not %llu", rows[i].spec, (unsigned long long)got,
                     (unsigned long long)rows[i].bytes);
        }
    }
    assert_int_equal(pod_limits_ephemeral(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(limits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
