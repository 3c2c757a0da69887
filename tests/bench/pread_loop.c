/* pread_loop.c — the floor of a scrape: the same files read by pread on open descriptors, and
 * nothing else. Reads their paths from the file that is named, then does one round for each line of
 * standard input and prints what it took, so that its rounds and the scrapes that it is compared
 * with can take turns: both then meet the same load and find caches as cold. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES 20000

static int files[MAX_FILES];

static double now_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t open_files(const char *list)
{
    char line[4096];
    size_t n = 0;
    FILE *paths = fopen(list, "re");

    while (paths != NULL && n < MAX_FILES && fgets(line, sizeof(line), paths) != NULL) {
        int fd;

        line[strcspn(line, "\n")] = '\0';
        fd = open(line, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            files[n++] = fd;
        }
    }
    if (paths != NULL) {
        fclose(paths);
    }
    return n;
}

int main(int argc, char **argv)
{
    static char text[65536];
    char line[16];
    size_t n = argc == 2 ? open_files(argv[1]) : 0;

    if (n == 0) {
        fprintf(stderr, "usage: pread_loop FILE-WITH-PATHS\n");
        return 2;
    }
    while (fgets(line, sizeof(line), stdin) != NULL) {
        double wall = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
        long bytes = 0;

        for (size_t i = 0; i < n; i++) {
            ssize_t got = pread(files[i], text, sizeof(text), 0);

            bytes += got > 0 ? (long)got : 0;
        }
        cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = now_ms(CLOCK_MONOTONIC) - wall;
        printf("{\"files\": %zu, \"bytes\": %ld, \"ms\": %.3f, \"cpu_ms\": %.3f}\n", n, bytes, wall,
               cpu);
        fflush(stdout);
    }
    return 0;
}
