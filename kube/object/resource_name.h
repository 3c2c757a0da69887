/* resource_name.h — names of compute resources ("cpu", "nvidia.com/gpu") and lists of amounts.
 * Uses: base, kube/object/meta, kube/object/quantity, jansson.  Threads: any.  Owner: the decode
 * arena.
 *
 * Source: vectors of kind resourcename; reference ksm/families.tsv, kube_pod_container_resource_*
 * and kube_node_status_capacity. */
#ifndef KG_KUBE_RESOURCE_NAME_H
#define KG_KUBE_RESOURCE_NAME_H

#include "kube/object/meta.h"

/* "hugepages-2Mi"; "attachable-volumes-aws-ebs". */
bool resource_name_is_hugepages(struct str name);
bool resource_name_is_attachable(struct str name);

/* A device of a vendor ("nvidia.com/gpu"): has a '/', nowhere "kubernetes.io/", does not begin with
 * "requests.", and is a qualified name even with "requests." before it. */
bool resource_name_is_extended(struct str name);

/* As the value of a `resource` label: characters outside [A-Za-z0-9_] become '_'. Sets *ret (in
 * mem, or name itself when nothing changes). Errors: -ENOMEM. */
int resource_name_label(struct str name, struct arena *mem, struct str *ret) KG_MUST_CHECK;

struct kube_amount {
    struct str resource, unit; /* resource: as a label; unit: core, byte or integer */
    double value;
};

struct kube_amounts {
    const struct kube_amount *items;
    size_t n;
};

enum kube_amounts_of {
    KUBE_AMOUNTS_OF_CONTAINER, /* only cpu has thousandths */
    KUBE_AMOUNTS_OF_NODE,      /* all have; "pods" is shown, too */
    KUBE_AMOUNTS_OF_ANYTHING,  /* all have; every name is shown, as it is and without a unit */
};

/* Reads a ResourceList ({"cpu": "100m", …}; NULL: none) in its order. Names of no known unit and
 * values that are no quantities are left out; a name of two kinds gives two amounts, as in KSM.
 * Errors: -ENOMEM. */
int kube_amounts_decode(const json_t *list, enum kube_amounts_of of, const struct kube_decode *how,
                        struct kube_amounts *ret, struct err *err);

#endif
