/* kind_series.h — the series that one object's tree yields, as the watch's store has them.
 * Uses: base, metrics, kube/resource_store, cmocka.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_KIND_SERIES_H
#define KG_TESTS_SUPPORT_KIND_SERIES_H

#include "base/buf.h"
#include "kube/resource_store.h"
#include "metrics/scrape.h"
#include "metrics/selection.h"

/* With everything that a user can switch on. */
struct kind_series {
    const struct kube_resource *kind;
    struct metric_selection *selection;
    struct key_allowlists *allowed;
    struct kube_decode how;
};

/* in_full: with allowlists for all labels and annotations. Says false when memory is out. */
static inline bool kind_series_init(struct kind_series *s, const struct kube_resource *kind,
                                    bool in_full)
{
    const struct str all[] = { STR("kube_") };
    *s = (struct kind_series){
        .kind = kind,
        .selection = metric_selection_new(NULL, 0, NULL, 0, all, 1, NULL),
        .allowed = in_full ? key_allowlists_parse(STR("*=[*]"), NULL) : NULL,
    };
    s->how.labels = s->how.annotations = key_allowlist_of(s->allowed, str_of(kind->plural));
    return s->selection && (!in_full || s->how.labels);
}

static inline void kind_series_done(struct kind_series *s)
{
    key_allowlists_free(s->allowed);
    metric_selection_free(s->selection);
}

static inline int kind_series_scrape(struct metric_store *store, struct buf *out)
{
    struct metric_part *part = metric_store_part(store);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    int r = scrape ? 1 : -ENOMEM;
    while (r > 0) {
        r = scrape_next(scrape, out, 64 * KIB);
    }
    scrape_free(scrape);
    return r;
}

/* Puts the exposition of the object, or "error: why", into the empty out. The key under which the
 * store has it is among that: a second object of no other key would take its place. */
static inline int kind_series_put(const struct kind_series *s, const json_t *object,
                                  struct buf *out)
{
    struct err err = { 0 };
    struct metric_store *store = metric_store_new(s->kind->subject, s->selection, NULL, &err);
    struct resource_store *consumer =
        store ? resource_store_new(s->kind, store, &s->how, NULL, NULL, &err) : NULL;
    int r = consumer ? 0 : -ENOMEM;
    if (r == 0 && resource_store_consumer.put(consumer, object, &err) < 0) {
        buf_addf(out, "error: %s", err_text(&err));
    } else if (r == 0) {
        resource_store_consumer.settle(consumer);
        r = kind_series_scrape(store, out);
        resource_store_consumer.remove(consumer, object);
        resource_store_consumer.settle(consumer);
        buf_addf(out, "%zu left", metric_store_stats(store).n_objects);
    }
    resource_store_free(consumer);
    metric_store_free(store);
    return r < 0 ? r : buf_failed(out);
}

#endif
