/* reference.h — reads the reference's JSON-lines files for tests that compare with them.
 * Uses: base, jansson, libc.  Threads: none.  Owner: tests.
 *
 * The files stand beside the repository (KG_SHARED, else ../shared); where they are absent a test
 * says so and passes, because the repository's own fixtures cover the same ground. */
#ifndef KG_TESTS_SUPPORT_REFERENCE_H
#define KG_TESTS_SUPPORT_REFERENCE_H

#include "base/str.h"

#include <jansson.h>
#include <stdio.h>

/* Opens reference/NAME; NULL, with a SKIPPED line, when it is not there. */
static inline FILE *reference_open(const char *name)
{
    const char *shared = getenv("KG_SHARED");
    char path[4096];
    snprintf(path, sizeof(path), "%s/reference/%s", shared ? shared : KG_SOURCE_DIR "/../shared",
             name);
    FILE *file = fopen(path, "re");
    if (!file) {
        printf("SKIPPED: no %s\n", path);
    }
    return file;
}

/* Calls fn for each line's object whose member `key` is `value`. Returns how many there were, -1
 * when the file is absent, -2 when a line that holds `value` is not JSON (others need not be: some
 * numbers there are NaN). */
static inline int reference_each(const char *name, const char *key, const char *value,
                                 void (*fn)(const json_t *line, void *arg), void *arg)
{
    FILE *file = reference_open(name);
    if (!file) {
        return -1;
    }
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (count >= 0 && getline(&line, &size, file) > 0) {
        json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
        const char *have = json_string_value(json_object_get(object, key));
        if (!object) {
            count = strstr(line, value) ? -2 : count;
        } else if (have && strcmp(have, value) == 0) {
            fn(object, arg);
            count++;
        }
        json_decref(object);
    }
    free(line);
    fclose(file);
    return count;
}

/* The text of a string member, empty when there is none. */
static inline struct str reference_str(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return (struct str){ json_string_value(text), json_string_length(text) };
}

#endif
