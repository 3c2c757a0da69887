/* num.h — numbers from and to text: exact, bounded, independent of the locale.
 * Uses: str.  Threads: any.  Owner: none. */
#ifndef KG_BASE_NUM_H
#define KG_BASE_NUM_H

#include "base/str.h"

/* Longest result of the format functions below, without a NUL. */
#define NUM_TEXT_MAX 32

/* Scan the whole of s; neither blanks nor signs are skipped (i64 and double take '-', double '+').
 * Sets *ret. Errors: -EINVAL not a number or empty · -ERANGE beyond the type. */
int num_scan_u64(struct str s, uint64_t *ret) KG_MUST_CHECK;
int num_scan_i64(struct str s, int64_t *ret) KG_MUST_CHECK;
int num_scan_signed(struct str s, int64_t *ret) KG_MUST_CHECK; /* as i64, and '+', as Go's Atoi */
int num_scan_hex(struct str s, uint64_t *ret) KG_MUST_CHECK;   /* without 0x */
int num_scan_double(struct str s,
                    double *ret) KG_MUST_CHECK; /* also Inf, NaN, as Go's ParseFloat */

/* Write v into out (NUM_TEXT_MAX bytes), return the length. */
size_t num_format_u64(char *out, uint64_t v);
size_t num_format_i64(char *out, int64_t v);

/* Shortest decimal that reads back as v, in the form of Go's strconv.FormatFloat(v, 'g', -1, 64),
 * which every peer prints: exponent form iff the decimal exponent is < -4 or >= 6 ("999999",
 * "1e+06", "0.0001", "1e-05"), the exponent signed with two digits at least; "NaN", "+Inf", "-Inf".
 * Source: the peers' expositions; reference vectors of kind "float". */
size_t num_format_double(char *out, double v);

#endif
