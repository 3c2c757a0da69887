#include "agent/cluster/cluster_plan.h"

#include "tests/support/test.h"

static struct options options;

/* The plan of these flags, NULL with *err set when they are refused. */
static struct cluster_plan *plan_of(const char *const *flags, struct err *err)
{
    char *none[] = { NULL };
    char *argv[16] = { (char *)"cluster", (char *)"--kubeconfig=/nonexistent" };
    int argc = 2;
    for (; *flags; flags++) {
        argv[argc++] = (char *)*flags;
    }
    assert_int_equal(options_init(&options, err), 0);
    assert_int_equal(options_load(&options, argc, argv, none, err), 0);
    struct cluster_plan *p = cluster_plan_new(&options, err);
    options_done(&options);
    return p;
}

static bool has(const struct cluster_plan *p, const char *plural)
{
    for (size_t i = 0; i < p->n_resources; i++) {
        if (strcmp(p->resources[i]->plural, plural) == 0) {
            return true;
        }
    }
    return false;
}

static void defaults(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct cluster_plan *p = plan_of((const char *[]){ NULL }, &err);
    assert_non_null(p);
    for (size_t i = 0; kube_resources[i]; i++) {
        assert_int_equal(has(p, kube_resources[i]->plural), kube_resources[i]->on_by_default);
    }
    assert_false(has(p, "secrets"));
    assert_null(p->field_selector);
    assert_int_equal(cluster_plan_watches(p, kube_resource_by_plural(STR("pods"))), 1);
    cluster_plan_free(p);
}

static void selects(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct cluster_plan *p =
        plan_of((const char *[]){ "--resources=secrets,nodes,pods", "--namespaces=a,b",
                                  "--namespaces-denylist=x,y",
                                  "--metric-labels-allowlist=pods=[app]", NULL },
                &err);
    assert_non_null(p);
    assert_int_equal(p->n_resources, 3);
    assert_true(has(p, "secrets") && has(p, "nodes") && has(p, "pods"));
    assert_string_equal(p->field_selector, "metadata.namespace!=x,metadata.namespace!=y");
    assert_int_equal(cluster_plan_watches(p, kube_resource_by_plural(STR("pods"))), 2);
    assert_int_equal(cluster_plan_watches(p, kube_resource_by_plural(STR("nodes"))), 1);
    assert_non_null(p->labels);
    assert_null(p->annotations);
    cluster_plan_free(p);
    p = plan_of(
        (const char *[]){ "--resources=pods", "--node=n1", "--namespaces-denylist=x", NULL }, &err);
    assert_non_null(p);
    assert_string_equal(p->field_selector, "metadata.namespace!=x,spec.nodeName=n1");
    cluster_plan_free(p);
    p = plan_of(
        (const char *[]){ "--resources=pods", "--track-unscheduled-pods", "--node=n1", NULL },
        &err);
    assert_non_null(p);
    assert_string_equal(p->field_selector, "spec.nodeName=");
    cluster_plan_free(p);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *says;
    } cases[] = {
        { "--resources=pods,pod", "--resources: there is no resource \"pod\"" },
        { "--node=n1", "--node selects pods; it needs --resources=pods" },
        { "--track-unscheduled-pods", "--track-unscheduled-pods selects pods" },
        { "--metric-labels-allowlist=pods=[", "--metric-labels-allowlist" },
        { "--metric-annotations-allowlist=nosuch=[a]", "--metric-annotations-allowlist" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct err err = { 0 };
        assert_null(plan_of((const char *[]){ cases[i].flag, NULL }, &err));
        assert_non_null(strstr(err_text(&err), cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(selects),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
