/* How a pod fares as a whole: .status apart from its containers. */
#include "kube/object/json_get.h"
#include "kube/object/one_of.h"
#include "kube/resources/pods.h"

/* Sets *ret and the bit when the condition has this status and says since when. */
static void since(struct pod_sample *pod, struct str type, const char *status, uint64_t bit,
                  int64_t *ret)
{
    const struct kube_condition *condition = kube_condition_find(&pod->conditions, type);
    if (kube_condition_is(condition, status) && condition->has_changed) {
        *ret = condition->changed_unix_sec;
        pod->meta.present |= bit;
    }
}

/* The latest end of a container; a pod of which none has ended, or none says when, has none. */
static void completion_decode(struct pod_sample *pod)
{
    for (size_t i = 0; i < pod->containers.n_statuses; i++) {
        const struct pod_terminated *t = &pod->containers.statuses[i].terminated;
        if (t->is && t->finished_unix_sec > pod->completed_unix_sec) {
            pod->completed_unix_sec = t->finished_unix_sec;
            pod->meta.present |= POD_COMPLETED;
        }
    }
}

int pod_status_decode(const json_t *status, const struct kube_decode *how, struct pod_sample *pod,
                      struct err *err)
{
    pod->host_ip = json_get_str(status, "hostIP");
    pod->pod_ip = json_get_str(status, "podIP");
    pod->phase = json_get_str(status, "phase");
    pod->qos_class = json_get_str(status, "qosClass");
    pod->reason = json_get_str(status, "reason");
    if (json_get_time_if(status, "startTime", &pod->started_unix_sec)) {
        pod->meta.present |= POD_STARTED;
    }
    completion_decode(pod);
    int r =
        kube_conditions_decode(json_get_array(status, "conditions"), how, &pod->conditions, err);
    if (r < 0) {
        return r;
    }
    since(pod, STR("Ready"), "True", POD_READY_SINCE, &pod->ready_unix_sec);
    since(pod, STR("Initialized"), "True", POD_INITIALIZED_SINCE, &pod->initialized_unix_sec);
    since(pod, STR("ContainersReady"), "True", POD_CONTAINERS_READY_SINCE,
          &pod->containers_ready_unix_sec);
    since(pod, STR("PodScheduled"), "True", POD_SCHEDULED_SINCE, &pod->scheduled_unix_sec);
    since(pod, STR("PodScheduled"), "False", POD_UNSCHEDULED_SINCE, &pod->unscheduled_unix_sec);
    return 0;
}

static void put_one_of(struct metric_writer *out, struct str value, const struct str *known,
                       size_t n)
{
    kube_put_one_of(out, value, known, value.n ? n : 0);
}

void pod_emit_phase(const void *sample, struct metric_writer *out)
{
    static const struct str phases[] = {
        STR_INIT("Pending"), STR_INIT("Succeeded"), STR_INIT("Failed"),
        STR_INIT("Unknown"), STR_INIT("Running"),
    };
    put_one_of(out, ((const struct pod_sample *)sample)->phase, phases, KG_ARRAY_LEN(phases));
}

void pod_emit_qos_class(const void *sample, struct metric_writer *out)
{
    static const struct str classes[] = {
        STR_INIT("BestEffort"),
        STR_INIT("Burstable"),
        STR_INIT("Guaranteed"),
    };
    put_one_of(out, ((const struct pod_sample *)sample)->qos_class, classes, KG_ARRAY_LEN(classes));
}

static void put_condition_of(const struct pod_sample *pod, struct str type,
                             struct metric_writer *out)
{
    const struct kube_condition *condition = kube_condition_find(&pod->conditions, type);
    if (condition) {
        kube_put_condition(out, condition->status, NULL, 0);
    }
}

void pod_emit_ready(const void *sample, struct metric_writer *out)
{
    put_condition_of(sample, STR("Ready"), out);
}

void pod_emit_scheduled(const void *sample, struct metric_writer *out)
{
    put_condition_of(sample, STR("PodScheduled"), out);
}

void pod_emit_unschedulable(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    if (kube_condition_is(kube_condition_find(&pod->conditions, STR("PodScheduled")), "False")) {
        metric_put(out, 1);
    }
}

/* Whether the pod, one of its conditions or one of its ended containers gives this reason. */
static bool has_reason(const struct pod_sample *pod, struct str reason)
{
    bool found = str_eq(pod->reason, reason);
    for (size_t i = 0; !found && i < pod->conditions.n; i++) {
        found = str_eq(pod->conditions.items[i].reason, reason);
    }
    for (size_t i = 0; !found && i < pod->containers.n_statuses; i++) {
        const struct pod_terminated *t = &pod->containers.statuses[i].terminated;
        found = t->is && str_eq(t->reason, reason);
    }
    return found;
}

void pod_emit_reason(const void *sample, struct metric_writer *out)
{
    static const struct str known[] = {
        STR_INIT("Evicted"),
        STR_INIT("NodeAffinity"),
        STR_INIT("NodeLost"),
        STR_INIT("PreemptionByScheduler"),
        STR_INIT("SchedulingGated"),
        STR_INIT("Shutdown"),
        STR_INIT("TerminationByKubelet"),
        STR_INIT("UnexpectedAdmissionError"),
    };
    const struct pod_sample *pod = sample;
    bool other = pod->reason.n > 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(known); i++) {
        other &= !str_eq(pod->reason, known[i]);
        if (has_reason(pod, known[i])) {
            metric_put(out, 1, known[i]);
        }
    }
    if (other) {
        metric_put(out, 1, STR("Other"));
    }
}

void pod_emit_disruption_reason(const void *sample, struct metric_writer *out)
{
    static const struct str known[] = {
        STR_INIT("PreemptionByScheduler"), STR_INIT("DeletionByTaintManager"),
        STR_INIT("EvictionByEvictionAPI"), STR_INIT("DeletionByPodGC"),
        STR_INIT("TerminationByKubelet"),
    };
    const struct pod_sample *pod = sample;
    const struct kube_condition *target =
        kube_condition_find(&pod->conditions, STR("DisruptionTarget"));
    if (!target) {
        return;
    }
    struct str reason = STR("Other");
    for (size_t i = 0; i < KG_ARRAY_LEN(known); i++) {
        reason = str_eq(target->reason, known[i]) ? known[i] : reason;
    }
    metric_put(out, 1, reason);
}
