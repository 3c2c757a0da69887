/* What a machine says about itself, and what it keeps to itself. */
#include "collectors/machine_facts.h"
#include "tests/unit/collectors/fixture.h"

static void cpu_lists(void **state)
{
    (void)state;
    uint64_t n = 9;
    assert_int_equal(machine_parse_cpu_list(STR("0\n"), &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(machine_parse_cpu_list(STR("0-3,8,10-11\n"), &n), 0);
    assert_int_equal(n, 7);
    static const char *const wrong[] = { "", "\n", "-1", "3-1", "0,", "0-", "0 1", "x" };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(machine_parse_cpu_list(str_of(wrong[i]), &n), -EBADMSG);
    }
    assert_int_equal(n, 7);
}

#define CPU(socket, core) "processor\t: 0\nphysical id\t: " socket "\ncore id\t\t: " core "\n\n"

static void cpuinfo(void **state)
{
    (void)state;
    uint64_t cores, sockets;
    /* two sockets of two cores with two threads each: core numbers begin anew in each socket */
    static const char two_sockets[] = CPU("0", "0") CPU("0", "1") CPU("0", "0") CPU("0", "1")
        CPU("1", "0") CPU("1", "1") CPU("1", "0") CPU("1", "1");
    machine_parse_cpuinfo(str_of(two_sockets), &cores, &sockets);
    assert_int_equal(cores, 4);
    assert_int_equal(sockets, 2);
    machine_parse_cpuinfo(STR("processor\t: 0\ncore id\t\t: 7"), &cores, &sockets);
    assert_int_equal(cores, 1);
    assert_int_equal(sockets, 0);
    machine_parse_cpuinfo(STR("processor\t: 0\nBogoMIPS\t: 50.00\n\nprocessor\t: 1\n\n"), &cores,
                          &sockets); /* arm64 */
    assert_int_equal(cores, 0);
    assert_int_equal(sockets, 0);
    machine_parse_cpuinfo(STR(""), &cores, &sockets);
    assert_int_equal(cores, 0);
}

static void os_release(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n",
          "Debian GNU/Linux 12 (bookworm)" },
        { "PRETTY_NAME='Alpine Linux'\n", "Alpine Linux" },
        { "PRETTY_NAME=Plain", "Plain" },
        { "PRETTY_NAME=\"\n", "\"" },
        { "NAME=x\n", "" },
        { "", "" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        assert_true(str_eq(machine_parse_os_release(str_of(rows[i][0])), str_of(rows[i][1])));
    }
}

struct roots {
    struct fixture f;
    char proc[256], sys[256], root[256];
    struct collector_env env;
};

static void roots_open(struct roots *r)
{
    fixture_open(&r->f);
    snprintf(r->proc, sizeof(r->proc), "%.127s/proc", r->f.top);
    snprintf(r->sys, sizeof(r->sys), "%.127s/sys", r->f.top);
    snprintf(r->root, sizeof(r->root), "%.127s/root", r->f.top);
    r->env = (struct collector_env){ .procfs = r->proc, .sysfs = r->sys, .rootfs = r->root };
}

static void complete(void **state)
{
    (void)state;
    struct roots r;
    roots_open(&r);
    static const char *const files[][2] = {
        { "root/etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n" },
        { "root/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n" },
        { "sys/class/dmi/id/product_uuid", "abc-def\n" },
        { "proc/sys/kernel/random/boot_id", "130b1ed4-bbef\n" },
        { "proc/sys/kernel/osrelease", "6.18.44\n" },
        { "proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 10 kB\n" },
        { "proc/cpuinfo", CPU("0", "0") CPU("0", "1") },
        { "sys/devices/system/cpu/online", "0-1\n" },
        { "sys/devices/system/cpu/cpu0/topology/book_id", "3\n" },
        { "sys/devices/system/cpu/cpu1/topology/book_id", "4\n" },
        { "sys/devices/system/cpu/cpufreq/topology/book_id", "5\n" },
        { "sys/devices/system/edac/mc/mc0/dimm0/dimm_mem_type", "Unbuffered-DDR4\n" },
        { "sys/devices/system/edac/mc/mc0/dimm0/size", "8192\n" },
        { "sys/devices/system/edac/mc/mc1/dimm0/dimm_mem_type", "Unbuffered-DDR4\n" },
        { "sys/devices/system/edac/mc/mc1/dimm0/size", "8192\n" },
        { "sys/devices/system/edac/mc/mc1/dimm1/dimm_mem_type", "NVDIMM\n" },
        { "sys/devices/system/edac/mc/mc1/dimm1/size", "1\n" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        fixture_file(&r.f, files[i][0], files[i][1]);
    }
    struct machine_facts m;
    struct err err = { 0 };
    assert_int_equal(machine_facts_read(&r.env, &m, &err), 0);
    assert_int_equal(m.present, MACHINE_CPU | MACHINE_TOPOLOGY | MACHINE_MEMORY);
    assert_string_equal(m.machine_id, "3d1219c7c4c5404aaa1f6d2a48adfda4");
    assert_string_equal(m.system_uuid, "abc-def");
    assert_string_equal(m.boot_id, "130b1ed4-bbef");
    assert_string_equal(m.kernel_version, "6.18.44");
    assert_string_equal(m.os_version, "Debian GNU/Linux 12 (bookworm)");
    assert_int_equal(m.cores, 2);
    assert_int_equal(m.physical_cores, 2);
    assert_int_equal(m.sockets, 1);
    assert_int_equal(m.books, 2);
    assert_int_equal(m.drawers, 0);
    assert_int_equal(m.memory_bytes, 1024000);
    assert_int_equal(m.swap_bytes, 10240);
    assert_int_equal(m.n_dimms, 2);
    const struct machine_dimm *ddr = &m.dimms[strcmp(m.dimms[0].type, "NVDIMM") == 0];
    assert_string_equal(ddr->type, "Unbuffered-DDR4");
    assert_int_equal(ddr->count, 2);
    assert_true(ddr->capacity_bytes == UINT64_C(16384) * 1024 * 1024);
    fixture_close(&r.f);
}

/* arm64 in a device tree, without DMI: ids and cores come from elsewhere. */
static void other_places(void **state)
{
    (void)state;
    struct roots r;
    roots_open(&r);
    static const char *const files[][2] = {
        { "root/var/lib/dbus/machine-id", "m\n" },
        { "root/usr/lib/os-release", "PRETTY_NAME=Talos\n" },
        { "proc/meminfo", "MemTotal: 1 kB\n" },
        { "proc/cpuinfo", "processor\t: 0\n\n" },
        { "sys/devices/system/cpu/online", "0-3\n" },
        { "sys/devices/system/cpu/cpu0/topology/core_id", "0\n" },
        { "sys/devices/system/cpu/cpu1/topology/core_id", "1\n" },
        { "sys/devices/system/cpu/cpu2/topology/core_id", "1\n" },
        { "sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        fixture_file(&r.f, files[i][0], files[i][1]);
    }
    fixture_folder(&r.f, "proc/device-tree");
    int fd = open(fixture_path(&r.f, "proc/device-tree/vm,uuid"), O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(fd, "u-u-i-d", 8), 8); /* with its NUL, as device trees have it */
    close(fd);
    struct machine_facts m;
    assert_int_equal(machine_facts_read(&r.env, &m, NULL), 0);
    assert_string_equal(m.machine_id, "m");
    assert_string_equal(m.system_uuid, "u-u-i-d");
    assert_string_equal(m.os_version, "Talos");
    assert_true(m.kernel_version[0] != '\0'); /* of the running kernel */
    assert_int_equal(m.physical_cores, 2);
    assert_int_equal(m.sockets, 1);
    assert_int_equal(m.n_dimms, 0);
    fixture_close(&r.f);
}

static void nothing(void **state)
{
    (void)state;
    struct roots r;
    roots_open(&r);
    struct machine_facts m;
    struct err err = { 0 };
    assert_int_equal(machine_facts_read(&r.env, &m, &err), -ENOENT);
    assert_non_null(strstr(err_text(&err), "cpu/online"));
    assert_int_equal(m.present, 0);
    assert_string_equal(m.machine_id, "");
    assert_string_equal(m.os_version, "Linux");
    fixture_file(&r.f, "sys/devices/system/cpu/online", "0\n");
    err = (struct err){ 0 };
    assert_int_equal(machine_facts_read(&r.env, &m, &err), -ENOENT);
    assert_non_null(strstr(err_text(&err), "meminfo"));
    assert_int_equal(m.present, MACHINE_CPU);
    fixture_close(&r.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_lists), cmocka_unit_test(cpuinfo),      cmocka_unit_test(os_release),
        cmocka_unit_test(complete),  cmocka_unit_test(other_places), cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
