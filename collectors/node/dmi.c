/* node_dmi_info: what the firmware says of the machine, /sys/class/dmi/id; some files are for root.
 */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define FILES 20

struct dmi_sample {
    uint64_t present;
    struct str v[FILES];
};

/* In the order of the labels. */
static const char *const files[FILES] = {
    "bios_date",      "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
    "board_name",     "board_serial",   "board_vendor",    "board_version",   "chassis_asset_tag",
    "chassis_serial", "chassis_vendor", "chassis_version", "product_family",  "product_name",
    "product_serial", "product_sku",    "product_uuid",    "product_version", "sys_vendor",
};

static void put_info(const void *sample, struct metric_writer *out)
{
    metric_put_values(out, 1, ((const struct dmi_sample *)sample)->v, FILES);
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_dmi_info", GAUGE, 0, put_info,
                METRIC_LABELS("bios_date", "bios_release", "bios_vendor", "bios_version",
                              "board_asset_tag", "board_name", "board_serial", "board_vendor",
                              "board_version", "chassis_asset_tag", "chassis_serial",
                              "chassis_vendor", "chassis_version", "product_family", "product_name",
                              "product_serial", "product_sku", "product_uuid", "product_version",
                              "system_vendor"),
                "/sys/class/dmi/id/*",
                "What the firmware says of the machine; a label is empty where it does not, or "
                "where only root may read it."),
};

NODE_SUBJECT(dmi_subject, "node_dmi", struct dmi_sample, rows);

static int dmi_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/dmi/id", ret_state, err);
}

static int dmi_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct dmi_sample *s = metric_sink_add(sink, &dmi_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < FILES; i++) {
        if (node_text_at(dirfd, files[i], metric_sink_arena(sink), &s->v[i]) == -ENOMEM) {
            return node_no_memory(err, "dmi");
        }
    }
    return 0;
}

static const struct metric_subject *const subjects[] = { &dmi_subject, NULL };

const struct collector collector_dmi = {
    .name = "dmi",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = dmi_start,
    .read = dmi_read,
    .stop = node_dir_stop,
};
