#include "base/limits.h"
#include "kube/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the text, it is rendered or refused with a reason; all it may give is whole lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    struct key_allowlists *all = key_allowlists_parse(STR("*=[*]"), &err);
    const struct kube_render_options options = {
        .labels = all,
        .annotations = all,
        .ksm_quirks = size % 3 == 0,
        .format = size % 2 ? METRIC_FORMAT_TEXT : METRIC_FORMAT_OPENMETRICS,
    };
    auto_buf struct buf out = BUF_INIT(64 * MIB);
    int r = kube_render((struct str){ (const char *)data, size }, &options, &out, NULL, &err);
    if ((r < 0) != (err.code != 0) || (r == 0 && out.n && out.p[out.n - 1] != '\n')) {
        abort();
    }
    key_allowlists_free(all);
    return 0;
}
