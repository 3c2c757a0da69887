/* lease.h — a coordination.k8s.io/v1 Lease as leader election sees it, from JSON and to JSON.
 * Uses: base, jansson.  Threads: any.  Owner: the caller.
 *
 * The lease is that of client-go's leader election. Two annotations are ours: what the holder
 * leaves for its successor. */
#ifndef KG_KUBE_LEASE_H
#define KG_KUBE_LEASE_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

#include <jansson.h>

#define LEASE_TEXT_BYTES 256

#define LEASE_ADDRESS_KEY "kubegauge.io/address" /* HOST:PORT where the holder serves */
#define LEASE_NOTE_KEY "kubegauge.io/scrapes"    /* its note: who scrapes it, and when */

struct lease {
    char version[64];               /* metadata.resourceVersion */
    char holder[LEASE_TEXT_BYTES];  /* "": nobody */
    char renewed[40], acquired[40]; /* MicroTime, as it stands: only whether it changes counts */
    int64_t duration_sec;           /* 0: not given */
    int64_t transitions;
    char address[LEASE_TEXT_BYTES];
    char note[LIMIT_LEASE_NOTE_BYTES];
};

/* Reads a Lease object. Absent members are empty or 0; texts that are too long are as if absent,
 * but a holder, which is cut.
 * Errors: -EBADMSG no resourceVersion (it cannot be written safely). */
int lease_decode(const json_t *object, struct lease *ret, struct err *err);

/* The object to create; name and namespace are borrowed. NULL when out of memory. */
json_t *lease_to_create(const struct lease *l, const char *name, const char *namespace);

/* The merge patch that makes of the lease at l->version what l says, and is refused (409) if it has
 * changed since. What others keep in it stays. NULL when out of memory. */
json_t *lease_to_patch(const struct lease *l);

/* Writes unix_ns as MicroTime, "2026-11-21T01:02:03.004005Z" (Go reads no other number of digits).
 */
void lease_time(char *out, size_t size, uint64_t unix_ns);

#endif
