#include "tests/integration/fake.h"

#include "base/limits.h"
#include "base/num.h"
#include "tests/support/file_write.h"

#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 32

extern char **environ;

static void die(const char *what)
{
    perror(what);
    abort();
}

void fake_dir_make(struct fake_dir *d)
{
    snprintf(d->path, sizeof(d->path), "/tmp/kubegauge-test-XXXXXX");
    if (!mkdtemp(d->path)) {
        die(d->path);
    }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void fake_dir_remove(const struct fake_dir *d)
{
    nftw(d->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fake_path(const struct fake_dir *d, const char *name)
{
    static char paths[8][2 * FAKE_PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % KG_ARRAY_LEN(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", d->path, name);
    return path;
}

const char *fake_put(const struct fake_dir *d, const char *name, const char *text)
{
    const char *path = fake_path(d, name);
    struct err err;
    if (file_write_atomic(path, str_of(text), &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return path;
}

char *fake_get(const struct fake_dir *d, const char *name)
{
    struct buf text = BUF_INIT(64 * MIB);
    struct err err;
    if (file_read(AT_FDCWD, fake_path(d, name), &text, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    buf_add_c(&text, "");
    char *taken = buf_take(&text);
    return taken ? taken : strdup("");
}

static pid_t spawn(const char *const *args, posix_spawn_file_actions_t *actions)
{
    pid_t pid;
    int r = posix_spawnp(&pid, args[0], actions, NULL, (char **)args, environ);
    if (r != 0) {
        errno = r;
        die(args[0]);
    }
    return pid;
}

void fake_pki(const struct fake_dir *d)
{
    const char *const args[] = { KG_SOURCE_DIR "/tests/fake/make-pki", d->path, NULL };
    int status;
    if (waitpid(spawn(args, NULL), &status, 0) < 0 || status != 0) {
        die("make-pki");
    }
}

/* The server's first line: its port. */
static unsigned read_port(int fd)
{
    char line[32];
    size_t n = 0;
    while (n < sizeof(line) && read(fd, line + n, 1) == 1 && line[n] != '\n') {
        n++;
    }
    uint64_t port;
    if (num_scan_u64((struct str){ line, n }, &port) < 0) {
        die("the fake server said no port");
    }
    return (unsigned)port;
}

void fake_start(struct fake_server *s, const char *const *args)
{
    fake_start_program(s, "apiserver.py", args);
}

void fake_start_program(struct fake_server *s, const char *program, const char *const *args)
{
    char path[2 * FAKE_PATH_MAX];
    snprintf(path, sizeof(path), "%s/tests/fake/%s", KG_SOURCE_DIR, program);
    const char *all[ARGS_MAX] = { KG_PYTHON, path };
    for (size_t i = 0, n = 2; args[i] && n < ARGS_MAX - 1; i++) {
        all[n++] = args[i];
    }
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
        die("pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    s->pid = spawn(all, &actions);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    s->in = in[1];
    s->port = read_port(out[0]);
    close(out[0]);
}

void fake_stop(struct fake_server *s)
{
    close(s->in);
    if (waitpid(s->pid, NULL, 0) < 0) {
        die("waitpid");
    }
    *s = (struct fake_server){ 0 };
}
