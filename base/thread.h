/* thread.h — threads that end by themselves.
 * Uses: libc.  Threads: any.  Owner: none. */
#ifndef KG_BASE_THREAD_H
#define KG_BASE_THREAD_H

#include "base/defs.h"

/* Starts a detached thread with a stack of so many bytes, in which no signal is handled: those are
 * for the main thread. Errors: -ENOMEM, -EAGAIN. */
int thread_start_detached(size_t stack_bytes, void *(*run)(void *), void *arg) KG_MUST_CHECK;

#endif
