/* test_rbac.c — what --print-rbac prints, read back: "KIND [NAMESPACE/]NAME" and a line for each
 * rule, "GROUP: RESOURCES: VERBS". */
#include "agent/rbac.h"

#include "base/limits.h"
#include "kube/resources/resource.h"
#include "kube/yaml/yaml.h"
#include "tests/support/test.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Returns rbac_print's result. */
static int print(const char *const *words, struct buf *out, struct err *err)
{
    char *none[] = { NULL };
    char *argv[8];
    int argc = 0;
    struct options o;
    for (; words[argc]; argc++) {
        argv[argc] = (char *)(uintptr_t)words[argc];
    }
    argv[argc++] = (char *)(uintptr_t) "--print-rbac";
    *err = (struct err){ 0 };
    assert_int_equal(options_init(&o, err), 0);
    if (options_load(&o, argc, argv, none, err) < 0) {
        fail_msg("%s", err_text(err));
    }
    int r = rbac_print(&o, out, err);
    options_done(&o);
    return r;
}

static void add_list(const json_t *rule, const char *key, struct buf *out)
{
    const json_t *list = json_object_get(rule, key);
    assert_true(json_array_size(list) > 0);
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_addf(out, "%s%s", i ? "," : "", json_string_value(json_array_get(list, i)));
    }
}

static void add_role(const json_t *role, struct buf *out)
{
    const json_t *metadata = json_object_get(role, "metadata");
    const json_t *rules = json_object_get(role, "rules");
    const char *namespace = json_string_value(json_object_get(metadata, "namespace"));
    assert_string_equal(json_string_value(json_object_get(role, "apiVersion")),
                        "rbac.authorization.k8s.io/v1");
    buf_addf(out, "%s %s%s%s\n", json_string_value(json_object_get(role, "kind")),
             namespace ? namespace : "", namespace ? "/" : "",
             json_string_value(json_object_get(metadata, "name")));
    assert_true(json_array_size(rules) > 0);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        add_list(rule, "apiGroups", out);
        buf_add_c(out, ": ");
        add_list(rule, "resources", out);
        if (json_object_get(rule, "resourceNames")) {
            buf_add_char(out, '/');
            add_list(rule, "resourceNames", out);
        }
        buf_add_c(out, ": ");
        add_list(rule, "verbs", out);
        buf_add_char(out, '\n');
    }
}

static void roles_of(const char *const *words, struct buf *out)
{
    auto_buf struct buf text = BUF_INIT(MIB);
    struct err err;
    json_t *role;
    assert_int_equal(print(words, &text, &err), 0);
    struct yaml_documents *documents = yaml_documents_new(buf_str(&text));
    assert_non_null(documents);
    int r;
    while ((r = yaml_documents_next(documents, &role, &err)) == 1) {
        add_role(role, out);
        json_decref(role);
    }
    if (r < 0) {
        fail_msg("%s", err_text(&err));
    }
    yaml_documents_free(documents);
}

static void check(const char *const *words, const char *want)
{
    auto_buf struct buf roles = BUF_INIT(MIB);
    roles_of(words, &roles);
    assert_string_equal(buf_c(&roles), want);
}

static void a_node_reads_pods(void **state)
{
    (void)state;
    check(WORDS("node"), "ClusterRole kubegauge\n: pods: list,watch\n");
}

static void resources_are_grouped(void **state)
{
    (void)state;
    static const char want[] = "ClusterRole kubegauge-cluster\n"
                               "apps: deployments,statefulsets: list,watch\n"
                               ": nodes,pods: list,watch\n";
    check(WORDS("cluster", "--resources=statefulsets,pods,deployments,nodes"), want);
    check(WORDS("--resources=statefulsets,pods,deployments,nodes"), want);
}

static void each_kind_alone(void **state)
{
    (void)state;
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        char flag[128], want[256];
        snprintf(flag, sizeof(flag), "--resources=%s", (*r)->plural);
        snprintf(want, sizeof(want), "ClusterRole kubegauge-cluster\n%s: %s: list,watch\n",
                 (*r)->group, (*r)->plural);
        check(WORDS("cluster", flag), want);
    }
}

static void defaults_are_those_of_the_tables(void **state)
{
    (void)state;
    auto_buf struct buf roles = BUF_INIT(MIB);
    roles_of(WORDS("cluster"), &roles);
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        struct str rest = buf_str(&roles);
        bool found = false;
        while (rest.n) {
            struct str line = str_line(&rest), group = str_cut(&line, ':');
            struct str plurals = str_cut(&line, ':');
            str_eat(&plurals, STR(" "));
            while (plurals.n && str_eq_c(group, (*r)->group)) {
                found = str_eq_c(str_cut(&plurals, ','), (*r)->plural) || found;
            }
        }
        if (found != (*r)->on_by_default) {
            fail_msg("%s", (*r)->plural);
        }
    }
}

static void namespaces_have_their_roles(void **state)
{
    (void)state;
    check(WORDS("cluster", "--resources=nodes,pods", "--namespaces=a,12"),
          "ClusterRole kubegauge-cluster\n"
          ": nodes: list,watch\n"
          "Role a/kubegauge-cluster\n"
          ": pods: list,watch\n"
          "Role 12/kubegauge-cluster\n"
          ": pods: list,watch\n");
    check(WORDS("cluster", "--resources=pods", "--namespaces=a"),
          "Role a/kubegauge-cluster\n: pods: list,watch\n");
    check(WORDS("cluster", "--resources=nodes", "--namespaces=a"),
          "ClusterRole kubegauge-cluster\n: nodes: list,watch\n");
}

static void shards_read_their_stateful_set(void **state)
{
    (void)state;
    check(WORDS("cluster", "--resources=pods", "--pod=x-0", "--pod-namespace=monitoring"),
          "ClusterRole kubegauge-cluster\n"
          ": pods: list,watch\n"
          "Role monitoring/kubegauge-cluster-replicas\n"
          ": pods: get\n"
          "apps: statefulsets/x: list,watch\n"
          "coordination.k8s.io: leases: create\n"
          "coordination.k8s.io: leases/x-shards: list,watch,patch\n");
}

static void replicas_share_a_lease(void **state)
{
    (void)state;
    check(WORDS("cluster", "--resources=pods", "--leader-elect"),
          "ClusterRole kubegauge-cluster\n"
          ": pods: list,watch\n"
          "Role kubegauge-cluster-replicas\n"
          "coordination.k8s.io: leases: create\n"
          "coordination.k8s.io: leases/kubegauge: get,list,watch,patch\n");
    check(WORDS("cluster", "--resources=nodes", "--leader-elect", "--lease-name=a",
                "--lease-namespace=monitoring", "--shard=1", "--total-shards=2"),
          "ClusterRole kubegauge-cluster\n"
          ": nodes: list,watch\n"
          "Role monitoring/kubegauge-cluster-replicas\n"
          "coordination.k8s.io: leases: create\n"
          "coordination.k8s.io: leases/a-1: get,list,watch,patch\n");
}

static void unknown_resources_are_refused(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(MIB);
    struct err err;
    assert_int_equal(print(WORDS("cluster", "--resources=pod"), &text, &err), -EINVAL);
    assert_true(str_search(str_of(err_text(&err)), STR("\"pod\"")) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_reads_pods),
        cmocka_unit_test(resources_are_grouped),
        cmocka_unit_test(each_kind_alone),
        cmocka_unit_test(defaults_are_those_of_the_tables),
        cmocka_unit_test(namespaces_have_their_roles),
        cmocka_unit_test(shards_read_their_stateful_set),
        cmocka_unit_test(replicas_share_a_lease),
        cmocka_unit_test(unknown_resources_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
