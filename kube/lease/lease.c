#include "kube/lease/lease.h"

#include "base/clock.h"
#include "kube/object/json_get.h"

#include <stdio.h>

static void copy(char *out, size_t size, struct str text)
{
    if (str_copy(out, size, text) < 0) {
        out[0] = '\0';
    }
}

int lease_decode(const json_t *object, struct lease *ret, struct err *err)
{
    const json_t *metadata = json_get_object(object, "metadata");
    const json_t *annotations = json_get_object(metadata, "annotations");
    const json_t *spec = json_get_object(object, "spec");
    struct lease l = {
        .duration_sec = json_get_i64(spec, "leaseDurationSeconds"),
        .transitions = json_get_i64(spec, "leaseTransitions"),
    };
    copy(l.version, sizeof(l.version), json_get_str(metadata, "resourceVersion"));
    /* One that is too long is still somebody. */
    copy(l.holder, sizeof(l.holder),
         str_head(json_get_str(spec, "holderIdentity"), sizeof(l.holder) - 1));
    copy(l.renewed, sizeof(l.renewed), json_get_str(spec, "renewTime"));
    copy(l.acquired, sizeof(l.acquired), json_get_str(spec, "acquireTime"));
    copy(l.address, sizeof(l.address), json_get_str(annotations, LEASE_ADDRESS_KEY));
    copy(l.note, sizeof(l.note), json_get_str(annotations, LEASE_NOTE_KEY));
    /* Both are 32 bits wide in the API. */
    l.duration_sec = l.duration_sec > 0 && l.duration_sec <= INT32_MAX ? l.duration_sec : 0;
    l.transitions = l.transitions > 0 && l.transitions <= INT32_MAX ? l.transitions : 0;
    if (!l.version[0]) {
        return err_set(err, EBADMSG, "lease: no resourceVersion");
    }
    *ret = l;
    return 0;
}

/* JSON null for "": the API server refuses an empty holder, and in a merge patch null removes. */
static json_t *text(const char *s)
{
    return s[0] ? json_string(s) : json_null();
}

static json_t *spec_of(const struct lease *l)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:I}", "holderIdentity", text(l->holder),
                     "leaseDurationSeconds", (json_int_t)l->duration_sec, "acquireTime",
                     text(l->acquired), "renewTime", text(l->renewed), "leaseTransitions",
                     (json_int_t)l->transitions);
}

static json_t *annotations_of(const struct lease *l)
{
    return json_pack("{s:o, s:o}", LEASE_ADDRESS_KEY, text(l->address), LEASE_NOTE_KEY,
                     text(l->note));
}

/* In an object that is created an annotation cannot be null. */
static json_t *present_annotations_of(const struct lease *l)
{
    json_t *all = annotations_of(l);
    if (!l->address[0]) {
        json_object_del(all, LEASE_ADDRESS_KEY);
    }
    if (!l->note[0]) {
        json_object_del(all, LEASE_NOTE_KEY);
    }
    return all;
}

json_t *lease_to_create(const struct lease *l, const char *name, const char *namespace)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:o}, s:o}", "apiVersion", "coordination.k8s.io/v1",
                     "kind", "Lease", "metadata", "name", name, "namespace", namespace,
                     "annotations", present_annotations_of(l), "spec", spec_of(l));
}

json_t *lease_to_patch(const struct lease *l)
{
    return json_pack("{s:{s:s, s:o}, s:o}", "metadata", "resourceVersion", l->version,
                     "annotations", annotations_of(l), "spec", spec_of(l));
}

void lease_time(char *out, size_t size, uint64_t unix_ns)
{
    char text_ms[32];
    clock_format_rfc3339(text_ms, unix_ns);
    struct str head = str_of(text_ms);
    str_eat_end(&head, STR("Z"));
    snprintf(out, size, STR_FMT "%03uZ", STR_ARG(head), (unsigned)(unix_ns / 1000 % 1000));
}
