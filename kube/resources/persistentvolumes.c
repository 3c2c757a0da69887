/* Persistent volumes: what is behind them, and whose they are. */
#include "kube/object/json_get.h"
#include "kube/object/one_of.h"
#include "kube/object/quantity.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

/* The labels of kube_persistentvolume_info, in its order. */
enum pv_label {
    PV_STORAGE_CLASS,
    PV_GCE_NAME,
    PV_EBS_ID,
    PV_AZURE_NAME,
    PV_FC_WWIDS,
    PV_FC_LUN,
    PV_FC_TARGETS,
    PV_ISCSI_PORTAL,
    PV_ISCSI_IQN,
    PV_ISCSI_LUN,
    PV_ISCSI_INITIATOR,
    PV_NFS_SERVER,
    PV_NFS_PATH,
    PV_CSI_DRIVER,
    PV_CSI_HANDLE,
    PV_LOCAL_PATH,
    PV_LOCAL_FS,
    PV_HOST_PATH,
    PV_HOST_TYPE,
    PV_RECLAIM_POLICY,
    PV_N_LABELS,
};

struct pv_sample {
    struct kube_meta meta; /* first */
    struct str info[PV_N_LABELS];
    struct str phase, volume_mode, claim, claim_namespace, csi_mounter, csi_map_options;
    bool has_claim, has_csi;
    double capacity_bytes;
    struct text_rows access_modes;
};

static void emit_claim(const void *sample, struct metric_writer *out)
{
    const struct pv_sample *volume = sample;
    if (volume->has_claim) {
        metric_put(out, 1, volume->claim, volume->claim_namespace);
    }
}

static void emit_phase(const void *sample, struct metric_writer *out)
{
    static const struct str phases[] = {
        STR_INIT("Pending"),  STR_INIT("Available"), STR_INIT("Bound"),
        STR_INIT("Released"), STR_INIT("Failed"),
    };
    const struct pv_sample *volume = sample;
    if (volume->phase.n) {
        kube_put_one_of(out, volume->phase, phases, KG_ARRAY_LEN(phases));
    }
}

static void emit_info(const void *sample, struct metric_writer *out)
{
    metric_put_values(out, 1, ((const struct pv_sample *)sample)->info, PV_N_LABELS);
}

static void emit_csi(const void *sample, struct metric_writer *out)
{
    const struct pv_sample *volume = sample;
    if (volume->has_csi) {
        metric_put(out, 1, volume->csi_mounter, volume->csi_map_options);
    }
}

static void emit_mode(const void *sample, struct metric_writer *out)
{
    const struct pv_sample *volume = sample;
    metric_put(out, 1, volume->volume_mode.p ? volume->volume_mode : STR("Filesystem"));
}

static void emit_access_modes(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct pv_sample *)sample)->access_modes, out);
}

static const struct metric_family persistentvolume_rows[] = {
    KUBE_ROW("kube_persistentvolume_claim_ref", GAUGE, STABLE, ".spec.claimRef",
             "Claim that has the volume; always 1.", .emit = emit_claim,
             .labels = METRIC_LABELS("name", "claim_namespace")),
    KUBE_ROW_ANNOTATIONS("kube_persistentvolume_annotations", ALPHA, "volume"),
    KUBE_ROW_LABELS("kube_persistentvolume_labels", STABLE, "volume"),
    KUBE_ROW("kube_persistentvolume_status_phase", GAUGE, STABLE, ".status.phase",
             "1 on the phase in which the volume is, 0 on the others.", .emit = emit_phase,
             .labels = METRIC_LABELS("phase")),
    KUBE_ROW("kube_persistentvolume_info", GAUGE, STABLE, ".spec",
             "Storage class, what is behind the volume, and what becomes of it; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("storageclass", "gce_persistent_disk_name", "ebs_volume_id",
                                     "azure_disk_name", "fc_wwids", "fc_lun", "fc_target_wwns",
                                     "iscsi_target_portal", "iscsi_iqn", "iscsi_lun",
                                     "iscsi_initiator_name", "nfs_server", "nfs_path", "csi_driver",
                                     "csi_volume_handle", "local_path", "local_fs", "host_path",
                                     "host_path_type", "reclaim_policy")),
    KUBE_ROW("kube_persistentvolume_capacity_bytes", GAUGE, STABLE, ".spec.capacity.storage",
             "Size of the volume.", .field = METRIC_FIELD(struct pv_sample, capacity_bytes, 1)),
    KUBE_ROW_CREATED("kube_persistentvolume_created", ALPHA, "volume"),
    KUBE_ROW_DELETED("kube_persistentvolume_deletion_timestamp", ALPHA, "volume"),
    KUBE_ROW("kube_persistentvolume_csi_attributes", GAUGE, ALPHA, ".spec.csi.volumeAttributes",
             "How a volume of a CSI driver is mapped and mounted; always 1.", .opt_in = true,
             .emit = emit_csi, .labels = METRIC_LABELS("csi_mounter", "csi_map_options")),
    KUBE_ROW("kube_persistentvolume_volume_mode", GAUGE, ALPHA, ".spec.volumeMode",
             "Whether the volume has a file system or is a bare block device; always 1.",
             .emit = emit_mode, .labels = METRIC_LABELS("volumemode")),
    KUBE_ROW("kube_persistentvolume_access_mode", GAUGE, ALPHA, ".spec.accessModes[]",
             "How the volume may be mounted; always 1.", .emit = emit_access_modes,
             .labels = METRIC_LABELS("access_mode")),
};

static const struct metric_subject persistentvolume_subject = {
    .name = "persistentvolumes",
    .part = "state",
    .sample_size = sizeof(struct pv_sample),
    .present_at = offsetof(struct pv_sample, meta.present),
    .labels = METRIC_LABELS("persistentvolume"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = persistentvolume_rows,
    .n_rows = KG_ARRAY_LEN(persistentvolume_rows),
};

enum pv_read {
    PV_TEXT,
    PV_NUMBER,    /* 0 when absent */
    PV_NUMBER_IF, /* empty when absent */
    PV_TEXTS,     /* joined by commas */
};

struct pv_member {
    const char *key;
    enum pv_label label;
    enum pv_read read;
};

/* What may be behind a volume; where several are given, the first of this order is shown. */
static const struct pv_source {
    const char *key;
    struct pv_member members[4];
} pv_sources[] = {
    { "gcePersistentDisk", { { "pdName", PV_GCE_NAME, PV_TEXT } } },
    { "awsElasticBlockStore", { { "volumeID", PV_EBS_ID, PV_TEXT } } },
    { "azureDisk", { { "diskName", PV_AZURE_NAME, PV_TEXT } } },
    { "fc",
      {
          { "lun", PV_FC_LUN, PV_NUMBER_IF },
          { "targetWWNs", PV_FC_TARGETS, PV_TEXTS },
          { "wwids", PV_FC_WWIDS, PV_TEXTS },
      } },
    { "iscsi",
      {
          { "targetPortal", PV_ISCSI_PORTAL, PV_TEXT },
          { "iqn", PV_ISCSI_IQN, PV_TEXT },
          { "lun", PV_ISCSI_LUN, PV_NUMBER },
          { "initiatorName", PV_ISCSI_INITIATOR, PV_TEXT },
      } },
    { "nfs", { { "server", PV_NFS_SERVER, PV_TEXT }, { "path", PV_NFS_PATH, PV_TEXT } } },
    { "csi", { { "driver", PV_CSI_DRIVER, PV_TEXT }, { "volumeHandle", PV_CSI_HANDLE, PV_TEXT } } },
    { "local", { { "path", PV_LOCAL_PATH, PV_TEXT }, { "fsType", PV_LOCAL_FS, PV_TEXT } } },
    { "hostPath", { { "path", PV_HOST_PATH, PV_TEXT }, { "type", PV_HOST_TYPE, PV_TEXT } } },
};

/* The texts of an array with commas between them. */
static int join(const json_t *array, struct arena *mem, struct str *ret)
{
    const json_t *item;
    size_t i, size = 0, at = 0;
    json_array_foreach (array, i, item) {
        size += json_string_length(item) + 1;
    }
    char *text = arena_alloc(mem, size);
    if (!text) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        struct str part = json_text(item);
        if (part.p) {
            memcpy(text + at, part.p, part.n);
            at += part.n;
            text[at++] = ',';
        }
    }
    *ret = (struct str){ text, at ? at - 1 : 0 };
    return 0;
}

static int member_decode(const json_t *source, const struct pv_member *member, struct arena *mem,
                         struct str *ret)
{
    int r = 0;
    switch (member->read) {
    case PV_TEXT:
        *ret = json_get_str(source, member->key);
        break;
    case PV_NUMBER:
    case PV_NUMBER_IF:
        r = json_get_i64_text(source, member->key, mem, ret);
        if (r == 0 && member->read == PV_NUMBER && str_empty(*ret)) {
            *ret = STR("0");
        }
        break;
    case PV_TEXTS:
        r = join(json_get_array(source, member->key), mem, ret);
        break;
    }
    return r;
}

static int source_decode(const json_t *spec, const struct kube_decode *how, struct str *info,
                         struct err *err)
{
    const json_t *given = NULL;
    const struct pv_source *source = NULL;
    for (size_t i = 0; !given && i < KG_ARRAY_LEN(pv_sources); i++) {
        source = &pv_sources[i];
        given = json_get_object(spec, source->key);
    }
    for (size_t i = 0; given && i < KG_ARRAY_LEN(source->members); i++) {
        const struct pv_member *member = &source->members[i];
        if (member->key && member_decode(given, member, how->mem, &info[member->label]) < 0) {
            return err_set(err, ENOMEM, "no memory for the decoded object");
        }
    }
    return 0;
}

static void spec_decode(const json_t *spec, struct pv_sample *volume)
{
    const json_t *claim = json_get_object(spec, "claimRef");
    const json_t *csi = json_get_object(spec, "csi");
    const json_t *attributes = json_get_object(csi, "volumeAttributes");
    const json_t *capacity = json_get_object(spec, "capacity");
    volume->has_claim = claim != NULL;
    volume->claim = json_get_str(claim, "name");
    volume->claim_namespace = json_get_str(claim, "namespace");
    volume->has_csi = csi != NULL;
    volume->csi_mounter = json_get_str(attributes, "mounter");
    volume->csi_map_options = json_get_str(attributes, "mapOptions");
    volume->volume_mode = json_get_str(spec, "volumeMode");
    volume->info[PV_STORAGE_CLASS] = json_get_str(spec, "storageClassName");
    volume->info[PV_RECLAIM_POLICY] = json_get_str(spec, "persistentVolumeReclaimPolicy");
    json_quantity(json_object_get(capacity, "storage"), quantity_whole, &volume->capacity_bytes);
}

static int pv_decode(const json_t *object, const struct kube_decode *how, void *sample,
                     struct err *err)
{
    struct pv_sample *volume = sample;
    const json_t *spec = json_get_object(object, "spec");
    volume->phase = json_get_str(json_get_object(object, "status"), "phase");
    spec_decode(spec, volume);
    int r = kube_meta_decode(object, how, &volume->meta, err);
    if (r >= 0) {
        r = source_decode(spec, how, volume->info, err);
    }
    return r < 0 ? r
                 : text_rows_of_array(json_get_array(spec, "accessModes"), NULL, how,
                                      &volume->access_modes, err);
}

const struct kube_resource kube_persistentvolumes = {
    .group = "",
    .version = "v1",
    .plural = "persistentvolumes",
    .kind = "PersistentVolume",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &persistentvolume_subject,
    .reads = KUBE_READS(
        "spec.accessModes", "spec.awsElasticBlockStore.volumeID", "spec.azureDisk.diskName",
        "spec.capacity", "spec.claimRef.name", "spec.claimRef.namespace", "spec.csi.driver",
        "spec.csi.volumeAttributes.mapOptions", "spec.csi.volumeAttributes.mounter",
        "spec.csi.volumeHandle", "spec.fc.lun", "spec.fc.targetWWNs", "spec.fc.wwids",
        "spec.gcePersistentDisk.pdName", "spec.hostPath.path", "spec.hostPath.type",
        "spec.iscsi.initiatorName", "spec.iscsi.iqn", "spec.iscsi.lun", "spec.iscsi.targetPortal",
        "spec.local.fsType", "spec.local.path", "spec.nfs.path", "spec.nfs.server",
        "spec.persistentVolumeReclaimPolicy", "spec.storageClassName", "spec.volumeMode",
        "status.phase"),
    .decode = pv_decode,
};
