/* fake.h — starts and stops tests/fake/apiserver.py, and makes the folder and keys it needs.
 * Uses: libc.  Threads: one.  Owner: the test that calls. */
#ifndef KG_TESTS_INTEGRATION_FAKE_H
#define KG_TESTS_INTEGRATION_FAKE_H

#include <sys/types.h>

#define FAKE_PATH_MAX 256

/* A temporary folder for a group of tests: scenarios, tokens, logs and what
 * tests/fake/make-pki writes. All functions end the process with a message when they fail. */
struct fake_dir {
    char path[FAKE_PATH_MAX];
};

void fake_dir_make(struct fake_dir *d);
void fake_dir_remove(const struct fake_dir *d);
void fake_pki(const struct fake_dir *d);

/* The path of a file in the folder; one of eight buffers that take turns. */
const char *fake_path(const struct fake_dir *d, const char *name);

/* Writes a file of the folder, and returns its path (as fake_path). */
const char *fake_put(const struct fake_dir *d, const char *name, const char *text);

/* The whole of a file of the folder, on the heap. */
char *fake_get(const struct fake_dir *d, const char *name);

struct fake_server {
    pid_t pid;
    int in; /* its standard input: closing it ends the server */
    unsigned port;
};

/* Starts the server with these arguments (NULL-terminated) and waits for its port. */
void fake_start(struct fake_server *s, const char *const *args);

/* As fake_start with another program of tests/fake ("http2server.py"). */
void fake_start_program(struct fake_server *s, const char *program, const char *const *args);

void fake_stop(struct fake_server *s);

#endif
