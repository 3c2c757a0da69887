/* spec.volumes[] {"name":"data","persistentVolumeClaim":{"claimName":"data-db-0"}} or
 * {"name":"data","ephemeral":{…}}, whose claim is called <pod>-<volume>, against
 * spec.containers[].volumeMounts[] {"name":"data","mountPath":"/var/lib/db","subPath":"x"}. */
#include "kube/join/pod_claims.h"

#include "base/buf.h"
#include "base/limits.h"
#include "kube/object/json_get.h"

/* Two names of Kubernetes. */
#define NAME_BYTES ((size_t)512)

struct claims {
    struct pod_index_claim *items;
    size_t n;
};

static int claim_of(const json_t *volume, struct str pod, struct arena *mem, struct str *ret)
{
    *ret = json_get_str(json_get_object(volume, "persistentVolumeClaim"), "claimName");
    if (ret->n || !json_get_object(volume, "ephemeral")) {
        return 0;
    }
    auto_buf struct buf name = BUF_INIT(NAME_BYTES);
    buf_addf(&name, STR_FMT "-" STR_FMT, STR_ARG(pod), STR_ARG(json_get_str(volume, "name")));
    return buf_failed(&name) ? buf_failed(&name) : arena_str(mem, buf_str(&name), ret);
}

static bool is_part(const json_t *mount)
{
    return json_get_str(mount, "subPath").n || json_get_str(mount, "subPathExpr").n;
}

/* items NULL only counts. */
static void add_mounts(struct claims *out, const json_t *containers, struct str volume,
                       struct str claim, bool parts)
{
    const json_t *container, *mount;
    size_t i, k;
    json_array_foreach (containers, i, container) {
        json_array_foreach (json_get_array(container, "volumeMounts"), k, mount) {
            if (!str_eq(json_get_str(mount, "name"), volume) || is_part(mount) != parts) {
                continue;
            }
            if (out->items) {
                out->items[out->n] = (struct pod_index_claim){
                    .name = claim,
                    .container = json_get_str(container, "name"),
                    .path = json_get_str(mount, "mountPath"),
                };
            }
            out->n++;
        }
    }
}

static int add_claims(struct claims *out, const json_t *spec, struct str pod, struct arena *mem)
{
    const json_t *containers = json_get_array(spec, "containers"), *volume;
    const json_t *inits = json_get_array(spec, "initContainers");
    size_t i;
    json_array_foreach (json_get_array(spec, "volumes"), i, volume) {
        struct str claim, name = json_get_str(volume, "name");
        int r = claim_of(volume, pod, mem, &claim);
        if (r < 0) {
            return r;
        }
        size_t before = out->n;
        for (int parts = 0; claim.n && parts < 2; parts++) {
            add_mounts(out, containers, name, claim, parts);
            add_mounts(out, inits, name, claim, parts);
        }
        if (claim.n && out->n == before) {
            if (out->items) {
                out->items[out->n] = (struct pod_index_claim){ .name = claim };
            }
            out->n++;
        }
    }
    return 0;
}

int pod_claims_read(const json_t *object, struct arena *mem, struct pod_index_pod *pod)
{
    const json_t *spec = json_get_object(object, "spec");
    struct claims claims = { NULL, 0 };
    int r = add_claims(&claims, spec, pod->name, mem);
    if (r < 0 || claims.n == 0) {
        return r;
    }
    claims.items = ARENA_ARRAY(mem, claims.n, struct pod_index_claim);
    claims.n = 0;
    r = claims.items ? add_claims(&claims, spec, pod->name, mem) : -ENOMEM;
    pod->claims = claims.items;
    pod->n_claims = claims.n;
    return r;
}
