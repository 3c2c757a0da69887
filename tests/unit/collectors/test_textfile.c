/* The collector textfile: several folders, families of several files, and what is left out. */
#include "base/limits.h"
#include "collectors/collector.h"
#include "metrics/scrape.h"

#include "tests/support/test.h"
#include "tests/unit/collectors/fixture.h"

extern const struct collector collector_textfile;

struct given {
    struct fixture f;
    struct str folders[4];
    size_t n;
    struct map ours;
    struct metric_sink *sink;
    struct buf out;
    struct err err;
};

static struct collector_value value(const void *options, const char *name)
{
    const struct given *g = options;
    assert_string_equal(name, "collector.textfile.directory");
    return (struct collector_value){ .text = "", .items = g->folders, .n_items = g->n };
}

static void folder(struct given *g, const char *path)
{
    g->folders[g->n] = str_of(str_dup(str_of(fixture_path(&g->f, path))));
    assert_non_null(g->folders[g->n++].p);
}

static int setup(void **state)
{
    struct given *g = calloc(1, sizeof(*g));
    fixture_open(&g->f);
    buf_init(&g->out, 64 * MIB);
    g->sink = metric_sink_new(NULL, NULL);
    assert_non_null(g->sink);
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct given *g = *state;
    fixture_close(&g->f);
    metric_sink_free(g->sink);
    map_done(&g->ours, NULL);
    for (size_t i = 0; i < g->n; i++) {
        free((char *)(uintptr_t)g->folders[i].p);
    }
    buf_done(&g->out);
    free(g);
    return 0;
}

/* Reads and serves; returns what read did. Modification times and the temporary path are left out.
 */
static int run(struct given *g)
{
    struct collector_env env = { .option = value, .options = g, .families = &g->ours };
    void *state = NULL;
    g->err = (struct err){ 0 };
    assert_int_equal(collector_textfile.start(&env, &state, &g->err), 0);
    assert_int_equal(metric_sink_begin(g->sink, &g->err), 0);
    int r = collector_textfile.read(state, g->sink, &g->err);
    struct metric_part *part = metric_sink_take(g->sink, "node", 1, NULL);
    assert_non_null(part);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_non_null(scrape);
    buf_clear(&g->out);
    assert_int_equal(scrape_next(scrape, &g->out, SIZE_MAX), 0);
    scrape_free(scrape);
    collector_textfile.stop(state);
    return r;
}

static bool has(const struct given *g, const char *text)
{
    return str_search(buf_str(&g->out), str_of(text)) >= 0;
}

static void says(const struct given *g, const char *text)
{
    if (!strstr(g->err.text, text)) {
        fail_msg("\"%s\" does not say \"%s\"", g->err.text, text);
    }
}

static void nothing_given_is_no_fault(void **state)
{
    struct given *g = *state;
    assert_int_equal(run(g), 0);
    assert_true(has(g, "\nnode_textfile_scrape_error 0\n"));
    assert_false(has(g, "mtime"));
}

static void families_of_several_files_are_one(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "a/1.prom", "# HELP x Same.\n# TYPE x gauge\nx{f=\"1\"} 1\n");
    fixture_file(&g->f, "a/2.prom", "# HELP x Same.\n# TYPE x gauge\nx{f=\"2\"} 2\n");
    fixture_file(&g->f, "b/3.prom", "# TYPE x gauge\nx{f=\"3\"} 3\nalone 4\n");
    fixture_file(&g->f, "b/3.prom.tmp", "not looked at\n");
    fixture_file(&g->f, "b/.hidden.prom", "not looked at\n");
    folder(g, "a/");
    folder(g, "b");
    assert_int_equal(run(g), 0);
    assert_true(
        has(g, "# HELP x Same.\n# TYPE x gauge\nx{f=\"1\"} 1\nx{f=\"2\"} 2\nx{f=\"3\"} 3\n"));
    assert_true(has(g, "# TYPE alone untyped\nalone 4\n"));
    assert_true(has(g, "b/3.prom.\n# TYPE alone"));
    assert_true(has(g, "/a/1.prom\"} 1"));
    assert_true(has(g, "node_textfile_scrape_error 0\n"));
}

static void patterns_find_folders(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "x1/a.prom", "a 1\n");
    fixture_file(&g->f, "x2/b.prom", "b 1\n");
    folder(g, "x*");
    assert_int_equal(run(g), 0);
    assert_true(has(g, "\na 1\n") && has(g, "\nb 1\n"));
}

static void a_missing_folder_is_told(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "a/1.prom", "a 1\n");
    folder(g, "none");
    folder(g, "none*");
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "2 faults, the first: folder ");
    says(g, "none: ENOENT");
    assert_true(has(g, "\na 1\n"));
    assert_true(has(g, "node_textfile_scrape_error 1\n"));
}

static void a_bad_file_is_left_out_whole(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "a/1.prom", "good 1\n");
    fixture_file(&g->f, "a/2.prom", "half 1\nbroken\n");
    fixture_file(&g->f, "a/3.prom", "stamped 1 1441205977284\n");
    fixture_folder(&g->f, "a/4.prom");
    assert_int_equal(mkfifo(fixture_path(&g->f, "a/5.prom"), 0600), 0);
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "4 faults, the first: ");
    says(g, "/a/2.prom: line 2: expected a number");
    assert_true(has(g, "\ngood 1\n"));
    assert_false(has(g, "half") || has(g, "stamped"));
    assert_false(has(g, "/2.prom"));
    assert_true(has(g, "node_textfile_scrape_error 1\n"));
}

static void files_that_disagree(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "a/1.prom", "# HELP x One.\n# TYPE x gauge\nx{f=\"1\"} 1\n");
    fixture_file(&g->f, "a/2.prom", "# HELP x Two.\n# TYPE x gauge\nx{f=\"2\"} 2\ny 1\n");
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "/a/2.prom: x has another HELP");
    assert_true(has(g, "x{f=\"1\"} 1\n") && has(g, "\ny 1\n") && has(g, "/2.prom"));
    assert_false(has(g, "f=\"2\""));

    fixture_file(&g->f, "a/2.prom", "# HELP x One.\n# TYPE x counter\nx{f=\"2\"} 2\n");
    assert_int_equal(run(g), 1);
    says(g, "x has another TYPE");

    fixture_file(&g->f, "a/2.prom", "# TYPE x gauge\nx{f=\"1\"} 2\n");
    assert_int_equal(run(g), 1);
    says(g, "x: 1 series stand there twice");
    assert_true(has(g, "x{f=\"1\"} 1\n"));
    assert_false(has(g, "x{f=\"1\"} 2\n"));
}

static void names_that_are_taken(void **state)
{
    struct given *g = *state;
    assert_int_equal(map_put(&g->ours, STR("node_load1"), g, NULL), 0);
    assert_int_equal(map_put(&g->ours, STR("taken_sum"), g, NULL), 0);
    fixture_file(&g->f, "a/1.prom", "node_load1 1\nnode_load7 1\n");
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "1.prom: node_load1: node_load1 is a family of this program");
    assert_false(has(g, "node_load1"));
    assert_true(has(g, "node_load7 1\n"));

    fixture_file(&g->f, "a/1.prom", "# TYPE taken summary\ntaken_sum 1\ntaken_count 1\n");
    assert_int_equal(run(g), 1);
    says(g, "taken: taken_sum is a family of this program");

    /* A histogram's samples are nobody else's. */
    fixture_file(&g->f, "a/1.prom", "h_count 1\n");
    fixture_file(&g->f, "a/2.prom", "# TYPE h histogram\nh_count 1\nh_sum 1\n");
    assert_int_equal(run(g), 1);
    says(g, "2.prom: h: h_count is a sample of another family");
    fixture_file(&g->f, "a/3.prom", "h_count 1\n");
    fixture_remove(&g->f, "a/1.prom");
    assert_int_equal(run(g), 1);
    says(g, "3.prom: h_count: h_count is a sample of another family");
}

static void too_many_files(void **state)
{
    struct given *g = *state;
    char path[32];
    for (int i = 0; i <= LIMIT_TEXTFILE_FILES; i++) {
        snprintf(path, sizeof(path), "a/%05d.prom", i);
        fixture_file(&g->f, path, "");
    }
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "01000.prom: more than 1000 files");
}

static void too_many_bytes(void **state)
{
    struct given *g = *state;
    fixture_file(&g->f, "a/1.prom", "a 1\n");
    fixture_file(&g->f, "a/2.prom", "");
    assert_int_equal(truncate(fixture_path(&g->f, "a/2.prom"), (off_t)LIMIT_TEXTFILE_BYTES), 0);
    fixture_file(&g->f, "a/3.prom", "b 1\n");
    folder(g, "a");
    assert_int_equal(run(g), 1);
    says(g, "/a/2.prom: all files together are larger");
    assert_true(has(g, "\na 1\n") && has(g, "\nb 1\n"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(nothing_given_is_no_fault),
        CASE(families_of_several_files_are_one),
        CASE(patterns_find_folders),
        CASE(a_missing_folder_is_told),
        CASE(a_bad_file_is_left_out_whole),
        CASE(files_that_disagree),
        CASE(names_that_are_taken),
        CASE(too_many_files),
        CASE(too_many_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
