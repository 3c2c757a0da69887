/* defs.h — the compiler extensions that the code uses, each under one name.
 * Uses: nothing.  Threads: any.  Owner: every file. */
#ifndef KG_BASE_DEFS_H
#define KG_BASE_DEFS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#define KG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define KG_MUST_CHECK __attribute__((warn_unused_result))
#define KG_CLEANUP(fn) __attribute__((cleanup(fn)))
#define KG_UNUSED __attribute__((unused))

#define KG_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define KG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define KG_MAX(a, b) ((a) > (b) ? (a) : (b))

/* The struct of type T whose member m is at ptr. */
#define KG_CONTAINER_OF(ptr, T, m) ((T *)(void *)((char *)(ptr)-offsetof(T, m)))

/* Moves a pointer out of a variable that a cleanup guards. */
#define KG_TAKE(ptr)                                                                               \
    ({                                                                                             \
        __auto_type taken_ = (ptr);                                                                \
        (ptr) = NULL;                                                                              \
        taken_;                                                                                    \
    })

static inline void kg_free_cleanup(void *slot)
{
    free(*(void **)slot);
}

void kg_close_cleanup(const int *fd); /* base/file.c; a negative descriptor is left alone */

#define auto_free KG_CLEANUP(kg_free_cleanup)
#define auto_close KG_CLEANUP(kg_close_cleanup)

#endif
