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

/* Adds a watch; only before the start. The watch is the loop's; kube_watch_state of it may be asked
 * until kube_loop_free. NULL on error. Errors: -EBUSY the loop runs · -ENOMEM. */
struct kube_watch *kube_loop_add(struct kube_loop *loop, const struct kube_watch_spec *spec,
                                 const struct kube_consumer *consumer, void *arg, struct err *err);

/* The client that the watches use, for calls (kube/client/call.h): to be used on the loop's thread.
 */
struct kube_http *kube_loop_http(const struct kube_loop *loop);

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
