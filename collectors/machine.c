/* The machine_* families. The facts are read at the start and again once a minute, because memory
 * and processors can be plugged; the peer never looks again. */
#include "base/clock.h"
#include "collectors/container_families.h"
#include "collectors/machine_facts.h"
#include "metrics/writer.h"

#define REFRESH_NS (60 * CLOCK_NS_PER_SEC)

struct machine_sample {
    uint64_t present;
    struct str boot_id, machine_id, system_uuid;
    uint64_t cores, physical_cores, sockets, books, drawers, memory_bytes, swap_bytes;
    const struct machine_dimm *dimms;
    size_t n_dimms;
};

static void put_common(const void *sample, struct metric_writer *out)
{
    const struct machine_sample *s = sample;
    metric_common(out, s->boot_id);
    metric_common(out, s->machine_id);
    metric_common(out, s->system_uuid);
}

static void put_dimm_capacity(const void *sample, struct metric_writer *out)
{
    const struct machine_sample *s = sample;
    for (size_t i = 0; i < s->n_dimms; i++) {
        metric_put(out, (double)s->dimms[i].capacity_bytes, str_of(s->dimms[i].type));
    }
}

static void put_dimm_count(const void *sample, struct metric_writer *out)
{
    const struct machine_sample *s = sample;
    for (size_t i = 0; i < s->n_dimms; i++) {
        metric_put(out, (double)s->dimms[i].count, str_of(s->dimms[i].type));
    }
}

static void put_nvm_capacity(const void *sample, struct metric_writer *out)
{
    (void)sample;
    metric_put(out, 0, STR("app_direct_mode"));
    metric_put(out, 0, STR("memory_mode"));
}

static void put_nvm_power(const void *sample, struct metric_writer *out)
{
    (void)sample;
    metric_put(out, 0);
}

#define VALUE(family, bits, member, from, text)                                                    \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_GAUGE, .needs = (bits), \
        .field = METRIC_FIELD(struct machine_sample, member, 1),                                   \
    }
#define SERIES(family, bits, put, own_labels, from, text)                                          \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_GAUGE, .needs = (bits), \
        .emit = (put), .labels = (own_labels),                                                     \
    }

static const struct metric_family rows[] = {
    VALUE("machine_cpu_books", MACHINE_TOPOLOGY, books, "cpu*/topology/book_id",
          "Processor books (s390x), 0 on other machines."),
    VALUE("machine_cpu_cores", MACHINE_CPU, cores, "/sys/devices/system/cpu/online",
          "Logical processors that are online."),
    VALUE("machine_cpu_drawers", MACHINE_TOPOLOGY, drawers, "cpu*/topology/drawer_id",
          "Processor drawers (s390x), 0 on other machines."),
    VALUE("machine_cpu_physical_cores", MACHINE_TOPOLOGY, physical_cores,
          "/proc/cpuinfo core id, physical id", "Processor cores."),
    VALUE("machine_cpu_sockets", MACHINE_TOPOLOGY, sockets, "/proc/cpuinfo physical id",
          "Processor sockets."),
    SERIES("machine_dimm_capacity_bytes", MACHINE_MEMORY, put_dimm_capacity, METRIC_LABELS("type"),
           "/sys/devices/system/edac/mc/mc*/dimm*/size", "Bytes of memory modules by type."),
    SERIES("machine_dimm_count", MACHINE_MEMORY, put_dimm_count, METRIC_LABELS("type"),
           "/sys/devices/system/edac/mc/mc*/dimm*/dimm_mem_type", "Memory modules by type."),
    VALUE("machine_memory_bytes", MACHINE_MEMORY, memory_bytes, "/proc/meminfo MemTotal",
          "Bytes of memory that the kernel has."),
    SERIES("machine_nvm_avg_power_budget_watts", MACHINE_MEMORY, put_nvm_power, NULL,
           "none: the kubelet serves 0", "Not measured: 0 as the kubelet has it."),
    SERIES("machine_nvm_capacity", MACHINE_MEMORY, put_nvm_capacity, METRIC_LABELS("mode"),
           "none: the kubelet serves 0", "Not measured: 0 as the kubelet has it."),
    VALUE("machine_swap_bytes", MACHINE_MEMORY, swap_bytes, "/proc/meminfo SwapTotal",
          "Bytes of swap space."),
};

static const struct metric_subject machine_subject = {
    .name = "machine",
    .part = "cadvisor",
    .sample_size = sizeof(struct machine_sample),
    .present_at = offsetof(struct machine_sample, present),
    .labels = METRIC_LABELS("boot_id", "machine_id", "system_uuid"),
    .common = put_common,
    .sorted_labels = true,
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};

struct machine {
    const struct collector_env *env;
    struct machine_facts facts;
    uint64_t read_ns;
    int error; /* of the last reading */
    struct err err;
};

static void refresh(struct machine *m, uint64_t now_ns)
{
    m->err = (struct err){ 0 };
    m->error = machine_facts_read(m->env, &m->facts, &m->err);
    m->read_ns = now_ns;
}

static int machine_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct machine *m = calloc(1, sizeof(*m));
    if (!m) {
        return err_set(err, ENOMEM, "machine: out of memory");
    }
    m->env = env;
    refresh(m, clock_mono_ns());
    *ret_state = m;
    return 0;
}

/* The facts are copied: text of a reading lives on while a slow scrape holds it. */
static int add_machine(const struct machine *m, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct machine_facts *f = ARENA_NEW(mem, struct machine_facts);
    struct machine_sample *s = f ? metric_sink_add(sink, &machine_subject, NULL, 0, err) : NULL;
    if (!s) {
        return err_set(err, ENOMEM, "machine: out of memory");
    }
    *f = m->facts;
    *s = (struct machine_sample){
        .present = f->present,
        .boot_id = str_of(f->boot_id),
        .machine_id = str_of(f->machine_id),
        .system_uuid = str_of(f->system_uuid),
        .cores = f->cores,
        .physical_cores = f->physical_cores,
        .sockets = f->sockets,
        .books = f->books,
        .drawers = f->drawers,
        .memory_bytes = f->memory_bytes,
        .swap_bytes = f->swap_bytes,
        .dimms = f->dimms,
        .n_dimms = f->n_dimms,
    };
    struct cadvisor_meta_sample *meta = metric_sink_add(sink, &cadvisor_meta_subject, NULL, 0, err);
    if (!meta) {
        return err_set(err, ENOMEM, "machine: out of memory");
    }
    *meta = (struct cadvisor_meta_sample){
        .present = CADVISOR_META_MACHINE | CADVISOR_META_VERSION,
        .machine_error = m->error < 0,
        .kernel_version = str_of(f->kernel_version),
        .os_version = str_of(f->os_version),
    };
    return 0;
}

static int machine_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct machine *m = state;
    int r = add_machine(m, sink, err);
    if (r == 0 && m->error < 0) {
        if (err) {
            *err = m->err;
        }
        return m->error;
    }
    return r;
}

static void machine_tick(void *state, uint64_t now_ns)
{
    struct machine *m = state;
    if (now_ns - m->read_ns >= REFRESH_NS) {
        refresh(m, now_ns);
    }
}

static void machine_stop(void *state)
{
    free(state);
}

static const struct metric_subject *const subjects[] = { &cadvisor_meta_subject, &machine_subject,
                                                         NULL };

const struct collector collector_machine = {
    .name = "machine",
    .on_by_default = true,
    .subjects = subjects,
    .start = machine_start,
    .read = machine_read,
    .tick = machine_tick,
    .stop = machine_stop,
};
