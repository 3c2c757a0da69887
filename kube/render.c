#include "kube/render.h"

#include "base/limits.h"
#include "kube/object/json_get.h"
#include "kube/resources/resource.h"
#include "kube/yaml/yaml.h"
#include "metrics/scrape.h"
#include "metrics/store.h"

/* Bytes of a decoded object's memory that are kept for the next one. */
#define DECODE_KEEP ((size_t)256 * 1024)

struct target {
    const struct kube_resource *resource;
    struct metric_store *store;
    const struct key_allowlist *labels, *annotations;
};

/* A list whose items are being rendered. */
struct frame {
    const json_t *items;
    size_t next;
    struct str kind, api_version; /* of items that do not say theirs, as in a PodList */
};

struct render {
    const struct kube_render_options *options;
    struct target targets[KUBE_N_RESOURCES];
    size_t n_targets;
    struct arena mem;
    size_t unknown, document;
    struct frame frames[LIMIT_JSON_DEPTH];
    size_t depth;
};

static int no_memory(struct err *err)
{
    return err_set(err, ENOMEM, "no memory for rendering");
}

static bool is_selected(const struct kube_render_options *options, const char *plural)
{
    bool selected = options->resources == NULL;
    for (size_t i = 0; !selected && i < options->n_resources; i++) {
        selected = str_eq_c(options->resources[i], plural);
    }
    return selected;
}

static int targets_init(struct render *r, struct err *err)
{
    for (size_t i = 0; i < KUBE_N_RESOURCES; i++) {
        const struct kube_resource *resource = kube_resources[i];
        if (!is_selected(r->options, resource->plural)) {
            continue;
        }
        struct target *target = &r->targets[r->n_targets];
        target->resource = resource;
        target->labels = key_allowlist_of(r->options->labels, str_of(resource->plural));
        target->annotations = key_allowlist_of(r->options->annotations, str_of(resource->plural));
        target->store = metric_store_new(resource->subject, r->options->selection, NULL, err);
        if (!target->store) {
            return no_memory(err);
        }
        r->n_targets++;
    }
    return 0;
}

static void render_done(struct render *r)
{
    for (size_t i = 0; i < r->n_targets; i++) {
        metric_store_free(r->targets[i].store);
    }
    arena_done(&r->mem);
}

/* Objects from manifests have no uid yet: namespace and name then tell them apart. */
static int store_key(struct render *r, const json_t *object, struct str *ret)
{
    const json_t *metadata = json_get_object(object, "metadata");
    struct str uid = json_get_str(metadata, "uid");
    struct str namespace = json_get_str(metadata, "namespace");
    struct str name = json_get_str(metadata, "name");
    if (uid.n) {
        *ret = uid;
        return 0;
    }
    char *key = arena_alloc(&r->mem, namespace.n + 1 + name.n);
    if (!key) {
        return -ENOMEM;
    }
    memcpy(key, namespace.n ? namespace.p : "", namespace.n);
    key[namespace.n] = '/';
    memcpy(key + namespace.n + 1, name.n ? name.p : "", name.n);
    *ret = (struct str){ key, namespace.n + 1 + name.n };
    return 0;
}

static int put_object(struct render *r, const struct target *target, const json_t *object,
                      struct err *err)
{
    arena_reset(&r->mem, DECODE_KEEP);
    const struct kube_decode how = {
        .mem = &r->mem,
        .labels = target->labels,
        .annotations = target->annotations,
        .ksm_quirks = r->options->ksm_quirks,
    };
    void *sample = arena_alloc(&r->mem, target->resource->subject->sample_size);
    struct str key;
    if (!sample || store_key(r, object, &key) < 0) {
        return no_memory(err);
    }
    int result = target->resource->decode(object, &how, sample, err);
    return result < 0 ? result : metric_store_put(target->store, key, sample, err);
}

/* "apps/v1" is group "apps", "v1" the core group "". */
static struct str group_of(struct str api_version)
{
    ssize_t slash = str_find(api_version, '/');
    return slash < 0 ? STR("") : str_head(api_version, (size_t)slash);
}

static int push(struct render *r, const json_t *items, struct str kind, struct str api_version,
                struct err *err)
{
    if (r->depth == KG_ARRAY_LEN(r->frames)) {
        return err_set(err, EBADMSG, "lists are nested more than %zu deep", r->depth);
    }
    r->frames[r->depth++] = (struct frame){ items, 0, kind, api_version };
    return 0;
}

/* Renders an object, or opens it when it is a list. in: the list it stands in. */
static int visit(struct render *r, const json_t *value, struct frame in, struct err *err)
{
    if (json_is_array(value)) {
        return push(r, value, in.kind, in.api_version, err);
    }
    if (!json_is_object(value)) {
        return err_set(err, EBADMSG, "not a Kubernetes object");
    }
    struct str kind = json_get_str(value, "kind");
    struct str api_version = json_get_str(value, "apiVersion");
    const json_t *items = json_get_array(value, "items");
    struct str item_kind = kind;
    if (items && str_eat_end(&item_kind, STR("List"))) {
        return push(r, items, item_kind, api_version, err);
    }
    kind = kind.n ? kind : in.kind;
    api_version = api_version.n ? api_version : in.api_version;
    if (str_empty(kind)) {
        return err_set(err, EBADMSG, "an object without kind");
    }
    const struct kube_resource *resource = kube_resource_by_kind(kind, group_of(api_version));
    r->unknown += resource == NULL;
    for (size_t i = 0; i < r->n_targets; i++) {
        if (r->targets[i].resource == resource) {
            return put_object(r, &r->targets[i], value, err);
        }
    }
    return 0;
}

static int render_document(struct render *r, const json_t *document, struct err *err)
{
    r->document++;
    if (json_is_null(document)) {
        return 0; /* what stands between two "---" may be empty */
    }
    r->depth = 0;
    int result = visit(r, document, (struct frame){ 0 }, err);
    while (result >= 0 && r->depth > 0) {
        struct frame *top = &r->frames[r->depth - 1];
        if (top->next == json_array_size(top->items)) {
            r->depth--;
            continue;
        }
        const json_t *item = json_array_get(top->items, top->next++);
        result = visit(r, item, *top, err);
    }
    if (result < 0) {
        err_wrap(err, "document %zu", r->document);
    }
    return result;
}

static int render_yaml(struct render *r, struct str text, struct err *err)
{
    struct yaml_documents *documents = yaml_documents_new(text);
    if (!documents) {
        return no_memory(err);
    }
    json_t *document = NULL;
    int result;
    while ((result = yaml_documents_next(documents, &document, err)) > 0) {
        result = render_document(r, document, err);
        json_decref(document);
        if (result < 0) {
            break;
        }
    }
    yaml_documents_free(documents);
    return result;
}

static size_t lines_in(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    return n;
}

static int render_json_document(struct render *r, struct str whole, struct str *rest,
                                struct err *err)
{
    json_error_t error;
    json_t *document = json_loadb(rest->p, rest->n, JSON_DISABLE_EOF_CHECK, &error);
    if (!document) {
        size_t before = lines_in(str_head(whole, whole.n - rest->n));
        return err_set(err, EBADMSG, "document %zu, line %zu, column %d: %s", r->document + 1,
                       before + (size_t)KG_MAX(error.line, 1), error.column, error.text);
    }
    int result = render_document(r, document, err);
    json_decref(document);
    *rest = str_from(*rest, (size_t)error.position);
    return result;
}

/* JSON values one after the other; what follows them from a "---" on is YAML. */
static int render_text(struct render *r, struct str text, struct err *err)
{
    struct str rest = text;
    int result = 0;
    while (result >= 0 &&
           (str_starts(str_trim(rest), STR("{")) || str_starts(str_trim(rest), STR("[")))) {
        result = render_json_document(r, text, &rest, err);
    }
    return result < 0 || str_empty(str_trim(rest)) ? result : render_yaml(r, rest, err);
}

static int write_out(struct render *r, struct buf *out, struct err *err)
{
    struct metric_part *parts[KUBE_N_RESOURCES];
    int result = 0;
    for (size_t i = 0; result >= 0 && i < r->n_targets; i++) {
        result = metric_store_publish(r->targets[i].store, err);
    }
    struct scrape *scrape = NULL;
    if (result >= 0) {
        for (size_t i = 0; i < r->n_targets; i++) {
            parts[i] = metric_store_part(r->targets[i].store);
        }
        scrape = scrape_new(parts, r->n_targets, r->options->format);
        result = scrape ? 1 : no_memory(err);
    }
    while (result > 0) {
        result = scrape_next(scrape, out, LIMIT_SCRAPE_PIECE_BYTES);
        if (result < 0) {
            err_set_errno(err, -result, "writing the series");
        }
    }
    scrape_free(scrape);
    return result;
}

int kube_render(struct str text, const struct kube_render_options *options, struct buf *out,
                size_t *ret_unknown, struct err *err)
{
    struct render r = { .options = options };
    arena_init(&r.mem, LIMIT_DECODE_ARENA_BYTES);
    int result = targets_init(&r, err);
    if (result >= 0) {
        result = render_text(&r, text, err);
    }
    if (result >= 0) {
        result = write_out(&r, out, err);
    }
    if (result >= 0 && ret_unknown) {
        *ret_unknown = r.unknown;
    }
    render_done(&r);
    return result;
}
