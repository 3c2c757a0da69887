/* watch_share.c — other shards' objects, and whether the server keeps them back. */
#include "kube/client/object_scan.h"
#include "kube/client/watch_impl.h"
#include "kube/object/json_get.h"

/* So many objects of a list in a row that are all ours do not come by chance: 2^-20 with two
 * shards. Changes prove nothing: they may all be of one object. */
#define OWN_OBJECTS_THAT_TELL 20

static bool is_foreign(struct kube_watch *w, struct str uid)
{
    bool mine = kube_shard_has(&w->spec.shard, uid);
    if (!mine) {
        w->state.foreign_objects++;
    }
    if (!w->spec.shard_at_server) {
        return !mine;
    }
    if (!mine) {
        w->state.sharding = KUBE_WATCH_SHARDING_IGNORED;
        w->own_in_a_row = 0;
    } else if (w->generation_open && ++w->own_in_a_row >= OWN_OBJECTS_THAT_TELL) {
        w->state.sharding = KUBE_WATCH_SHARDING_SERVER;
        w->own_in_a_row = 0;
    }
    return !mine;
}

bool watch_share_drops_item(struct kube_watch *w, struct str text, bool *ret_is_known)
{
    struct object_id id;
    *ret_is_known = !kube_shard_divides(&w->spec.shard) || object_scan(text, &id);
    return kube_shard_divides(&w->spec.shard) && *ret_is_known && is_foreign(w, id.uid);
}

bool watch_share_drops_event(struct kube_watch *w, struct str text, struct str *ret_version,
                             bool *ret_is_known)
{
    struct object_id id;
    struct str type;
    *ret_is_known = !kube_shard_divides(&w->spec.shard);
    /* Bookmarks and errors are everybody's. */
    if (*ret_is_known || !object_scan_event(text, &type, &id) ||
        !(str_eq(type, STR("ADDED")) || str_eq(type, STR("MODIFIED")) ||
          str_eq(type, STR("DELETED")))) {
        return false;
    }
    *ret_is_known = true;
    *ret_version = id.version;
    return is_foreign(w, id.uid);
}

bool watch_share_drops_object(struct kube_watch *w, const json_t *object)
{
    return kube_shard_divides(&w->spec.shard) &&
           is_foreign(w, json_get_str(json_get_object(object, "metadata"), "uid"));
}

int watch_share_list_says(struct kube_watch *w, struct str selector)
{
    if (!w->spec.shard_at_server || !kube_shard_divides(&w->spec.shard)) {
        return 0;
    }
    if (!selector.p) {
        w->state.sharding = KUBE_WATCH_SHARDING_IGNORED;
        return 0;
    }
    auto_buf struct buf asked = BUF_INIT(WATCH_SELECTOR_MAX_BYTES);
    kube_shard_selector(&w->spec.shard, &asked);
    if (str_eq(selector, buf_str(&asked))) {
        w->state.sharding = KUBE_WATCH_SHARDING_SERVER;
        return 0;
    }
    watch_share_refused(w);
    return err_set(&w->stop_err, EPROTO, "the server divides by \"" STR_FMT "\"",
                   STR_ARG(str_head(selector, 120)));
}

void watch_share_refused(struct kube_watch *w)
{
    w->spec.shard_at_server = false;
    w->state.sharding = KUBE_WATCH_SHARDING_REFUSED;
}
