/* ephemeral_machine.h — a machine with pods that keep ephemeral storage, in a temporary place.
 * Uses: fixture, fake_pods, collector.  Threads: none.  Owner: each test. */
#ifndef KG_TESTS_COLLECTORS_EPHEMERAL_MACHINE_H
#define KG_TESTS_COLLECTORS_EPHEMERAL_MACHINE_H

#include "collectors/collector.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"

#define SANDBOX "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define APP "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define FRESH "23b89f0ba773bfe28effe6bb2d94804792a7d87c6533d53efb14798bbb5f27a5"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define HASH "a64ba5e8144e5edbe7c03b4ce63573dc"
#define POD "/kubepods/burstable/pod" U

struct machine {
    struct fixture f;
    struct fake_pods pods;
    struct pod_lookup lookup;
    struct collector_env env;
    char procfs[256], rootfs[256], cgroupfs[256], kubelet[256];
};

/* A container's cgroup with one process, whose root is an overlay. */
static inline void machine_container(struct machine *m, const char *cgroup, unsigned pid,
                                     const char *root)
{
    char at[1024], text[1024];
    snprintf(at, sizeof(at), "cgroup%s/cgroup.procs", cgroup);
    snprintf(text, sizeof(text), "%u\n", pid);
    fixture_file(&m->f, at, text);
    snprintf(at, sizeof(at), "proc/%u/mountinfo", pid);
    snprintf(text, sizeof(text),
             "900 800 0:99 / / rw,relatime - %s rw\n901 900 0:22 / /proc rw - proc proc rw\n",
             root);
    fixture_file(&m->f, at, text);
}

static inline void machine_layer(struct machine *m, const char *cgroup, unsigned pid,
                                 const char *upper)
{
    char root[512];
    snprintf(root, sizeof(root), "overlay overlay rw,lowerdir=/a:/b,upperdir=%s,workdir=/w", upper);
    machine_container(m, cgroup, pid, root);
}

/* A pod with a sandbox and one container, whose layer has 50,000 bytes in a file, and volumes. */
static inline void machine_open(struct machine *m)
{
    static char text[50000];
    memset(text, 'x', sizeof(text) - 1);
    memset(m, 0, sizeof(*m));
    fixture_open(&m->f);
    snprintf(m->procfs, sizeof(m->procfs), "%s/proc", m->f.top);
    snprintf(m->rootfs, sizeof(m->rootfs), "%s/root", m->f.top);
    snprintf(m->cgroupfs, sizeof(m->cgroupfs), "%s/cgroup", m->f.top);
    snprintf(m->kubelet, sizeof(m->kubelet), "%s/root/var/lib/kubelet", m->f.top);
    fixture_folder(&m->f, "proc");
    fixture_file(&m->f, "cgroup/cgroup.controllers", "cpu\n");
    machine_layer(m, POD "/" SANDBOX, 100, "/layers/1/fs");
    machine_layer(m, POD "/" APP, 101, "/layers/2/fs");
    fixture_folder(&m->f, "root/layers/1/fs");
    fixture_file(&m->f, "root/layers/2/fs/data/file", text);
#define VOLUMES "root/var/lib/kubelet/pods/" U "/volumes/"
    fixture_file(&m->f, VOLUMES "kubernetes.io~empty-dir/cache/sub/file", text);
    fixture_file(&m->f, VOLUMES "kubernetes.io~empty-dir/cache/file", text);
    fixture_file(&m->f, VOLUMES "kubernetes.io~configmap/conf/..data/key", "value");
    fixture_file(&m->f, VOLUMES "kubernetes.io~secret/token/not-counted", text);
    fixture_file(&m->f, "root/var/lib/kubelet/pods/" U "/etc-hosts", "127.0.0.1 localhost\n");
    fixture_file(&m->f, "root/var/log/pods/default_web-0_" U "/app/0.log", text);
    fixture_file(&m->f, "root/var/log/pods/not-a-pod", "");
    m->lookup = fake_lookup(&m->pods);
    m->env = (struct collector_env){ .procfs = m->procfs,
                                     .rootfs = m->rootfs,
                                     .cgroupfs = m->cgroupfs,
                                     .kubelet = m->kubelet,
                                     .cgroup_root = "",
                                     .pods = &m->lookup };
    m->pods = (struct fake_pods){
        .listed = true,
        .generation = 1,
        .pods = { { .uid = U,
                    .namespace = "default",
                    .name = "web-0",
                    .columns = { STR("red"), STR("") },
                    .containers = { { APP, "app", "nginx" } } } },
    };
}

static inline void machine_close(struct machine *m)
{
    assert_int_equal(m->pods.held, 0);
    fixture_close(&m->f);
}

#endif
