/* Cron jobs: the kube_cronjob_* families in the order in which they are served. */
#include "kube/object/cron.h"
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

/* Bits of cronjob_sample.meta.present. */
enum {
    CRONJOB_LAST = KUBE_PRESENT_OWN,
    CRONJOB_SUCCEEDED = KUBE_PRESENT_OWN << 1,
    CRONJOB_DEADLINE = KUBE_PRESENT_OWN << 2,
    CRONJOB_NEXT = KUBE_PRESENT_OWN << 3,
    CRONJOB_INVALID = KUBE_PRESENT_OWN << 4,
    CRONJOB_KEEP_SUCCEEDED = KUBE_PRESENT_OWN << 5,
    CRONJOB_KEEP_FAILED = KUBE_PRESENT_OWN << 6,
};

struct cronjob_sample {
    struct kube_meta meta; /* first */
    struct str schedule, concurrency, time_zone;
    int64_t n_active, last_unix_sec, succeeded_unix_sec, next_unix_sec, deadline_seconds;
    int64_t keep_succeeded, keep_failed;
    bool is_suspended;
};

#define CRONJOB_FIELD(member) METRIC_FIELD(struct cronjob_sample, member, 1)

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct cronjob_sample *cronjob = sample;
    metric_put(out, 1, cronjob->schedule, cronjob->concurrency,
               cronjob->time_zone.p ? cronjob->time_zone : STR("local"));
}

static const struct metric_family cronjob_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_cronjob_annotations", ALPHA, "cron job"),
    KUBE_ROW_LABELS("kube_cronjob_labels", STABLE, "cron job"),
    KUBE_ROW("kube_cronjob_info", GAUGE, STABLE,
             ".spec.schedule, .spec.concurrencyPolicy, .spec.timeZone",
             "When the cron job starts jobs, and whether beside running ones; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("schedule", "concurrency_policy", "timezone")),
    KUBE_ROW_CREATED("kube_cronjob_created", STABLE, "cron job"),
    KUBE_ROW("kube_cronjob_status_active", GAUGE, STABLE, ".status.active",
             "Jobs of the cron job that are running.", .field = CRONJOB_FIELD(n_active)),
    KUBE_ROW("kube_cronjob_status_last_schedule_time", GAUGE, STABLE, ".status.lastScheduleTime",
             "Unix time for which a job was last started.", .needs = CRONJOB_LAST,
             .field = CRONJOB_FIELD(last_unix_sec)),
    KUBE_ROW("kube_cronjob_status_last_successful_time", GAUGE, STABLE,
             ".status.lastSuccessfulTime",
             "Unix time at which a job of the cron job last succeeded.", .needs = CRONJOB_SUCCEEDED,
             .field = CRONJOB_FIELD(succeeded_unix_sec)),
    KUBE_ROW("kube_cronjob_spec_suspend", GAUGE, STABLE, ".spec.suspend",
             "1 while no jobs are started, else 0.", .field = CRONJOB_FIELD(is_suspended)),
    KUBE_ROW("kube_cronjob_spec_starting_deadline_seconds", GAUGE, STABLE,
             ".spec.startingDeadlineSeconds", "How late a job may still be started.",
             .needs = CRONJOB_DEADLINE, .field = CRONJOB_FIELD(deadline_seconds)),
    KUBE_ROW("kube_cronjob_next_schedule_time", GAUGE, STABLE,
             ".spec.schedule after .status.lastScheduleTime",
             "Unix time at which the next job is due.", .needs = CRONJOB_NEXT,
             .field = CRONJOB_FIELD(next_unix_sec)),
    KUBE_ROW("kube_cronjob_schedule_invalid", GAUGE, ALPHA, ".spec.schedule and .spec.timeZone",
             "1 when the schedule or its time zone cannot be read.", .needs = CRONJOB_INVALID,
             .emit = kube_emit_one),
    KUBE_ROW_VERSION("kube_cronjob_metadata_resource_version", STABLE, "cron job"),
    KUBE_ROW("kube_cronjob_spec_successful_job_history_limit", GAUGE, ALPHA,
             ".spec.successfulJobsHistoryLimit", "Succeeded jobs that are kept.",
             .needs = CRONJOB_KEEP_SUCCEEDED, .field = CRONJOB_FIELD(keep_succeeded)),
    KUBE_ROW("kube_cronjob_spec_failed_job_history_limit", GAUGE, ALPHA,
             ".spec.failedJobsHistoryLimit", "Failed jobs that are kept.",
             .needs = CRONJOB_KEEP_FAILED, .field = CRONJOB_FIELD(keep_failed)),
};

static const struct metric_subject cronjob_subject = {
    .name = "cronjobs",
    .part = "state",
    .sample_size = sizeof(struct cronjob_sample),
    .present_at = offsetof(struct cronjob_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "cronjob"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = cronjob_rows,
    .n_rows = KG_ARRAY_LEN(cronjob_rows),
};

static const struct kube_field cronjob_fields[] = {
    KUBE_TEXT(struct cronjob_sample, schedule, "spec", "schedule"),
    KUBE_TEXT(struct cronjob_sample, concurrency, "spec", "concurrencyPolicy"),
    KUBE_TEXT(struct cronjob_sample, time_zone, "spec", "timeZone"),
    KUBE_TRUE(struct cronjob_sample, is_suspended, "spec", "suspend"),
    KUBE_I64(struct cronjob_sample, deadline_seconds, "spec", "startingDeadlineSeconds",
             CRONJOB_DEADLINE),
    KUBE_I64(struct cronjob_sample, keep_succeeded, "spec", "successfulJobsHistoryLimit",
             CRONJOB_KEEP_SUCCEEDED),
    KUBE_I64(struct cronjob_sample, keep_failed, "spec", "failedJobsHistoryLimit",
             CRONJOB_KEEP_FAILED),
    KUBE_COUNT(struct cronjob_sample, n_active, "status", "active"),
    KUBE_TIME(struct cronjob_sample, last_unix_sec, "status", "lastScheduleTime", CRONJOB_LAST),
    KUBE_TIME(struct cronjob_sample, succeeded_unix_sec, "status", "lastSuccessfulTime",
              CRONJOB_SUCCEEDED),
};

/* After the last start, or the creation when there was none. A schedule that never fires has no
 * next time; KSM shows Go's zero time for it. */
static void next_decode(const struct cron_schedule *schedule, struct cronjob_sample *cronjob)
{
    struct kube_meta *meta = &cronjob->meta;
    int64_t after = cronjob->last_unix_sec;
    if (!(meta->present & CRONJOB_LAST)) {
        after = meta->created_unix_sec;
    }
    if (cronjob->is_suspended || !(meta->present & (CRONJOB_LAST | KUBE_META_CREATED))) {
        return;
    }
    if (cron_next(schedule, after, &cronjob->next_unix_sec)) {
        meta->present |= CRONJOB_NEXT;
    } else if (schedule->quirks) {
        meta->present |= CRONJOB_NEXT;
        cronjob->next_unix_sec = JSON_TIME_ZERO;
    }
}

/* Where this machine has no zone database, nothing is said of schedules in other zones. */
static int schedule_decode(const struct kube_decode *how, struct cronjob_sample *cronjob,
                           struct err *err)
{
    struct cron_schedule schedule;
    int r = cron_parse(cronjob->schedule, cronjob->time_zone, how->ksm_quirks, how->mem, &schedule);
    if (r == -ENOMEM) {
        return err_set(err, ENOMEM, "no memory for the decoded object");
    }
    if (r == -EINVAL) {
        cronjob->meta.present |= CRONJOB_INVALID;
    } else if (r == 0) {
        next_decode(&schedule, cronjob);
    }
    return 0;
}

static int cronjob_decode(const json_t *object, const struct kube_decode *how, void *sample,
                          struct err *err)
{
    struct cronjob_sample *cronjob = sample;
    int r = kube_meta_decode(object, how, &cronjob->meta, err);
    kube_fields_decode(object, cronjob_fields, KG_ARRAY_LEN(cronjob_fields), cronjob);
    return r < 0 ? r : schedule_decode(how, cronjob, err);
}

const struct kube_resource kube_cronjobs = {
    .group = "batch",
    .version = "v1",
    .plural = "cronjobs",
    .kind = "CronJob",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &cronjob_subject,
    .fields = cronjob_fields,
    .n_fields = KG_ARRAY_LEN(cronjob_fields),
    .decode = cronjob_decode,
};
