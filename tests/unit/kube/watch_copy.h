/* watch_copy.h — a watch with a consumer that keeps names and versions, and the texts it is fed.
 * Uses: kube/client/watch, watch_server, cmocka.  Threads: none.  Owner: the test, one C file. */
#ifndef KG_TESTS_WATCH_COPY_H
#define KG_TESTS_WATCH_COPY_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "tests/unit/kube/watch_server.h"

/* The consumer: names and versions, in generations. */
static struct {
    struct map now, next;
    bool is_open;
    int begins, commits, aborts, settles;
    bool fail_put, fail_begin, fail_commit;
    char last[512]; /* the object that was put last, as far as there is room */
} copy;

static inline struct str name_of(const json_t *object)
{
    json_t *name = json_object_get(json_object_get(object, "metadata"), "name");
    return str_of(json_string_value(name));
}

static inline int on_begin(void *arg, struct err *err)
{
    (void)arg;
    assert_false(copy.is_open);
    if (copy.fail_begin) {
        return err_set(err, ENOMEM, "no generation");
    }
    copy.is_open = true;
    copy.begins++;
    return 0;
}

static inline int on_commit(void *arg, struct err *err)
{
    (void)arg;
    assert_true(copy.is_open);
    copy.is_open = false;
    if (copy.fail_commit) {
        map_done(&copy.next, free);
        return err_set(err, ENOMEM, "no swap");
    }
    map_done(&copy.now, free);
    copy.now = copy.next;
    copy.next = (struct map){ 0 };
    copy.commits++;
    return 0;
}

static inline void on_abort(void *arg)
{
    (void)arg;
    assert_true(copy.is_open);
    copy.is_open = false;
    map_done(&copy.next, free);
    copy.aborts++;
}

static inline int on_put(void *arg, const json_t *object, struct err *err)
{
    (void)arg;
    if (copy.fail_put) {
        return err_set(err, EBADMSG, "cannot be read");
    }
    size_t n = json_dumpb(object, copy.last, sizeof(copy.last) - 1, JSON_COMPACT);
    copy.last[KG_MIN(n, sizeof(copy.last) - 1)] = '\0';
    json_t *version = json_object_get(json_object_get(object, "metadata"), "resourceVersion");
    void *old = NULL;
    assert_int_equal(map_put(copy.is_open ? &copy.next : &copy.now, name_of(object),
                             str_dup(str_of(json_string_value(version))), &old),
                     0);
    free(old);
    return 0;
}

static inline void on_remove(void *arg, const json_t *object)
{
    (void)arg;
    free(map_remove(copy.is_open ? &copy.next : &copy.now, name_of(object)));
}

static inline void on_settle(void *arg)
{
    (void)arg;
    copy.settles++;
}

static const struct kube_consumer consumer = {
    .relist_begin = on_begin,
    .relist_commit = on_commit,
    .relist_abort = on_abort,
    .put = on_put,
    .remove = on_remove,
    .settle = on_settle,
};

static struct kube_config credentials;

static inline struct kube_watch *start_with(struct kube_watch_spec spec)
{
    map_done(&copy.now, free);
    memset(&copy, 0, sizeof(copy));
    memset(&http, 0, sizeof(http));
    spec.group = "";
    spec.version = "v1";
    spec.plural = "pods";
    spec.field_selector = "spec.nodeName=a";
    spec.seed = 5;
    struct kube_watch *w = kube_watch_new(NULL, &credentials, &spec, &consumer, NULL, NULL);
    assert_non_null(w);
    return w;
}

static inline struct kube_watch *start_shard(bool streaming, struct kube_shard shard,
                                             bool at_server)
{
    return start_with((struct kube_watch_spec){
        .streaming = streaming, .shard = shard, .shard_at_server = at_server });
}

static inline struct kube_watch *start(bool streaming)
{
    return start_with((struct kube_watch_spec){ .streaming = streaming });
}

static inline void stop(struct kube_watch *w)
{
    kube_watch_free(w);
    assert_false(copy.is_open);
    map_done(&copy.now, free);
}

/* Turns until a request is out, past any sleep. */
static inline void turn(struct kube_watch *w)
{
    uint64_t now = clock_mono_ns();
    for (int i = 0; i < 10 && !http.events; i++) {
        uint64_t again = kube_watch_turn(w, now);
        now = KG_MAX(now, again == UINT64_MAX ? now : again);
    }
    assert_non_null(http.events);
}

static inline void assert_path_has(const char *part)
{
    if (!strstr(http.path, part)) {
        fail_msg("%s has no %s", http.path, part);
    }
}

/* want: "name=version name=version …", in the order they came to be. */
static inline void assert_copy(const char *want)
{
    struct buf got = BUF_INIT(4096);
    void *at = NULL, *value;
    struct str key;
    while (map_next(&copy.now, &at, &key, &value)) {
        buf_addf(&got, "%s" STR_FMT "=%s", got.n ? " " : "", STR_ARG(key), (char *)value);
    }
    assert_string_equal(got.n ? buf_c(&got) : "", want);
    buf_done(&got);
}

#define POD(name, version)                                                                         \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version                          \
    "\",\"managedFields\":[{}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BOOKMARK(version) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version "\"}}")
#define END_BOOKMARK(version)                                                                      \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version                              \
                      "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}")

#endif
