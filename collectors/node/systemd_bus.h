/* systemd_bus.h — asks systemd for its units and their properties over D-Bus.
 * Uses: base, libsystemd (loaded when first used).  Threads: one at a time.  Owner: the collector
 * systemd.
 *
 * Every call ends at the deadline that systemd_bus_begin sets, whatever the other side does. After
 * an error that is not of one property the connection is closed, and the next begin makes another.
 */
#ifndef KG_COLLECTORS_SYSTEMD_BUS_H
#define KG_COLLECTORS_SYSTEMD_BUS_H

#include "base/arena.h"
#include "base/err.h"

struct systemd_bus;

struct systemd_unit {
    struct str name, load, active; /* "ssh.service", "loaded", "active" */
    const char *path;              /* its D-Bus object */
};

/* Interfaces of units and of the manager: "Service" gives org.freedesktop.systemd1.Service. */
#define SYSTEMD_MANAGER "Manager"

/* address: a D-Bus address ("unix:path=/run/dbus/system_bus_socket"), copied; direct: systemd
 * itself answers there, and not a bus. Errors: -ENODATA libsystemd is not installed · -ENOMEM. */
int systemd_bus_new(const char *address, bool direct, struct systemd_bus **ret, struct err *err);
void systemd_bus_free(struct systemd_bus *b); /* NULL is allowed */

/* The address of a socket's path: bytes that an address may not have are written as %XX. Errors:
 * -ENAMETOOLONG. */
int systemd_bus_address(char *out, size_t size, struct str path) KG_MUST_CHECK;

/* Calls until the next begin end at until_ns of clock_mono_ns; connects if needed. Errors: those of
 * connecting · -ETIMEDOUT · -EACCES refused. */
int systemd_bus_begin(struct systemd_bus *b, uint64_t until_ns, struct err *err);

/* All units that systemd has in memory, in mem, in its order. Errors: as calls · -E2BIG beyond
 * LIMIT_NODE_NAMES · -ENOMEM. */
int systemd_bus_units(struct systemd_bus *b, struct arena *mem, struct systemd_unit **ret,
                      size_t *ret_n, struct err *err);

/* A property of the object at path (NULL: the manager's). Errors: -ENODATA the object has none (it
 * went away, or systemd is too old), err is not set · -ETIMEDOUT, -ECONNRESET and others of the
 * connection. u64: of the types u and t. */
int systemd_bus_text(struct systemd_bus *b, const char *path, const char *interface,
                     const char *property, struct arena *mem, struct str *ret, struct err *err);
int systemd_bus_u64(struct systemd_bus *b, const char *path, const char *interface,
                    const char *property, uint64_t *ret, struct err *err);

#endif
