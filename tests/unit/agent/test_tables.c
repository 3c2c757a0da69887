/* What holds for every row of every table, whoever wrote it. */
#include "agent/node/node_scrape.h"
#include "agent/self/self.h"
#include "base/map.h"
#include "collectors/collector.h"
#include "kube/resources/resource.h"
#include "metrics/names.h"
#include "tests/support/test.h"

/* Names that a peer gave and that dashboards know, against the conventions; each with the fault. */
static const struct {
    const char *name, *fault;
} forced[] = {
    { "container_fs_inodes_total", "a gauge with _total" },
    { "container_memory_failcnt", "a counter without _total" },
    { "node_systemd_socket_refused_connections_total", "a gauge with _total" },
};

static bool is_forced(const char *name, const char *fault, bool *used)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(forced); i++) {
        if (str_eq_c(str_of(forced[i].name), name) && str_eq_c(str_of(forced[i].fault), fault)) {
            used[i] = true;
            return true;
        }
    }
    return false;
}

typedef void row_check(const struct metric_subject *subject, const struct metric_family *row,
                       void *arg);

static void each_row(const struct metric_subject *subject, row_check *check, void *arg)
{
    for (size_t i = 0; i < subject->n_rows; i++) {
        check(subject, &subject->rows[i], arg);
    }
}

/* Calls check on all rows that the program can serve; returns how many subjects there are. */
static size_t every_row(row_check *check, void *arg)
{
    size_t n = 0;
    for (size_t i = 0; collectors[i]; i++) {
        for (const struct metric_subject *const *s = collectors[i]->subjects; *s; s++, n++) {
            each_row(*s, check, arg);
        }
    }
    for (size_t i = 0; kube_resources[i]; i++, n++) {
        each_row(kube_resources[i]->subject, check, arg);
    }
    for (size_t i = 0; self_subjects[i]; i++, n++) {
        each_row(self_subjects[i], check, arg);
    }
    for (size_t i = 0; node_scrape_subjects[i]; i++, n++) {
        each_row(node_scrape_subjects[i], check, arg);
    }
    return n;
}

#define EXPECT(row, truth)                                                                         \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fail_msg("%s: not so: %s", (row)->name ? (row)->name : "(unnamed)", #truth);           \
        }                                                                                          \
    } while (0)

static void check_text(const struct metric_subject *subject, const struct metric_family *row,
                       void *arg)
{
    (void)subject;
    (void)arg;
    EXPECT(row, metric_name_legal(str_of(row->name)));
    EXPECT(row, str_find(str_of(row->name), ':') < 0); /* colons are for recording rules */
    struct str help = str_of(row->help);
    EXPECT(row, help.n > 1);
    EXPECT(row, str_find(help, '\n') < 0);
    EXPECT(row, str_eq(str_trim(help), help));
    EXPECT(row, str_ends(help, STR(".")));
    EXPECT(row, help.p[0] < 'a' || help.p[0] > 'z');
    EXPECT(row, help.p[0] != '['); /* the stability is put there when it is served */
    EXPECT(row, row->source && row->source[0]);
}

static void each_help_and_source_is_a_text(void **state)
{
    (void)state;
    assert_true(every_row(check_text, NULL) >= 3);
}

static void check_names(const struct metric_subject *subject, const struct metric_family *row,
                        void *arg)
{
    (void)subject;
    static const struct str bad_units[] = {
        STR_INIT("_milliseconds"), STR_INIT("_ms"),      STR_INIT("_microseconds"),
        STR_INIT("_usec"),         STR_INIT("_minutes"), STR_INIT("_kilobytes"),
        STR_INIT("_kb"),           STR_INIT("_percent"),
    };
    struct str name = str_of(row->name);
    bool total = str_ends(name, STR("_total"));
    if (row->type == METRIC_COUNTER) {
        EXPECT(row, total || is_forced(row->name, "a counter without _total", arg));
    } else {
        EXPECT(row, !total || is_forced(row->name, "a gauge with _total", arg));
    }
    str_eat_end(&name, STR("_total"));
    for (size_t i = 0; i < KG_ARRAY_LEN(bad_units); i++) {
        EXPECT(row, !str_ends(name, bad_units[i]));
    }
}

static void names_follow_the_conventions_or_a_peer(void **state)
{
    (void)state;
    bool used[KG_ARRAY_LEN(forced)] = { false };
    every_row(check_names, used);
    for (size_t i = 0; i < KG_ARRAY_LEN(forced); i++) {
        if (!used[i]) {
            fail_msg("%s needs no exception any more", forced[i].name);
        }
    }
}

static size_t size_of_kind(uint8_t kind)
{
    switch ((enum metric_field_kind)kind) {
    case METRIC_FIELD_U64:
    case METRIC_FIELD_I64:
    case METRIC_FIELD_F64:
        return 8;
    case METRIC_FIELD_U32:
    case METRIC_FIELD_I32:
        return 4;
    case METRIC_FIELD_BOOL:
        return 1;
    case METRIC_FIELD_NONE:
        break;
    }
    return 0;
}

static void check_value(const struct metric_subject *subject, const struct metric_family *row,
                        void *arg)
{
    (void)arg;
    bool has_field = row->field.kind != METRIC_FIELD_NONE;
    EXPECT(row, has_field != (row->emit != NULL));
    EXPECT(row, row->field.factor >= 0);
    if (has_field) {
        size_t size = size_of_kind(row->field.kind);
        EXPECT(row, size > 0);
        EXPECT(row, row->field.at + size <= subject->sample_size);
        EXPECT(row, !row->labels && !row->open_labels);
    }
    bool has_mask = subject->present_at != METRIC_NO_PRESENCE;
    EXPECT(row, has_mask || row->needs == 0);
    EXPECT(row, !has_mask || subject->present_at + sizeof(uint64_t) <= subject->sample_size);
}

static void each_row_has_one_source_of_its_value(void **state)
{
    (void)state;
    every_row(check_value, NULL);
}

static void check_labels(const struct metric_subject *subject, const struct metric_family *row,
                         void *arg)
{
    (void)arg;
    const char *names[64];
    size_t n = 0;
    const char *const *const lists[] = { subject->labels, row->labels };
    for (size_t l = 0; l < KG_ARRAY_LEN(lists); l++) {
        for (size_t i = 0; lists[l] && lists[l][i]; i++) {
            EXPECT(row, n < KG_ARRAY_LEN(names));
            names[n++] = lists[l][i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct str name = str_of(names[i]);
        EXPECT(row, label_name_legal(name));
        EXPECT(row, !str_starts(name, STR("__"))); /* Prometheus keeps these for itself */
        EXPECT(row, !str_eq_c(name, "le") && !str_eq_c(name, "quantile"));
        for (size_t k = 0; k < i; k++) {
            EXPECT(row, !str_eq_c(name, names[k]));
        }
    }
    EXPECT(row, (subject->common != NULL) == (metric_label_count(subject->labels) > 0));
}

static void labels_are_legal_and_unique(void **state)
{
    (void)state;
    every_row(check_labels, NULL);
}

struct seen {
    struct map names, open_metrics;
    const struct metric_family *before;
    const struct metric_subject *subject;
};

static void check_unique(const struct metric_subject *subject, const struct metric_family *row,
                         void *arg)
{
    struct seen *seen = arg;
    struct str name = str_of(row->name);
    const void *known = map_get(&seen->names, name);
    if (known == row) { /* two collectors fill the same subject */
        return;
    }
    EXPECT(row, known == NULL);
    assert_int_equal(map_put(&seen->names, name, (void *)(uintptr_t)row, NULL), 0);
    /* OpenMetrics calls a counter by its name without _total, an info without _info: nothing else
     * may be called so. */
    if (row->type == METRIC_COUNTER) {
        str_eat_end(&name, STR("_total"));
    } else if (row->type == METRIC_INFO) {
        str_eat_end(&name, STR("_info"));
    }
    EXPECT(row, map_get(&seen->open_metrics, name) == NULL);
    assert_int_equal(map_put(&seen->open_metrics, name, seen, NULL), 0);
    /* The Go client, whose label order a subject follows, also sorts its families. */
    if (subject->sorted_labels && seen->subject == subject) {
        EXPECT(row, str_cmp(str_of(seen->before->name), str_of(row->name)) < 0);
    }
    seen->before = row;
    seen->subject = subject;
}

static void no_two_families_share_a_name(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    every_row(check_unique, &seen);
    assert_true(map_count(&seen.names) > 100);
    map_done(&seen.names, NULL);
    map_done(&seen.open_metrics, NULL);
}

static void check_subject(const struct metric_subject *subject)
{
    static const char *const parts[] = { "cadvisor", "state", "node", "volumes", "self" };
    bool known = false;
    for (size_t i = 0; i < KG_ARRAY_LEN(parts); i++) {
        known = known || str_eq_c(str_of(subject->part), parts[i]);
    }
    if (!known || !subject->name || !subject->name[0] || subject->n_rows == 0) {
        fail_msg("subject %s: part or rows", subject->name ? subject->name : "(unnamed)");
    }
}

static void every_subject_has_an_endpoint(void **state)
{
    (void)state;
    for (size_t i = 0; collectors[i]; i++) {
        assert_non_null(collectors[i]->subjects[0]);
        if (collectors[i]->may_block) {
            const struct collector *c = collectors[i];
            assert_false(c->self || c->watch_fd || c->changed || c->tick);
            for (const struct metric_subject *const *s = c->subjects; *s; s++) {
                assert_string_equal((*s)->part, c->subjects[0]->part);
            }
        }
        for (const struct metric_subject *const *s = collectors[i]->subjects; *s; s++) {
            check_subject(*s);
        }
    }
    for (size_t i = 0; kube_resources[i]; i++) {
        check_subject(kube_resources[i]->subject);
    }
    for (size_t i = 0; self_subjects[i]; i++) {
        check_subject(self_subjects[i]);
    }
    for (size_t i = 0; node_scrape_subjects[i]; i++) {
        check_subject(node_scrape_subjects[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_help_and_source_is_a_text),
        cmocka_unit_test(names_follow_the_conventions_or_a_peer),
        cmocka_unit_test(each_row_has_one_source_of_its_value),
        cmocka_unit_test(labels_are_legal_and_unique),
        cmocka_unit_test(no_two_families_share_a_name),
        cmocka_unit_test(every_subject_has_an_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
