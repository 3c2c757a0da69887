/* resource.h — a Kubernetes resource kind as the program knows it: where it is, its struct, its
 * rows. Uses: base, metrics, jansson.  Threads: immutable.  Owner: one file per kind
 * (kube/resources/pods.c …).
 *
 * Adding a kind: one new .c with a struct kube_resource, one line in kube/resources/resources.def,
 * fixtures.
 */
#ifndef KG_KUBE_RESOURCE_H
#define KG_KUBE_RESOURCE_H

#include "base/arena.h"
#include "base/err.h"
#include "kube/object/allowlist.h"
#include "metrics/selection.h"

#include <jansson.h>

struct json_wanted;
struct kube_field;

struct kube_decode {
    struct arena *mem;                                /* reset after the object was rendered */
    const struct key_allowlist *labels, *annotations; /* of this resource; NULL: no allowlist */
    bool ksm_quirks; /* KSM's numbers also where they are wrong: docs/differences.md */
};

/* Which kinds give way when the budget (metrics/budget.h) has no room for all: the last first. */
enum kube_rank {
    KUBE_RANK_NONE, /* not said: a test finds it */
    KUBE_RANK_NODES,
    KUBE_RANK_PODS,
    KUBE_RANK_WORKLOADS, /* what alerts ask for: workloads, volumes, quotas */
    KUBE_RANK_NETWORK,   /* services and what is seldom alerted on */
    KUBE_RANK_MANY,      /* there may be very many, and their series say little */
};

struct kube_resource {
    const char *group, *version, *plural, *kind;
    bool namespaced;
    bool on_by_default;
    const struct metric_subject *subject;
    enum kube_rank rank;
    /* Which members decode looks at; nothing else of an object is read. Those of its table of
     * fields (kube/object/fields.h; NULL: none), and further paths as kube/client/json_wanted.h has
     * them (NULL: none; ends with NULL). What kube_meta_decode looks at goes without saying. */
    const struct kube_field *fields;
    size_t n_fields;
    const char *const *reads;
    bool reads_labels, reads_annotations; /* all of them, whatever is allowlisted */
    /* Fills the zeroed sample (subject->sample_size bytes) from the object's JSON; text is borrowed
     * from the object or stands in mem. Fields of a wrong JSON type count as absent.
     * Errors: -EBADMSG no metadata.name or not an object · -ENOMEM. */
    int (*decode)(const json_t *object, const struct kube_decode *how, void *sample,
                  struct err *err);
};

#define KUBE_READS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* How many kinds there are: a byte for each line of the list. */
struct kube_resource_bytes {
#define RESOURCE(plural) char plural;
#include "kube/resources/resources.def"
#undef RESOURCE
};
#define KUBE_N_RESOURCES sizeof(struct kube_resource_bytes)

/* All kinds, in order of their plural names; ends with NULL. */
extern const struct kube_resource *const kube_resources[];

/* By plural ("pods") or by kind and API group ("Pod", "" or "apps"); NULL when unknown. */
const struct kube_resource *kube_resource_by_plural(struct str plural);
const struct kube_resource *kube_resource_by_kind(struct str kind, struct str group);

/* What is to be read of the kind's objects: what decode looks at, labels or annotations if these
 * are wanted beside, and further paths (NULL: none; ends with NULL; borrowed). To be freed by
 * json_wanted_free; NULL when out of memory. */
struct json_wanted *kube_resource_wanted(const struct kube_resource *resource, bool labels,
                                         bool annotations, const char *const *also);

/* Whether the objects' metadata is all that the selected families of the kind need, so that nothing
 * else has to be asked for: true when the labels of the kind and all paths in the source of
 * each such family begin with .metadata. selection NULL: as metric_selected has it. */
bool kube_resource_needs_metadata_only(const struct kube_resource *resource,
                                       const struct metric_selection *selection);

#endif
