/* The kubelet's own cgroup, from /proc of v1, v2 and hybrid machines. */
#include "collectors/kubelet_cgroup.h"

#include "tests/unit/collectors/fixture.h"

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cgroup; /* NULL: none */
    } rows[] = {
        { "0::/system.slice/kubelet.service\n", "/system.slice/kubelet.service" },
        { "0::/\n", "/" },
        { "0::/../../system.slice/kubelet.service\n", "/../../system.slice/kubelet.service" },
        { "4:memory:/a\n1:cpu,cpuacct:/a\n0::/b\n", "/a" },
        { "9:name=systemd:/s\n4:memory:/a\n1:cpu:/a\n0::/\n", "/s" },
        { "4:memory:/process_api/x\n2:cpuacct:/\n1:cpu:/\n0::/\n", NULL },
        { "4:memory:/a\n", NULL },
        { "7:cpuset:/a\n", NULL },
        { "", NULL },
        { "nonsense", NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct str got = { NULL, 0 };
        int r = kubelet_cgroup_parse(str_of(rows[i].text), &got);
        assert_int_equal(r, rows[i].cgroup ? 0 : -ENODATA);
        assert_true(str_eq_c(got, rows[i].cgroup ? rows[i].cgroup : ""));
    }
}

static void test_find(void **state)
{
    (void)state;
    struct fixture f;
    char out[64];
    fixture_open(&f);
    fixture_file(&f, "1/comm", "systemd\n");
    fixture_file(&f, "1/cgroup", "0::/init.scope\n");
    fixture_file(&f, "self/comm", "kubelet\n");
    assert_int_equal(kubelet_cgroup_find(f.top, out, sizeof(out)), -ENODATA);
    fixture_file(&f, "77/comm", "kubelet\n");
    assert_int_equal(kubelet_cgroup_find(f.top, out, sizeof(out)), -ENOENT);
    fixture_file(&f, "77/cgroup", "0::/\n");
    assert_int_equal(kubelet_cgroup_find(f.top, out, sizeof(out)), -ENODATA);
    fixture_file(&f, "77/cgroup", "0::/../../../system.slice/kubelet.service\n");
    assert_int_equal(kubelet_cgroup_find(f.top, out, sizeof(out)), 0);
    assert_string_equal(out, "/system.slice/kubelet.service");
    assert_int_equal(kubelet_cgroup_find(f.top, out, 8), -ENAMETOOLONG);
    assert_int_equal(kubelet_cgroup_find("/nonexistent/proc", out, sizeof(out)), -ENOENT);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
