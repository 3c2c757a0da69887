#include "collectors/kubelet_cgroup.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/num.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Names of the processes that a kubelet runs in: itself; k3s; microk8s. */
static const char *const names[] = { "kubelet", "k3s-server", "k3s-agent", "kubelite" };

/* Whether a comma-separated list names the controller. */
static bool lists(struct str controllers, const char *name)
{
    while (controllers.n > 0) {
        if (str_eq_c(str_cut(&controllers, ','), name)) {
            return true;
        }
    }
    return false;
}

/* Lines are "4:memory:/system.slice/kubelet.service", "2:cpu,cpuacct:/…", "0::/…". */
int kubelet_cgroup_parse(struct str text, struct str *ret)
{
    struct str cpu = { NULL, 0 }, memory = { NULL, 0 }, systemd = { NULL, 0 };
    struct str unified = { NULL, 0 };
    while (text.n > 0) {
        struct str path = str_line(&text);
        struct str number = str_cut(&path, ':'), controllers = str_cut(&path, ':');
        if (lists(controllers, "cpu")) {
            cpu = path;
        }
        if (lists(controllers, "memory")) {
            memory = path;
        }
        if (str_eq(controllers, STR("name=systemd"))) {
            systemd = path;
        }
        if (str_eq(number, STR("0")) && controllers.n == 0) {
            unified = path;
        }
    }
    if (cpu.n == 0 && memory.n == 0) {
        cpu = memory = unified;
    }
    if (cpu.n == 0 || !str_eq(cpu, memory)) {
        return -ENODATA;
    }
    *ret = systemd.n > 0 ? systemd : cpu;
    return 0;
}

static bool is_kubelet(int procfs, uint64_t pid)
{
    char path[64], text[64];
    struct str comm;
    snprintf(path, sizeof(path), "%" PRIu64 "/comm", pid);
    if (file_read_text_at(procfs, path, text, sizeof(text), &comm) < 0) {
        return false;
    }
    comm = str_trim(comm);
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        if (str_eq_c(comm, names[i])) {
            return true;
        }
    }
    return false;
}

static int cgroup_of(int procfs, uint64_t pid, char *out, size_t size)
{
    char path[64];
    auto_buf struct buf text = BUF_INIT(LIMIT_CGROUP_FILE_BYTES);
    struct str cgroup;
    snprintf(path, sizeof(path), "%" PRIu64 "/cgroup", pid);
    ssize_t n = file_read(procfs, path, &text, NULL);
    int r = n < 0 ? (int)n : kubelet_cgroup_parse(buf_str(&text), &cgroup);
    if (r < 0) {
        return r;
    }
    while (str_eat(&cgroup, STR("/.."))) {
    }
    return cgroup.n <= 1 ? -ENODATA : str_copy(out, size, cgroup);
}

int kubelet_cgroup_find(const char *procfs, char *out, size_t size)
{
    auto_close int top = file_open_dir_at(AT_FDCWD, procfs);
    int fd = top < 0 ? top : file_open_dir_at(top, ".");
    if (fd < 0) {
        return fd;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -ENOMEM;
    }
    int r = -ENODATA;
    struct dirent *d;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own */
    while (r < 0 && (d = readdir(dir))) {
        uint64_t pid;
        if (num_scan_u64(str_of(d->d_name), &pid) == 0 && is_kubelet(top, pid)) {
            r = cgroup_of(top, pid, out, size);
        }
    }
    closedir(dir);
    return r;
}
