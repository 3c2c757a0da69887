/* Every node_* collector on every made-up machine of tests/fixtures/node, each compared with a
 * golden file (KG_UPDATE=1 writes them). "garbage" has noise in every file: nothing may crash, and
 * what is served must still be an exposition. */
#include "base/limits.h"
#include "collectors/collector.h"
#include "metrics/scrape.h"

#include "tests/support/file_write.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>

#define FIXTURES "tests/fixtures/node"

/* What comes from system calls and not from files. */
static bool is_of_files(const struct collector *c)
{
    static const char *const calls[] = { "filesystem", "systemd", "time", "timex", "uname" };
    for (size_t i = 0; i < KG_ARRAY_LEN(calls); i++) {
        if (str_eq_c(str_of(calls[i]), c->name)) {
            return false;
        }
    }
    for (const struct metric_subject *const *s = c->subjects; *s; s++) {
        if (!str_eq_c(str_of((*s)->part), "node")) {
            return false;
        }
    }
    return true;
}

static void text_of(struct metric_part *part, struct buf *out)
{
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_non_null(scrape);
    assert_int_equal(scrape_next(scrape, out, SIZE_MAX), 0);
    scrape_free(scrape);
}

/* "# collector: what became of it", then what it serves. */
static void run(const struct collector *c, const struct collector_env *env,
                struct metric_sink *sink, struct buf *out)
{
    struct err err = { 0 };
    void *state = NULL;
    int r = c->start(env, &state, &err);
    buf_addf(out, "## %s: ", c->name);
    if (r < 0) {
        buf_add_c(out, r == -ENODATA ? "none here\n" : "does not start\n");
        return;
    }
    /* Twice: nothing may depend on the first time. */
    for (int i = 0; i < 2; i++) {
        err = (struct err){ 0 };
        assert_int_equal(metric_sink_begin(sink, &err), 0);
        r = c->read(state, sink, &err);
        if (r < 0) {
            assert_true(err.code != 0);
        }
    }
    buf_add_c(out, r == 0 ? "read\n" : r == -ENODATA ? "nothing here\n" : "failed\n");
    struct metric_part *part = metric_sink_take(sink, "node", 1, &err);
    assert_non_null(part);
    text_of(part, out);
    if (c->stop) {
        c->stop(state);
    }
}

static void compare(const char *machine, struct buf *out)
{
    char path[256];
    snprintf(path, sizeof(path), "tests/golden/collectors/node-%s.txt", machine);
    if (getenv("KG_UPDATE")) {
        assert_int_equal(file_write_atomic(path, buf_str(out), NULL), 0);
        return;
    }
    auto_buf struct buf golden = BUF_INIT(4 * MIB);
    assert_true(file_read(AT_FDCWD, path, &golden, NULL) >= 0);
    struct str a = buf_str(out), b = buf_str(&golden);
    for (int n = 1; a.n || b.n; n++) {
        struct str x = str_line(&a), y = str_line(&b);
        if (!str_eq(x, y)) {
            fail_msg("%s line %d:\n  is     " STR_FMT "\n  golden " STR_FMT, path, n, STR_ARG(x),
                     STR_ARG(y));
        }
    }
}

static void machine(const char *name)
{
    char proc[512], sys[512], root[256];
    snprintf(root, sizeof(root), FIXTURES "/%s", name);
    snprintf(proc, sizeof(proc), "%s/proc", root);
    snprintf(sys, sizeof(sys), "%s/sys", root);
    struct collector_env env = { .procfs = proc, .sysfs = sys, .rootfs = root };
    auto_buf struct buf out = BUF_INIT(4 * MIB);
    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    assert_non_null(sink);
    for (size_t i = 0; collectors[i]; i++) {
        if (is_of_files(collectors[i])) {
            run(collectors[i], &env, sink, &out);
        }
    }
    metric_sink_free(sink);
    assert_int_equal(buf_failed(&out), 0);
    compare(name, &out);
}

static void each_machine_is_as_its_golden_file(void **state)
{
    (void)state;
    int n = 0;
    DIR *dir = opendir(FIXTURES);
    assert_non_null(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.') {
            machine(entry->d_name);
            n++;
        }
    }
    closedir(dir);
    assert_true(n >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_as_its_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
