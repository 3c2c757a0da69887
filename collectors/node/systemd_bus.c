#include "collectors/node/systemd_bus.h"

#include "base/clock.h"
#include "base/limits.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define NS_OF_USEC 1000

/* libsystemd brings five more libraries, which an agent without this collector (it is off unless
 * asked for) need not load: docs/adr/0012. */
#define FUNCTIONS(X)                                                                               \
    X(sd_bus_new)                                                                                  \
    X(sd_bus_set_address)                                                                          \
    X(sd_bus_set_bus_client)                                                                       \
    X(sd_bus_start)                                                                                \
    X(sd_bus_is_ready)                                                                             \
    X(sd_bus_process)                                                                              \
    X(sd_bus_wait)                                                                                 \
    X(sd_bus_close_unref)                                                                          \
    X(sd_bus_set_method_call_timeout)                                                              \
    X(sd_bus_call_method)                                                                          \
    X(sd_bus_error_free)                                                                           \
    X(sd_bus_message_enter_container)                                                              \
    X(sd_bus_message_peek_type)                                                                    \
    X(sd_bus_message_read)                                                                         \
    X(sd_bus_message_unref)

/* clang-format off */
#define MEMBER(name) __typeof__(name) *(name);
static struct { FUNCTIONS(MEMBER) } lib;
/* clang-format on */

static pthread_mutex_t lib_lock = PTHREAD_MUTEX_INITIALIZER;
static bool lib_loaded;

static int find_functions(void *handle, struct err *err)
{
#define FIND(name)                                                                                 \
    lib.name = (__typeof__(lib.name))dlsym(handle, #name);                                         \
    if (!lib.name) {                                                                               \
        return err_set(err, ENODATA, "libsystemd.so.0 has no " #name ": it is too old");           \
    }
    FUNCTIONS(FIND)
    return 0;
}

/* It stays loaded for the life of the process. */
static int load(struct err *err)
{
    int r = 0;
    pthread_mutex_lock(&lib_lock);
    if (!lib_loaded) {
        void *handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
        r = handle ? find_functions(handle, err)
                   : err_set(err, ENODATA, "libsystemd.so.0 cannot be loaded; is it installed?");
        lib_loaded = r == 0;
    }
    pthread_mutex_unlock(&lib_lock);
    return r;
}

struct systemd_bus {
    sd_bus *bus; /* NULL: not connected */
    bool direct;
    uint64_t until_ns;
    char address[];
};

int systemd_bus_new(const char *address, bool direct, struct systemd_bus **ret, struct err *err)
{
    int r = load(err);
    if (r < 0) {
        return r;
    }
    size_t n = strlen(address) + 1;
    struct systemd_bus *b = calloc(1, sizeof(*b) + n);
    if (!b) {
        return err_set(err, ENOMEM, "systemd: out of memory");
    }
    b->direct = direct;
    memcpy(b->address, address, n);
    *ret = b;
    return 0;
}

static void disconnect(struct systemd_bus *b)
{
    b->bus = b->bus ? lib.sd_bus_close_unref(b->bus) : NULL;
}

void systemd_bus_free(struct systemd_bus *b)
{
    if (b) {
        disconnect(b);
        free(b);
    }
}

int systemd_bus_address(char *out, size_t size, struct str path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_/.";
    int n = snprintf(out, size, "unix:path=");
    for (size_t i = 0; i < path.n && n >= 0 && (size_t)n + 4 <= size; i++) {
        const char c = path.p[i];
        bool is_plain = memchr(plain, c, sizeof(plain) - 1) != NULL;
        n += is_plain ? snprintf(out + n, size - (size_t)n, "%c", c)
                      : snprintf(out + n, size - (size_t)n, "%%%02x", (unsigned)(unsigned char)c);
    }
    return n < 0 || (size_t)n + 4 > size ? -ENAMETOOLONG : 0;
}

/* 0: the time is up. */
static uint64_t left_usec(const struct systemd_bus *b)
{
    uint64_t now = clock_mono_ns();
    return now < b->until_ns ? (b->until_ns - now) / NS_OF_USEC : 0;
}

static int timed_out(const char *what, struct err *err)
{
    return err_set(err, ETIMEDOUT, "systemd: %s: no answer in time", what);
}

/* sd-bus itself would wait for the greeting for longer than any scrape. */
static int wait_until_ready(struct systemd_bus *b, struct err *err)
{
    int r;
    while ((r = lib.sd_bus_is_ready(b->bus)) == 0) {
        uint64_t left = left_usec(b);
        if (left == 0) {
            return timed_out(b->address, err);
        }
        r = lib.sd_bus_process(b->bus, NULL);
        if (r == 0) {
            r = lib.sd_bus_wait(b->bus, left);
        }
        if (r < 0 && r != -EINTR) {
            break;
        }
    }
    return r < 0 ? err_set_errno(err, -r, "systemd: %s", b->address) : 0;
}

int systemd_bus_begin(struct systemd_bus *b, uint64_t until_ns, struct err *err)
{
    b->until_ns = until_ns;
    if (b->bus) {
        return 0;
    }
    int r = lib.sd_bus_new(&b->bus);
    r = r < 0 ? r : lib.sd_bus_set_address(b->bus, b->address);
    r = r < 0 ? r : lib.sd_bus_set_bus_client(b->bus, !b->direct);
    r = r < 0 ? r : lib.sd_bus_start(b->bus);
    r = r < 0 ? err_set_errno(err, -r, "systemd: connect to %s", b->address)
              : wait_until_ready(b, err);
    if (r < 0) {
        disconnect(b);
    }
    return r;
}

/* Calls a method with up to two strings. Errors: -ENODATA the other side refuses it, with its
 * reason in err · those of the connection, which is then closed. */
static int call(struct systemd_bus *b, const char *path, const char *interface, const char *method,
                const char *first, const char *second, sd_bus_message **ret, struct err *err)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    uint64_t left = left_usec(b);
    if (!b->bus || left == 0) {
        disconnect(b);
        return timed_out(method, err);
    }
    int r = lib.sd_bus_set_method_call_timeout(b->bus, left);
    r = r < 0 ? r
              : lib.sd_bus_call_method(b->bus, DESTINATION, path, interface, method, &error, ret,
                                       first ? "ss" : "", first, second);
    if (r >= 0) {
        return 0;
    }
    /* Other numbers stand for what the other side says: that there is no such unit, or no right. */
    bool broken =
        r == -ETIMEDOUT || r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE || r == -ENOMEM;
    err_set_errno(err, -r, "systemd: %s: %.120s", method, error.message ? error.message : "failed");
    lib.sd_bus_error_free(&error);
    if (broken) {
        disconnect(b);
    }
    return broken ? r : -ENODATA;
}

static int read_units(sd_bus_message *m, struct arena *mem, struct systemd_unit **ret,
                      size_t *ret_n)
{
    struct systemd_unit *units = NULL;
    size_t n = 0, cap = 0;
    int r = lib.sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
    while (r >= 0) {
        const char *name, *load, *active, *path, *skip;
        uint32_t job;
        r = lib.sd_bus_message_read(m, "(ssssssouso)", &name, &skip, &load, &active, &skip, &skip,
                                    &path, &job, &skip, &skip);
        if (r <= 0) {
            break;
        }
        if (n == cap) {
            cap = cap ? cap * 2 : 256;
            struct systemd_unit *more =
                cap > LIMIT_NODE_NAMES ? NULL : ARENA_ARRAY(mem, cap, struct systemd_unit);
            if (!more) {
                return cap > LIMIT_NODE_NAMES ? -E2BIG : -ENOMEM;
            }
            if (n) {
                memcpy(more, units, n * sizeof(*more));
            }
            units = more;
        }
        struct systemd_unit *u = &units[n++];
        struct str object;
        if (arena_str(mem, str_of(name), &u->name) < 0 ||
            arena_str(mem, str_of(load), &u->load) < 0 ||
            arena_str(mem, str_of(active), &u->active) < 0 ||
            arena_str(mem, str_of(path), &object) < 0) {
            return -ENOMEM;
        }
        u->path = object.p;
    }
    *ret = units;
    *ret_n = n;
    return r;
}

int systemd_bus_units(struct systemd_bus *b, struct arena *mem, struct systemd_unit **ret,
                      size_t *ret_n, struct err *err)
{
    sd_bus_message *m = NULL;
    int r = call(b, MANAGER_PATH, DESTINATION ".Manager", "ListUnits", NULL, NULL, &m, err);
    if (r < 0) {
        return r;
    }
    r = read_units(m, mem, ret, ret_n);
    lib.sd_bus_message_unref(m);
    return r < 0 ? err_set_errno(err, -r, "systemd: the list of units") : 0;
}

/* Gets the answer to Get, a variant, and goes into it. Sets *ret_type to the type in it. */
static int get(struct systemd_bus *b, const char *path, const char *interface, const char *property,
               char *ret_type, sd_bus_message **ret, struct err *err)
{
    char whole[64];
    struct err own = { 0 };
    const char *contents = NULL;
    char type = 0;
    snprintf(whole, sizeof(whole), DESTINATION ".%s", interface);
    int r = call(b, path ? path : MANAGER_PATH, "org.freedesktop.DBus.Properties", "Get", whole,
                 property, ret, &own);
    if (r < 0) {
        if (r != -ENODATA && err) {
            *err = own;
        }
        return r;
    }
    r = lib.sd_bus_message_peek_type(*ret, &type, &contents);
    if (r <= 0 || type != 'v' || !contents || strlen(contents) != 1 ||
        lib.sd_bus_message_enter_container(*ret, 'v', contents) < 0) {
        *ret = lib.sd_bus_message_unref(*ret);
        return -ENODATA;
    }
    *ret_type = contents[0];
    return 0;
}

int systemd_bus_text(struct systemd_bus *b, const char *path, const char *interface,
                     const char *property, struct arena *mem, struct str *ret, struct err *err)
{
    sd_bus_message *m = NULL;
    const char *text;
    char type;
    int r = get(b, path, interface, property, &type, &m, err);
    if (r < 0) {
        return r;
    }
    r = type == 's' && lib.sd_bus_message_read(m, "s", &text) > 0
            ? arena_str(mem, str_of(text), ret)
            : -ENODATA;
    lib.sd_bus_message_unref(m);
    return r == -ENOMEM ? err_set(err, ENOMEM, "systemd: out of memory") : r;
}

int systemd_bus_u64(struct systemd_bus *b, const char *path, const char *interface,
                    const char *property, uint64_t *ret, struct err *err)
{
    sd_bus_message *m = NULL;
    uint32_t small = 0;
    char type;
    int r = get(b, path, interface, property, &type, &m, err);
    if (r < 0) {
        return r;
    }
    if (type == 'u' && lib.sd_bus_message_read(m, "u", &small) > 0) {
        *ret = small;
    } else if (type != 't' || lib.sd_bus_message_read(m, "t", ret) <= 0) {
        r = -ENODATA;
    }
    lib.sd_bus_message_unref(m);
    return r;
}
