/* Jobs: the kube_job_* families in the order in which they are served. */
#include "kube/object/condition.h"
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

/* Bits of job_sample.meta.present. */
enum {
    JOB_PARALLELISM = KUBE_PRESENT_OWN,
    JOB_COMPLETIONS = KUBE_PRESENT_OWN << 1,
    JOB_DEADLINE = KUBE_PRESENT_OWN << 2,
    JOB_STARTED = KUBE_PRESENT_OWN << 3,
    JOB_COMPLETED = KUBE_PRESENT_OWN << 4,
    JOB_SUSPENDED = KUBE_PRESENT_OWN << 5,
};

struct job_sample {
    struct kube_meta meta; /* first */
    int64_t parallelism, completions, deadline_seconds, succeeded, failed, active, ready;
    int64_t started_unix_sec, completed_unix_sec;
    bool is_suspended;
    struct kube_conditions conditions;
};

#define JOB_FIELD(member) METRIC_FIELD(struct job_sample, member, 1)

static void put_failed(struct metric_writer *out, double value, struct str reason)
{
    const struct metric_label label = { STR("reason"), reason };
    metric_put_open(out, value, NULL, 0, &label, 1);
}

/* Alerts on a failed job rest on these series as KSM has them, so they are the same here: whether
 * there is a reason label, and what the value means, depends on what the job says. */
static void emit_status_failed(const void *sample, struct metric_writer *out)
{
    static const struct str reasons[] = {
        STR_INIT("BackoffLimitExceeded"),
        STR_INIT("DeadlineExceeded"),
        STR_INIT("Evicted"),
    };
    const struct job_sample *job = sample;
    const struct kube_condition *failed = kube_condition_find(&job->conditions, STR("Failed"));
    bool known = false;
    if (job->failed == 0) {
        metric_put(out, 0);
        return;
    }
    for (size_t i = 0; failed && i < KG_ARRAY_LEN(reasons); i++) {
        bool is = str_eq(failed->reason, reasons[i]);
        put_failed(out, is, reasons[i]);
        known |= is;
    }
    if (!known) {
        put_failed(out, (double)job->failed, STR(""));
    }
}

static void put_condition_of(const struct job_sample *job, struct str type,
                             struct metric_writer *out)
{
    const struct kube_condition *condition = kube_condition_find(&job->conditions, type);
    if (condition) {
        kube_put_condition(out, condition->status, NULL, 0);
    }
}

static void emit_complete(const void *sample, struct metric_writer *out)
{
    put_condition_of(sample, STR("Complete"), out);
}

static void emit_failed(const void *sample, struct metric_writer *out)
{
    put_condition_of(sample, STR("Failed"), out);
}

static const struct metric_family job_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_job_annotations", ALPHA, "job"),
    KUBE_ROW_LABELS("kube_job_labels", STABLE, "job"),
    KUBE_ROW("kube_job_info", GAUGE, STABLE, ".metadata.name", "A job that there is; always 1.",
             .emit = kube_emit_one),
    KUBE_ROW_CREATED("kube_job_created", STABLE, "job"),
    KUBE_ROW("kube_job_spec_parallelism", GAUGE, STABLE, ".spec.parallelism",
             "Most pods of the job that run at a time.", .needs = JOB_PARALLELISM,
             .field = JOB_FIELD(parallelism)),
    KUBE_ROW("kube_job_spec_completions", GAUGE, STABLE, ".spec.completions",
             "Pods that must succeed for the job to be complete.", .needs = JOB_COMPLETIONS,
             .field = JOB_FIELD(completions)),
    KUBE_ROW("kube_job_spec_active_deadline_seconds", GAUGE, STABLE, ".spec.activeDeadlineSeconds",
             "Longest time that the job may be active.", .needs = JOB_DEADLINE,
             .field = JOB_FIELD(deadline_seconds)),
    KUBE_ROW("kube_job_status_succeeded", GAUGE, STABLE, ".status.succeeded",
             "Pods of the job that have succeeded.", .field = JOB_FIELD(succeeded)),
    KUBE_ROW("kube_job_status_failed", GAUGE, STABLE,
             ".status.failed, .status.conditions[type=Failed].reason",
             "0 while no pod of the job has failed; then 1 on the reason for which the job failed, "
             "0 on the others, or the failed pods where none of these is given.",
             .emit = emit_status_failed, .open_labels = true),
    KUBE_ROW("kube_job_status_active", GAUGE, STABLE, ".status.active",
             "Pods of the job that have not ended.", .field = JOB_FIELD(active)),
    KUBE_ROW("kube_job_status_ready", GAUGE, ALPHA, ".status.ready",
             "Pods of the job that are ready.", .field = JOB_FIELD(ready)),
    KUBE_ROW("kube_job_complete", GAUGE, STABLE, ".status.conditions[type=Complete].status",
             "1 on the answer to whether the job is complete, 0 on the others.",
             .emit = emit_complete, .labels = METRIC_LABELS("condition")),
    KUBE_ROW("kube_job_failed", GAUGE, STABLE, ".status.conditions[type=Failed].status",
             "1 on the answer to whether the job has failed, 0 on the others.", .emit = emit_failed,
             .labels = METRIC_LABELS("condition")),
    KUBE_ROW("kube_job_status_start_time", GAUGE, STABLE, ".status.startTime",
             "Unix time at which the job was started or resumed.", .needs = JOB_STARTED,
             .field = JOB_FIELD(started_unix_sec)),
    KUBE_ROW("kube_job_status_completion_time", GAUGE, STABLE, ".status.completionTime",
             "Unix time at which the job was complete.", .needs = JOB_COMPLETED,
             .field = JOB_FIELD(completed_unix_sec)),
    KUBE_ROW("kube_job_status_suspended", GAUGE, ALPHA, ".status.conditions[type=Suspended].status",
             "1 while the job is suspended, 0 after it was resumed.", .needs = JOB_SUSPENDED,
             .field = JOB_FIELD(is_suspended)),
    KUBE_ROW_OWNER("kube_job_owner", STABLE, "job"),
};

static const struct metric_subject job_subject = {
    .name = "jobs",
    .part = "state",
    .sample_size = sizeof(struct job_sample),
    .present_at = offsetof(struct job_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "job_name"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = job_rows,
    .n_rows = KG_ARRAY_LEN(job_rows),
};

static const struct kube_field job_fields[] = {
    KUBE_I64(struct job_sample, parallelism, "spec", "parallelism", JOB_PARALLELISM),
    KUBE_I64(struct job_sample, completions, "spec", "completions", JOB_COMPLETIONS),
    KUBE_I64(struct job_sample, deadline_seconds, "spec", "activeDeadlineSeconds", JOB_DEADLINE),
    KUBE_I64(struct job_sample, succeeded, "status", "succeeded", 0),
    KUBE_I64(struct job_sample, failed, "status", "failed", 0),
    KUBE_I64(struct job_sample, active, "status", "active", 0),
    KUBE_I64(struct job_sample, ready, "status", "ready", 0),
    KUBE_TIME(struct job_sample, started_unix_sec, "status", "startTime", JOB_STARTED),
    KUBE_TIME(struct job_sample, completed_unix_sec, "status", "completionTime", JOB_COMPLETED),
};

static int job_decode(const json_t *object, const struct kube_decode *how, void *sample,
                      struct err *err)
{
    struct job_sample *job = sample;
    const json_t *status = json_get_object(object, "status");
    int r = kube_meta_decode(object, how, &job->meta, err);
    if (r < 0) {
        return r;
    }
    kube_fields_decode(object, job_fields, KG_ARRAY_LEN(job_fields), job);
    r = kube_conditions_decode(json_get_array(status, "conditions"), how, &job->conditions, err);
    if (r < 0) {
        return r;
    }
    const struct kube_condition *suspended =
        kube_condition_find(&job->conditions, STR("Suspended"));
    if (suspended) {
        job->meta.present |= JOB_SUSPENDED;
        job->is_suspended = kube_condition_is(suspended, "True");
    }
    return 0;
}

const struct kube_resource kube_jobs = {
    .group = "batch",
    .version = "v1",
    .plural = "jobs",
    .kind = "Job",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &job_subject,
    .fields = job_fields,
    .n_fields = KG_ARRAY_LEN(job_fields),
    .reads = KUBE_READS(KUBE_CONDITION_READS("status.conditions")),
    .decode = job_decode,
};
