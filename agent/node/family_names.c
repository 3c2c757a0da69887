#include "agent/node/family_names.h"

#include "agent/node/node_scrape.h"
#include "agent/self/self.h"
#include "collectors/collector.h"
#include "kube/resources/resource.h"

static int add_subject(struct map *names, const struct metric_subject *subject)
{
    for (size_t i = 0; i < subject->n_rows; i++) {
        /* Any value will do; the map has no others than pointers. */
        int r = map_put(names, str_of(subject->rows[i].name), names, NULL);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int add_subjects(struct map *names, const struct metric_subject *const *subjects)
{
    int r = 0;
    for (; r == 0 && *subjects; subjects++) {
        r = add_subject(names, *subjects);
    }
    return r;
}

int family_names_init(struct map *ret, uint64_t enabled, bool objects, struct err *err)
{
    int r = add_subjects(ret, node_scrape_subjects);
    if (r == 0) {
        r = add_subjects(ret, self_subjects);
    }
    for (size_t i = 0; r == 0 && collectors[i]; i++) {
        if (enabled >> i & 1) {
            r = add_subjects(ret, collectors[i]->subjects);
        }
    }
    for (size_t i = 0; r == 0 && objects && kube_resources[i]; i++) {
        r = add_subject(ret, kube_resources[i]->subject);
    }
    return r < 0 ? err_set(err, ENOMEM, "names of families: out of memory") : 0;
}
