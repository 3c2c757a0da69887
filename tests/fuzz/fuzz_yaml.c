/* fuzz_yaml.c — any bytes as a stream of YAML documents and as a configuration file.
 * Uses: kube/yaml.  Threads: none.  Owner: tests/CMakeLists.txt. */
#include "kube/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *arg, struct str name, struct str value, int line, struct err *err)
{
    (void)arg;
    (void)name;
    (void)value;
    (void)err;
    return line < 1 ? -EINVAL : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct yaml_documents *d = yaml_documents_new(text);
    struct err err;
    json_t *v = NULL;
    while (d && yaml_documents_next(d, &v, &err) == 1) {
        json_decref(v);
    }
    yaml_documents_free(d);
    yaml_options(text, ignore, NULL, &err);
    return 0;
}
