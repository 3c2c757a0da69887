/* What a path says: every driver and runtime, one row a form. */
#include "collectors/cgroup/cgroup_id.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define C "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define C2 "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define U_ "7c499e03_b0d5_449b_b80b_05fb6c741d16"
#define U2 "21edb7b9-b2ee-4842-a1e2-3837cd8e8c0a"
#define U2_ "21edb7b9_b2ee_4842_a1e2_3837cd8e8c0a"
#define HASH "a64ba5e8144e5edbe7c03b4ce63573dc"
#define SLICES "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"

struct form {
    const char *path;
    enum cgroup_kind kind;
    enum cgroup_runtime runtime;
    const char *container, *pod;
    bool nested;
};

static void check(const struct form *forms, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct form *f = &forms[i];
        struct cgroup_id id;
        struct str path = str_of(f->path);
        cgroup_identify(path, &id);
        print_message("%s\n", f->path);
        assert_int_equal(id.kind, f->kind);
        assert_int_equal(id.runtime, f->runtime);
        assert_string_equal(id.pod_uid, f->pod ? f->pod : "");
        assert_int_equal(id.nested, f->nested);
        assert_true(str_eq_c(id.container_id, f->container ? f->container : ""));
        if (f->container) {
            assert_true(id.container_id.p >= path.p);
            assert_true(id.container_id.p + id.container_id.n <= path.p + path.n);
        }
    }
}

#define NONE CGROUP_RUNTIME_NONE
#define CONTAINERD CGROUP_RUNTIME_CONTAINERD
#define CRIO CGROUP_RUNTIME_CRIO
#define DOCKER CGROUP_RUNTIME_DOCKER
#define PODMAN CGROUP_RUNTIME_PODMAN

static void test_cgroupfs_driver(void **state)
{
    (void)state;
    static const struct form forms[] = {
        { "/", CGROUP_ROOT, NONE, NULL, NULL, false },
        { "", CGROUP_ROOT, NONE, NULL, NULL, false },
        { "/kubepods", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/kubepods/burstable", CGROUP_QOS, NONE, NULL, NULL, false },
        { "/kubepods/besteffort", CGROUP_QOS, NONE, NULL, NULL, false },
        { "/kubepods/pod" U, CGROUP_POD, NONE, NULL, U, false },
        { "/kubepods/burstable/pod" U, CGROUP_POD, NONE, NULL, U, false },
        { "/kubepods/besteffort/pod" U, CGROUP_POD, NONE, NULL, U, false },
        { "/kubepods/burstable/pod" HASH, CGROUP_POD, NONE, NULL, HASH, false },
        { "/kubepods/burstable/podhand_made", CGROUP_POD, NONE, NULL, "hand_made", false },
        { "/kubepods/burstable/pod", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/kubepods/burstable/pod" U "/" C, CGROUP_CONTAINER, NONE, C, U, false },
        { "/kubepods/pod" U "/" C, CGROUP_CONTAINER, NONE, C, U, false },
        { "/kubepods/burstable/pod" HASH "/" C, CGROUP_CONTAINER, NONE, C, HASH, false },
        { "/kubepods/pod" U "/crio-" C, CGROUP_CONTAINER, CRIO, C, U, false },
        { "/kubepods/pod" U "/crio-conmon-" C, CGROUP_CONMON, CRIO, NULL, U, false },
        { "/kubelet/kubepods/besteffort/pod" U "/" C, CGROUP_CONTAINER, NONE, C, U, false },
        { "/kubelet", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/kubelet/kubepods", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/a/b/c/kubepods/burstable", CGROUP_QOS, NONE, NULL, NULL, false },
        { "/burstable", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/podman", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/pod" U, CGROUP_POD, NONE, NULL, U, false },
    };
    check(forms, KG_ARRAY_LEN(forms));
}

static void test_systemd_driver(void **state)
{
    (void)state;
    static const struct form forms[] = {
        { "/kubepods.slice", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/kubepods.slice/kubepods-burstable.slice", CGROUP_QOS, NONE, NULL, NULL, false },
        { "/kubepods.slice/kubepods-besteffort.slice", CGROUP_QOS, NONE, NULL, NULL, false },
        { "/kubepods.slice/kubepods-pod" U_ ".slice", CGROUP_POD, NONE, NULL, U, false },
        { SLICES, CGROUP_POD, NONE, NULL, U, false },
        { "/kubepods.slice/kubepods-pod" HASH ".slice", CGROUP_POD, NONE, NULL, HASH, false },
        { "/kubepods.slice/kubepods-podhand_made.slice", CGROUP_POD, NONE, NULL, "hand-made",
          false },
        { SLICES "/cri-containerd-" C ".scope", CGROUP_CONTAINER, CONTAINERD, C, U, false },
        { SLICES "/crio-" C ".scope", CGROUP_CONTAINER, CRIO, C, U, false },
        { SLICES "/crio-" C, CGROUP_CONTAINER, CRIO, C, U, false },
        { SLICES "/crio-conmon-" C ".scope", CGROUP_CONMON, CRIO, NULL, U, false },
        { SLICES "/docker-" C ".scope", CGROUP_CONTAINER, DOCKER, C, U, false },
        { SLICES "/libpod-" C ".scope", CGROUP_CONTAINER, PODMAN, C, U, false },
        { "/foo_bar.slice/foo_bar-kubepods.slice", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
          "kubelet-kubepods-burstable-pod" U_ ".slice/cri-containerd-" C ".scope",
          CGROUP_CONTAINER, CONTAINERD, C, U, false },
        { "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" HASH ".slice", CGROUP_POD,
          NONE, NULL, HASH, false },
        { "/notkubepods.slice", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/kubepods.slice/kubepods-pod.slice", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/x.slice/x-pod" U_ ".slice", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/system.slice/kubelet.service", CGROUP_OTHER, NONE, NULL, NULL, false },
    };
    check(forms, KG_ARRAY_LEN(forms));
}

static void test_outside_of_kubernetes(void **state)
{
    (void)state;
    static const struct form forms[] = {
        { "/docker/" C, CGROUP_CONTAINER, NONE, C, NULL, false },
        { "/system.slice/docker-" C ".scope", CGROUP_CONTAINER, DOCKER, C, NULL, false },
        { "/libpod_parent/libpod-" C, CGROUP_CONTAINER, PODMAN, C, NULL, false },
        { "/libpod_parent/libpod-conmon-" C, CGROUP_CONMON, PODMAN, NULL, NULL, false },
        { "/machine.slice/libpod-" C ".scope", CGROUP_CONTAINER, PODMAN, C, NULL, false },
        { "/machine.slice/libpod-" C ".scope/container", CGROUP_OTHER, NONE, NULL, NULL, true },
        { "/machine.slice/libpod-conmon-" C ".scope", CGROUP_CONMON, PODMAN, NULL, NULL, false },
        { "/user.slice/user-1000.slice/user@1000.service/user.slice/nerdctl-" C ".scope",
          CGROUP_CONTAINER, CONTAINERD, C, NULL, false },
        { "/k8s.io/" C, CGROUP_CONTAINER, NONE, C, NULL, false },
        { "/system.slice/cri-containerd-" C ".scope", CGROUP_CONTAINER, CONTAINERD, C, NULL,
          false },
        { "/system.slice/run-docker-" C ".mount", CGROUP_MOUNT, NONE, NULL, NULL, false },
        { "/system.slice/x.mount", CGROUP_MOUNT, NONE, NULL, NULL, false },
        { "/user.slice", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/init.scope", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/docker", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/docker/a" C, CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/docker/my_prefix-" C, CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/docker/0B7CB48BD12113EF5A395E2A8E4B2BAC4FCE468476AB79B4769A5AD285F3669C", CGROUP_OTHER,
          NONE, NULL, NULL, false },
        { "/docker/" C "-init", CGROUP_OTHER, NONE, NULL, NULL, false },
        { "/docker/" HASH, CGROUP_OTHER, NONE, NULL, NULL, false },
    };
    check(forms, KG_ARRAY_LEN(forms));
}

static void test_nested(void **state)
{
    (void)state;
    static const struct form forms[] = {
        { SLICES "/cri-containerd-" C ".scope/init.scope", CGROUP_OTHER, NONE, NULL, U, true },
        { SLICES "/crio-" C ".scope/container", CGROUP_OTHER, NONE, NULL, U, true },
        { "/kubepods/pod" U "/" C "/docker", CGROUP_OTHER, NONE, NULL, U, true },
        { "/kubepods/pod" U "/" C "/docker/" C2, CGROUP_CONTAINER, NONE, C2, U, true },
        /* A kind node, seen from its host. */
        { "/docker/" C "/kubelet", CGROUP_OTHER, NONE, NULL, NULL, true },
        { "/docker/" C "/kubelet/kubepods", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/docker/" C "/kubelet/kubepods/burstable/pod" U, CGROUP_POD, NONE, NULL, U, false },
        { "/docker/" C "/kubelet/kubepods/burstable/pod" U "/" C2, CGROUP_CONTAINER, NONE, C2, U,
          false },
        { "/system.slice/docker-" C ".scope/kubelet.slice/kubelet-kubepods.slice/"
          "kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" U_
          ".slice/cri-containerd-" C2 ".scope",
          CGROUP_CONTAINER, CONTAINERD, C2, U, false },
        /* A kind node in a pod. */
        { "/kubepods/pod" U "/" C "/kubelet/kubepods", CGROUP_KUBEPODS, NONE, NULL, NULL, false },
        { "/kubepods/pod" U "/" C "/kubelet/kubepods/pod" U2 "/" C2, CGROUP_CONTAINER, NONE, C2, U2,
          false },
    };
    check(forms, KG_ARRAY_LEN(forms));
}

static void test_colon_form(void **state)
{
    (void)state;
    static const struct form forms[] = {
        { "/system.slice/containerd.service/kubepods-burstable-pod" U_ ".slice:cri-containerd:" C,
          CGROUP_CONTAINER, CONTAINERD, C, U, false },
        { "/kubepods-pod" HASH ".slice:crio:" C, CGROUP_CONTAINER, CRIO, C, HASH, false },
        { "/kubepods-pod" U2_ ".slice:crio-conmon:" C, CGROUP_CONMON, CRIO, NULL, U2, false },
        { "/system.slice:docker:" C, CGROUP_CONTAINER, DOCKER, C, NULL, false },
        { "/:docker:" C, CGROUP_CONTAINER, DOCKER, C, NULL, false },
        { "/docker:" C, CGROUP_OTHER, NONE, NULL, NULL, false },
    };
    check(forms, KG_ARRAY_LEN(forms));
}

static void test_where_kubepods_stands(void **state)
{
    (void)state;
    struct cgroup_id id;
    cgroup_identify(STR("/a/kubepods/burstable/pod" U "/" C "/kubepods/x"), &id);
    assert_int_equal(id.kubepods_len, strlen("/a/kubepods"));
    cgroup_identify(STR("/kubepods.slice"), &id);
    assert_int_equal(id.kubepods_len, strlen("/kubepods.slice"));
    cgroup_identify(STR("/system.slice/docker-" C ".scope"), &id);
    assert_int_equal(id.kubepods_len, 0);
}

/* 253 bytes of uid fit, 254 are not understood rather than cut. */
static void test_longest_uid(void **state)
{
    (void)state;
    char path[300] = "/kubepods/pod";
    size_t head = strlen(path);
    memset(path + head, 'u', 254);
    path[head + 254] = '\0';
    struct cgroup_id id;
    cgroup_identify((struct str){ path, head + 254 }, &id);
    assert_int_equal(id.kind, CGROUP_OTHER);
    assert_string_equal(id.pod_uid, "");
    cgroup_identify((struct str){ path, head + 253 }, &id);
    assert_int_equal(id.kind, CGROUP_POD);
    assert_int_equal(strlen(id.pod_uid), 253);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cgroupfs_driver),
        cmocka_unit_test(test_systemd_driver),
        cmocka_unit_test(test_outside_of_kubernetes),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_colon_form),
        cmocka_unit_test(test_longest_uid),
        cmocka_unit_test(test_where_kubepods_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
