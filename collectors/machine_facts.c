#include "collectors/machine_facts.h"

#include "base/file.h"
#include "base/limits.h"
#include "collectors/proc/proc_parse.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define CPUINFO_BYTES (64 * MIB)
#define TOPOLOGY_IDS 4096

/* A text too long for its place is left out. */
static void set_text(char *out, size_t size, struct str text)
{
    if (str_copy(out, size, text) < 0) {
        out[0] = '\0';
    }
}

/* The trimmed text of root/path into out; leaves out empty and says false when there is none. */
static bool read_id(const char *root, const char *path, char *out, size_t size)
{
    char full[PATH_MAX], text[512];
    struct str s;
    out[0] = '\0';
    if (file_join(full, sizeof(full), root, path) < 0 ||
        file_read_text_at(AT_FDCWD, full, text, sizeof(text), &s) < 0) {
        return false;
    }
    s = str_head(s, strnlen(s.p, s.n)); /* device tree strings end with a NUL */
    return str_copy(out, size, str_trim(s)) == 0 && out[0] != '\0';
}

static void read_ids(const struct collector_env *env, struct machine_facts *f)
{
    (void)(read_id(env->rootfs, "etc/machine-id", f->machine_id, sizeof(f->machine_id)) ||
           read_id(env->rootfs, "var/lib/dbus/machine-id", f->machine_id, sizeof(f->machine_id)));
    (void)(read_id(env->sysfs, "class/dmi/id/product_uuid", f->system_uuid,
                   sizeof(f->system_uuid)) ||
           read_id(env->procfs, "device-tree/system-id", f->system_uuid, sizeof(f->system_uuid)) ||
           read_id(env->procfs, "device-tree/vm,uuid", f->system_uuid, sizeof(f->system_uuid)) ||
           read_id(env->rootfs, "etc/machine-id", f->system_uuid, sizeof(f->system_uuid)));
    (void)read_id(env->procfs, "sys/kernel/random/boot_id", f->boot_id, sizeof(f->boot_id));
}

static void read_versions(const struct collector_env *env, struct machine_facts *f)
{
    static const char *const files[] = { "etc/os-release", "usr/lib/os-release" };
    if (!read_id(env->procfs, "sys/kernel/osrelease", f->kernel_version,
                 sizeof(f->kernel_version))) {
        struct utsname name;
        if (uname(&name) == 0) {
            set_text(f->kernel_version, sizeof(f->kernel_version), str_of(name.release));
        }
    }
    set_text(f->os_version, sizeof(f->os_version), STR("Linux"));
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        char path[PATH_MAX], text[8192];
        struct str s;
        if (file_join(path, sizeof(path), env->rootfs, files[i]) < 0 ||
            file_read_text_at(AT_FDCWD, path, text, sizeof(text), &s) < 0) {
            continue;
        }
        struct str name = machine_parse_os_release(s);
        if (!str_empty(name)) {
            set_text(f->os_version, sizeof(f->os_version), name);
            return;
        }
    }
}

/* The different numbers in cpuN/topology/FILE; of processors that are offline there is none. */
static uint64_t count_topology(const struct collector_env *env, const char *file)
{
    char path[PATH_MAX];
    uint64_t *ids = calloc(TOPOLOGY_IDS, sizeof(*ids));
    size_t n = 0;
    DIR *dir = NULL;
    if (ids && file_join(path, sizeof(path), env->sysfs, "devices/system/cpu") == 0) {
        dir = opendir(path);
    }
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && n < TOPOLOGY_IDS; e = readdir(dir)) {
        char name[NAME_MAX + 64];
        uint64_t id;
        struct str cpu = str_of(e->d_name);
        if (!str_eat(&cpu, STR("cpu")) || str_empty(cpu) || cpu.p[0] < '0' || cpu.p[0] > '9') {
            continue;
        }
        snprintf(name, sizeof(name), "%s/topology/%s", e->d_name, file);
        if (file_read_u64_at(dirfd(dir), name, &id) < 0) {
            continue;
        }
        size_t i = 0;
        while (i < n && ids[i] != id) {
            i++;
        }
        if (i == n) {
            ids[n++] = id;
        }
    }
    if (dir) {
        closedir(dir);
    }
    free(ids);
    return n;
}

static int read_processors(const struct collector_env *env, struct machine_facts *f,
                           struct err *err)
{
    char path[PATH_MAX], list[4096];
    struct str s;
    int r = file_join(path, sizeof(path), env->sysfs, "devices/system/cpu/online");
    if (r == 0) {
        r = file_read_text_at(AT_FDCWD, path, list, sizeof(list), &s);
    }
    if (r == 0) {
        r = machine_parse_cpu_list(s, &f->cores);
    }
    f->present |= r == 0 ? MACHINE_CPU : 0;
    auto_buf struct buf text = BUF_INIT(CPUINFO_BYTES);
    char cpuinfo[PATH_MAX];
    if (file_join(cpuinfo, sizeof(cpuinfo), env->procfs, "cpuinfo") == 0 &&
        file_read(AT_FDCWD, cpuinfo, &text, NULL) >= 0) {
        machine_parse_cpuinfo(buf_str(&text), &f->physical_cores, &f->sockets);
        f->present |= MACHINE_TOPOLOGY;
    }
    if (f->physical_cores == 0) {
        f->physical_cores = count_topology(env, "core_id");
    }
    if (f->sockets == 0) {
        f->sockets = count_topology(env, "physical_package_id");
    }
    f->books = count_topology(env, "book_id");
    f->drawers = count_topology(env, "drawer_id");
    return r < 0 ? err_set_errno(err, -r, "read %s", path) : 0;
}

static int read_memory(const struct collector_env *env, struct machine_facts *f, struct err *err)
{
    char path[PATH_MAX], text[16384];
    struct str s;
    struct meminfo meminfo = { 0 };
    int r = file_join(path, sizeof(path), env->procfs, "meminfo");
    if (r == 0) {
        r = file_read_text_at(AT_FDCWD, path, text, sizeof(text), &s);
    }
    if (r == 0) {
        r = proc_parse_meminfo(s, &meminfo);
    }
    if (r < 0) {
        return err_set_errno(err, -r, "read %s", path);
    }
    f->memory_bytes = meminfo.total_bytes;
    f->swap_bytes = meminfo.swap_total_bytes;
    f->present |= MACHINE_MEMORY;
    return 0;
}

static void add_dimm(struct machine_facts *f, const char *type, uint64_t bytes)
{
    size_t i = 0;
    while (i < f->n_dimms && strcmp(f->dimms[i].type, type) != 0) {
        i++;
    }
    if (i == MACHINE_DIMM_TYPES) {
        return;
    }
    if (i == f->n_dimms) {
        set_text(f->dimms[i].type, sizeof(f->dimms[i].type), str_of(type));
        f->n_dimms++;
    }
    f->dimms[i].count++;
    f->dimms[i].capacity_bytes += bytes;
}

/* mcN/dimmN/{dimm_mem_type,size}; size in MiB. */
static void read_controller(const char *path, struct machine_facts *f)
{
    DIR *dir = opendir(path);
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        char file[NAME_MAX + 32], type[64];
        struct str s;
        uint64_t mib;
        if (!str_starts(str_of(e->d_name), STR("dimm"))) {
            continue;
        }
        snprintf(file, sizeof(file), "%s/dimm_mem_type", e->d_name);
        if (file_read_text_at(dirfd(dir), file, type, sizeof(type), &s) < 0) {
            continue;
        }
        type[str_trim(s).n] = '\0'; /* the kernel puts no blank before it */
        snprintf(file, sizeof(file), "%s/size", e->d_name);
        if (file_read_u64_at(dirfd(dir), file, &mib) == 0) {
            add_dimm(f, type, mib * MIB);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static void read_dimms(const struct collector_env *env, struct machine_facts *f)
{
    char path[PATH_MAX];
    if (file_join(path, sizeof(path), env->sysfs, "devices/system/edac/mc") < 0) {
        return;
    }
    DIR *dir = opendir(path);
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        char controller[PATH_MAX];
        if (str_starts(str_of(e->d_name), STR("mc")) &&
            file_join(controller, sizeof(controller), path, e->d_name) == 0) {
            read_controller(controller, f);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

int machine_facts_read(const struct collector_env *env, struct machine_facts *ret, struct err *err)
{
    *ret = (struct machine_facts){ 0 };
    read_ids(env, ret);
    read_versions(env, ret);
    read_dimms(env, ret);
    int processors = read_processors(env, ret, err);
    int memory = read_memory(env, ret, processors < 0 ? NULL : err);
    return processors < 0 ? processors : memory;
}
