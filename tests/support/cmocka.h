/* cmocka.h — cmocka with the headers that it wants before it.
 * Uses: cmocka, libc.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_CMOCKA_H
#define KG_TESTS_SUPPORT_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
