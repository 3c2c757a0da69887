/* node_timex_*: the kernel's discipline of the clock, by adjtimex(2) without a change. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <sys/timex.h>

/* Parts of a million, with 16 bits after the point. */
#define FREQUENCY_UNIT (1e6 * 65536)

struct timex_sample {
    uint64_t present;
    double calcnt, constant, errcnt, esterror, jitcnt, jitter, maxerror, offset, ppsfreq, ratio,
        shift, stabil, status, stbcnt, tai, tick;
    bool synced;
};

static const struct metric_family rows[] = {
    NODE_VALUE(struct timex_sample, "node_timex_estimated_error_seconds", GAUGE, 0, esterror, 1e-06,
               "adjtimex(2)", "Estimated error of the clock."),
    NODE_VALUE(struct timex_sample, "node_timex_frequency_adjustment_ratio", GAUGE, 0, ratio, 1,
               "adjtimex(2)", "Rate of the clock, 1 being that of its oscillator."),
    NODE_VALUE(struct timex_sample, "node_timex_loop_time_constant", GAUGE, 0, constant, 1,
               "adjtimex(2)", "Time constant of the phase-locked loop."),
    NODE_VALUE(struct timex_sample, "node_timex_maxerror_seconds", GAUGE, 0, maxerror, 1e-06,
               "adjtimex(2)", "Most that the clock may be wrong."),
    NODE_VALUE(struct timex_sample, "node_timex_offset_seconds", GAUGE, 0, offset, 1, "adjtimex(2)",
               "Offset between the clock and its reference."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_calibration_total", COUNTER, 0, calcnt, 1,
               "adjtimex(2)", "Calibration intervals of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_error_total", COUNTER, 0, errcnt, 1,
               "adjtimex(2)", "Calibration errors of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_frequency_hertz", GAUGE, 0, ppsfreq, 1,
               "adjtimex(2)", "Frequency of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_jitter_seconds", GAUGE, 0, jitter, 1,
               "adjtimex(2)", "Jitter of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_jitter_total", COUNTER, 0, jitcnt, 1,
               "adjtimex(2)", "Times that the jitter was beyond its limit."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_shift_seconds", GAUGE, 0, shift, 1,
               "adjtimex(2)", "Length of a calibration interval of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_stability_exceeded_total", COUNTER, 0, stbcnt,
               1, "adjtimex(2)", "Times that the stability was beyond its limit."),
    NODE_VALUE(struct timex_sample, "node_timex_pps_stability_hertz", GAUGE, 0, stabil, 1,
               "adjtimex(2)", "Stability of the pulse per second."),
    NODE_VALUE(struct timex_sample, "node_timex_status", GAUGE, 0, status, 1, "adjtimex(2)",
               "Status bits of the clock."),
    NODE_VALUE(struct timex_sample, "node_timex_sync_status", GAUGE, 0, synced, 1, "adjtimex(2)",
               "Whether the clock is synchronised."),
    NODE_VALUE(struct timex_sample, "node_timex_tai_offset_seconds", GAUGE, 0, tai, 1,
               "adjtimex(2)", "Offset of International Atomic Time."),
    NODE_VALUE(struct timex_sample, "node_timex_tick_seconds", GAUGE, 0, tick, 1e-06, "adjtimex(2)",
               "Time between two ticks of the clock."),
};

NODE_SUBJECT(timex_subject, "node_timex", struct timex_sample, rows);

static int timex_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    (void)env;
    (void)err;
    *ret_state = NULL;
    return 0;
}

static int timex_read(void *state, struct metric_sink *sink, struct err *err)
{
    (void)state;
    struct timex t = { .modes = 0 };
    int status = adjtimex(&t);
    if (status < 0) { /* a seccomp filter may refuse it */
        bool refused = errno == EPERM || errno == EACCES || errno == ENOSYS;
        int r = err_set_errno(err, errno, "adjtimex");
        return refused ? -ENODATA : r;
    }
    struct timex_sample *s = metric_sink_add(sink, &timex_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    double unit = t.status & STA_NANO ? 1e9 : 1e6;
    *s = (struct timex_sample){
        .esterror = (double)t.esterror,
        .ratio = 1 + (double)t.freq / FREQUENCY_UNIT,
        .constant = (double)t.constant,
        .maxerror = (double)t.maxerror,
        .offset = (double)t.offset / unit,
        .calcnt = (double)t.calcnt,
        .errcnt = (double)t.errcnt,
        .ppsfreq = (double)t.ppsfreq / FREQUENCY_UNIT,
        .jitter = (double)t.jitter / unit,
        .jitcnt = (double)t.jitcnt,
        .shift = t.shift,
        .stbcnt = (double)t.stbcnt,
        .stabil = (double)t.stabil / FREQUENCY_UNIT,
        .status = t.status,
        .synced = status != TIME_ERROR,
        .tai = t.tai,
        .tick = (double)t.tick,
    };
    return 0;
}

static const struct metric_subject *const subjects[] = { &timex_subject, NULL };

const struct collector collector_timex = {
    .name = "timex",
    .on_by_default = true,
    .subjects = subjects,
    .start = timex_start,
    .read = timex_read,
    .stop = NULL,
};
