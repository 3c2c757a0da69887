/* test.h — what every unit test includes: cmocka, and the shared reference when it is there.
 * Uses: cmocka.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_TEST_H
#define KG_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str_equal(s, literal)                                                               \
    do {                                                                                           \
        struct str got_ = (s);                                                                     \
        if (!str_eq_c(got_, literal)) {                                                            \
            fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got_), literal);                  \
        }                                                                                          \
    } while (0)

/* The path of a file of the shared reference (KG_SHARED, else beside the checkout) in out; when it
 * is not there, prints why and skips the test that called. */
static inline void KG_UNUSED need_reference(const char *file, char *out, size_t size)
{
    const char *shared = getenv("KG_SHARED");
    snprintf(out, size, "%s/%s", shared ? shared : KG_SOURCE_DIR "/../shared", file);
    if (access(out, R_OK) != 0) {
        printf("SKIPPED: no reference file %s\n", out);
        skip();
    }
}

#endif
