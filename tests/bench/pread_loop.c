/* pread_loop.c — the floor of a scrape: the same files read by pread on open descriptors, and
 * nothing else, at the pace of the scrapes it is compared with, so that caches are as cold.
 * Reads paths from standard input; prints their number, ms and CPU ms of a round (medians). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES 20000
#define ROUNDS 25

static int files[MAX_FILES];

static double now_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int main(void)
{
    static char line[4096], text[65536];
    static double wall[ROUNDS], cpu[ROUNDS];
    size_t n = 0;
    long bytes = 0;

    while (n < MAX_FILES && fgets(line, sizeof(line), stdin) != NULL) {
        int fd;

        line[strcspn(line, "\n")] = '\0';
        fd = open(line, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            files[n++] = fd;
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        double w = now_ms(CLOCK_MONOTONIC), c = now_ms(CLOCK_PROCESS_CPUTIME_ID);

        bytes = 0;
        for (size_t i = 0; i < n; i++) {
            ssize_t got = pread(files[i], text, sizeof(text), 0);

            bytes += got > 0 ? (long)got : 0;
        }
        wall[round] = now_ms(CLOCK_MONOTONIC) - w;
        cpu[round] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - c;
        usleep(250000);
    }
    qsort(wall, ROUNDS, sizeof(wall[0]), by_value);
    qsort(cpu, ROUNDS, sizeof(cpu[0]), by_value);
    printf("{\"files\": %zu, \"bytes\": %ld, \"ms\": %.3f, \"cpu_ms\": %.3f}\n", n, bytes,
           wall[ROUNDS / 2], cpu[ROUNDS / 2]);
    return 0;
}
