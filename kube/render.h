/* render.h — the exposition that given objects yield, without any server: `kubegauge render -f`.
 * Uses: base, metrics, kube/resources/resource, kube/yaml.  Threads: any.  Owner: agent. */
#ifndef KG_KUBE_RENDER_H
#define KG_KUBE_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "kube/object/allowlist.h"
#include "metrics/part.h"
#include "metrics/selection.h"

struct kube_render_options {
    const struct metric_selection *selection;          /* or NULL */
    const struct key_allowlists *labels, *annotations; /* or NULL */
    const struct str *resources;                       /* plural names; NULL: all */
    size_t n_resources;
    bool ksm_quirks; /* as in struct kube_decode */
    enum metric_format format;
};

/* Renders all objects of a text (JSON, YAML, several documents, List kinds of any nesting). Kinds
 * that are not served are counted in *ret_unknown (may be NULL). Appends the exposition to out.
 * Errors: -EBADMSG (err: document number, line, what) · those of out. */
int kube_render(struct str text, const struct kube_render_options *options, struct buf *out,
                size_t *ret_unknown, struct err *err);

#endif
