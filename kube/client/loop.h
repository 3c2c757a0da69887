/* loop.h — the kube thread: one HTTP client, the watches on it, and their log lines.
 * Uses: base, kube/client/http, kube/client/watch.  Threads: new, add, start, stop and free from
 * one thread (the owner's); everything else happens on the loop's own.  Owner: agent.
 *
 * Credentials are read again every minute, and when the server says 401. Failures of a watch are
 * logged with growing intervals, and "recovered" once. Signals are blocked in the thread. */
#ifndef KG_KUBE_LOOP_H
#define KG_KUBE_LOOP_H

#include "kube/client/watch.h"

struct kube_loop;

/* NULL on error. config is borrowed, and from the start on belongs to the loop's thread until
 * kube_loop_stop. Errors: those of kube_http_new. */
struct kube_loop *kube_loop_new(struct kube_config *config, const char *user_agent,
                                struct err *err);

/* Called at the beginning of every turn, on the loop's thread, outside all callbacks of watches:
 * the place to add and remove watches while the loop runs. Returns the clock_mono_ns at which it
 * wants to be called again at the latest (UINT64_MAX: whenever). */
typedef uint64_t (*kube_loop_hook)(void *arg, uint64_t now_ns);

/* Hooks run in the order in which they were added. Before the start, or from within a hook. Errors:
 * -EBUSY · -ENOSPC there are KUBE_LOOP_HOOKS_MAX already. */
int kube_loop_add_hook(struct kube_loop *loop, kube_loop_hook hook, void *arg, struct err *err);
#define KUBE_LOOP_HOOKS_MAX 8

/* Has the loop turn soon, hooks included. Any thread. */
void kube_loop_wakeup(struct kube_loop *loop);

/* Has requests from now on use another server and other credentials, which the loop's config takes
 * over from *config; those under way go on. From within a hook, or while the loop does not run.
 * Errors: -EBUSY · those of kube_http_retarget: nothing changes then. */
int kube_loop_configure(struct kube_loop *loop, struct kube_config *config, struct err *err);

/* The HTTP client, for requests other than watches, to be made in hooks and callbacks only. */
struct kube_http *kube_loop_http(struct kube_loop *loop);

/* Adds a watch: before the start, or from within a hook. The watch is the loop's; kube_watch_state
 * of it may be asked until it is removed or the loop freed. NULL on error. Errors: -EBUSY another
 * thread's loop runs · -ENOMEM. */
struct kube_watch *kube_loop_add(struct kube_loop *loop, const struct kube_watch_spec *spec,
                                 const struct kube_consumer *consumer, void *arg, struct err *err);

/* Ends and frees a watch, without further calls to its consumer but the abort of an open
 * generation. From within a hook, or while the loop does not run. NULL is allowed. */
void kube_loop_remove(struct kube_loop *loop, struct kube_watch *watch);

/* Starts the thread. Errors: those of pthread_create, -EBUSY it runs. */
int kube_loop_start(struct kube_loop *loop, struct err *err);

/* Ends the thread, within the time of one callback; nothing happens when it does not run. The
 * consumers get no calls after it; what they hold stays. */
void kube_loop_stop(struct kube_loop *loop);

/* clock_mono_ns of the beginning of the last turn, at most a second apart while the thread is well;
 * 0 when it does not run. Any thread. */
uint64_t kube_loop_turned_ns(const struct kube_loop *loop);

/* Stops, cancels what is under way (an open generation is aborted), frees. NULL is allowed. */
void kube_loop_free(struct kube_loop *loop);

#endif
