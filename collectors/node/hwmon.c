/* node_hwmon_*: /sys/class/hwmon/hwmonN, whose files are KIND NUMBER [_ELEMENT]: temp1_input, pwm2.
 */
#include "base/num.h"
#include "collectors/node/hwmon_other.h"
#include "collectors/node/hwmon_tables.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define CHIP_EXCLUDE "collector.hwmon.chip-exclude"
#define CHIP_INCLUDE "collector.hwmon.chip-include"
#define SENSOR_EXCLUDE "collector.hwmon.sensor-exclude"
#define SENSOR_INCLUDE "collector.hwmon.sensor-include"
#define SENSORS_MAX 512

extern const struct collector collector_hwmon;

static const struct collector_option options[] = {
    { CHIP_EXCLUDE, COLLECTOR_PATTERN, "", "Chips that are left out." },
    { CHIP_INCLUDE, COLLECTOR_PATTERN, "", "The only chips that are taken." },
    { SENSOR_EXCLUDE, COLLECTOR_PATTERN, "", "Sensors that are left out, as chip;sensor." },
    { SENSOR_INCLUDE, COLLECTOR_PATTERN, "", "The only sensors that are taken, as chip;sensor." },
    { 0 },
};

struct hwmon {
    int dirfd;
    struct node_filter chips, sensors;
};

static void hwmon_stop(void *state)
{
    struct hwmon *h = state;
    kg_close_cleanup(&h->dirfd);
    node_filter_done(&h->chips);
    node_filter_done(&h->sensors);
    free(h);
}

static int hwmon_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct hwmon *h = calloc(1, sizeof(*h));
    if (!h) {
        return node_no_memory(err, "hwmon");
    }
    h->dirfd = node_dir_open(env->sysfs, "class/hwmon", err);
    int r = h->dirfd;
    if (r >= 0) {
        r = node_filter_init(&h->chips, env, &collector_hwmon, CHIP_EXCLUDE, CHIP_INCLUDE, err);
    }
    if (r >= 0) {
        r = node_filter_init(&h->sensors, env, &collector_hwmon, SENSOR_EXCLUDE, SENSOR_INCLUDE,
                             err);
    }
    if (r < 0) {
        hwmon_stop(h);
        return r;
    }
    *ret_state = h;
    return 0;
}

/* "/sys/devices/platform/coretemp.0" gives "platform_coretemp_0": the name of the device is the
 * same after a boot, the number of the hwmon folder may not be. */
static int chip_of_device(int fd, struct arena *mem, struct str *ret)
{
    char link[PATH_MAX], real[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d/device", fd);
    if (!realpath(link, real)) {
        *ret = STR("");
        return 0;
    }
    struct str path = str_of(real), type = { 0 }, name = { 0 };
    ssize_t slash = str_rfind(path, '/');
    struct str parent = str_head(path, slash < 0 ? 0 : (size_t)slash);
    ssize_t above = str_rfind(parent, '/');
    int r = hwmon_clean(str_from(path, (size_t)(slash + 1)), mem, &name);
    r = r < 0 ? r : hwmon_clean(str_from(parent, (size_t)(above + 1)), mem, &type);
    char joined[PATH_MAX];
    int n = snprintf(joined, sizeof(joined), STR_FMT "%s" STR_FMT, STR_ARG(type),
                     type.n && name.n ? "_" : "", STR_ARG(name));
    if (r < 0 || n < 0 || (size_t)n >= sizeof(joined)) {
        return r < 0 ? r : -ENAMETOOLONG;
    }
    if (str_empty(name)) {
        *ret = STR("");
        return 0;
    }
    return arena_str(mem, (struct str){ joined, (size_t)n }, ret);
}

struct sensor {
    const struct sensor_kind *kind;
    struct sensor_sample *sample;
    struct str name; /* "temp1" */
};

struct chip {
    const struct hwmon *hwmon;
    struct metric_sink *sink;
    struct str name;
    struct sensor sensors[SENSORS_MAX];
    size_t n;
    struct loose_set others; /* of all chips: what stands in no table */
};

/* "temp1_crit": kind temp, sensor "temp1", element "crit". Without a number it is sensor 0 of its
 * kind, and the whole of it ("update_interval"): ret_sensor is left empty. */
static const struct sensor_kind *split(struct str file, struct str *ret_sensor,
                                       struct str *ret_element)
{
    for (const struct sensor_kind *k = sensor_kinds; k->elements; k++) {
        struct str rest = file;
        if (!str_eat(&rest, k->name)) {
            continue;
        }
        size_t digits = 0;
        while (digits < rest.n && isdigit((unsigned char)rest.p[digits])) {
            digits++;
        }
        struct str element = str_from(rest, digits);
        if (element.n && (digits == 0 || !str_eat(&element, STR("_")))) {
            continue;
        }
        *ret_sensor = digits ? str_head(file, k->name.n + digits) : STR("");
        *ret_element = element;
        return k;
    }
    return NULL;
}

static struct sensor *find_sensor(struct chip *chip, const struct sensor_kind *kind,
                                  struct str name, struct err *err)
{
    for (size_t i = 0; i < chip->n; i++) {
        if (str_eq(chip->sensors[i].name, name)) {
            return &chip->sensors[i];
        }
    }
    if (chip->n == SENSORS_MAX) {
        err_set(err, E2BIG, "hwmon: more than %d sensors in a chip", SENSORS_MAX);
        return NULL;
    }
    struct sensor *s = &chip->sensors[chip->n];
    *s = (struct sensor){ .kind = kind, .name = name };
    s->sample = metric_sink_add(chip->sink, kind->subject, NULL, 0, err);
    if (!s->sample) {
        return NULL;
    }
    s->sample->chip = chip->name;
    s->sample->sensor = name;
    chip->n++;
    return s;
}

static bool takes_sensor(const struct chip *chip, struct str name)
{
    char both[512];
    const struct node_filter *f = &chip->hwmon->sensors;
    if (!f->exclude && !f->include) {
        return true;
    }
    int n = snprintf(both, sizeof(both), STR_FMT ";" STR_FMT, STR_ARG(chip->name), STR_ARG(name));
    return n > 0 && (size_t)n < sizeof(both) && node_filter_takes(f, str_of(both));
}

static int add_label(struct chip *chip, struct str sensor, struct str label, struct err *err)
{
    struct label_sample *l = metric_sink_add(chip->sink, hwmon_subjects[HWMON_LABEL], NULL, 0, err);
    if (!l || arena_str(metric_sink_arena(chip->sink), label, &l->label) < 0) {
        return -ENOMEM;
    }
    l->chip = chip->name;
    l->sensor = sensor;
    return 0;
}

/* The sensor's label, in text; empty when it has none. */
static struct str label_of(int fd, struct str sensor, char *text, size_t size)
{
    char path[300];
    struct str label = { 0 };
    int n = snprintf(path, sizeof(path), STR_FMT "_label", STR_ARG(sensor));
    bool read =
        n > 0 && (size_t)n < sizeof(path) && node_line_at(fd, path, text, size, &label) >= 0;
    return read ? label : STR("");
}

static int add_value(struct chip *chip, int fd, const struct sensor_kind *kind,
                     const struct hwmon_value *v, struct err *err)
{
    for (size_t i = 0; i < kind->n_elements; i++) {
        if (str_eq_c(v->element, kind->elements[i])) {
            struct sensor *s = find_sensor(chip, kind, v->sensor, err);
            if (!s) {
                return -E2BIG;
            }
            s->sample->v[i] = v->value;
            s->sample->present |= BIT(i);
            return 0;
        }
    }
    char text[256];
    struct hwmon_value other = *v;
    other.label = label_of(fd, v->sensor, text, sizeof(text));
    return hwmon_other_add(&chip->others, &other);
}

static int add_file(struct chip *chip, int fd, struct str file, struct err *err)
{
    char text[256], numbered[64];
    struct hwmon_value v = { .chip = chip->name };
    struct str value = { 0 };
    const struct sensor_kind *kind = split(file, &v.sensor, &v.element);
    if (!kind) {
        return 0;
    }
    v.kind = kind->name;
    if (str_empty(v.sensor)) {
        snprintf(numbered, sizeof(numbered), STR_FMT "0", STR_ARG(kind->name));
        if (arena_str(chip->others.mem, str_of(numbered), &v.sensor) < 0) {
            return -ENOMEM;
        }
    }
    /* A sensor that is off, or does not answer, cannot be read. */
    if (!takes_sensor(chip, v.sensor) || node_line_at(fd, file.p, text, sizeof(text), &value) < 0) {
        return 0;
    }
    if (str_eq(v.element, STR("label"))) {
        return add_label(chip, v.sensor, value, err);
    }
    return num_scan_double(value, &v.value) < 0 ? 0 : add_value(chip, fd, kind, &v, err);
}

static int add_folder(struct chip *chip, int fd, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(fd, metric_sink_arena(chip->sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_file(chip, fd, names[i], err);
    }
    return r;
}

/* The chip's name is that of its device, else the driver's, else the folder's. */
static int name_chip(int fd, struct str folder, struct arena *mem, struct str driver,
                     struct str *ret)
{
    int r = chip_of_device(fd, mem, ret);
    if (r >= 0 && str_empty(*ret)) {
        r = hwmon_clean(driver, mem, ret);
    }
    return r >= 0 && str_empty(*ret) ? hwmon_clean(folder, mem, ret) : r;
}

/* A folder of class/hwmon. */
struct folder {
    struct str folder, base, driver;
};

/* Chips of one device would have the same series: then the driver's name tells them apart, or,
 * where that is the same too, the folder's. */
static int unique_name(const struct folder *all, size_t n, const struct folder *f,
                       struct arena *mem, struct str *ret)
{
    size_t same_base = 0, same_driver = 0;
    struct str suffix = { 0 };
    char joined[512];
    for (size_t i = 0; i < n; i++) {
        same_base += str_eq(all[i].base, f->base);
        same_driver += str_eq(all[i].base, f->base) && str_eq(all[i].driver, f->driver);
    }
    *ret = f->base;
    if (same_base < 2) {
        return 0;
    }
    int r = hwmon_clean(f->driver, mem, &suffix);
    if (r >= 0 && (str_empty(suffix) || same_driver > 1)) {
        r = hwmon_clean(f->folder, mem, &suffix);
    }
    int k =
        snprintf(joined, sizeof(joined), STR_FMT "_" STR_FMT, STR_ARG(f->base), STR_ARG(suffix));
    if (r < 0 || k < 0 || (size_t)k >= sizeof(joined)) {
        return r < 0 ? r : -ENAMETOOLONG;
    }
    return arena_str(mem, str_of(joined), ret);
}

static int find_folders(const struct hwmon *h, struct arena *mem, struct folder **ret,
                        size_t *ret_n)
{
    struct str *names = NULL;
    size_t n = 0, found = 0;
    int r = node_dir_names(h->dirfd, mem, &names, &n);
    struct folder *all = r < 0 ? NULL : ARENA_ARRAY(mem, n, struct folder);
    if (!all) {
        return r < 0 ? r : -ENOMEM;
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd = file_open_dir_at(h->dirfd, names[i].p);
        struct folder *f = &all[found];
        if (fd < 0) {
            continue;
        }
        f->folder = names[i];
        r = node_text_at(fd, "name", mem, &f->driver) == -ENOMEM
                ? -ENOMEM
                : name_chip(fd, f->folder, mem, f->driver, &f->base);
        found++;
    }
    *ret = all;
    *ret_n = found;
    return r < 0 ? r : 0;
}

static int add_chip(const struct folder *f, struct chip *chip, struct err *err)
{
    struct arena *mem = metric_sink_arena(chip->sink);
    auto_close int fd = file_open_dir_at(chip->hwmon->dirfd, f->folder.p);
    if (fd < 0 || !node_filter_takes(&chip->hwmon->chips, chip->name)) {
        return 0;
    }
    if (f->driver.n) {
        struct chip_sample *c =
            metric_sink_add(chip->sink, hwmon_subjects[HWMON_CHIP], NULL, 0, err);
        if (!c || hwmon_clean(f->driver, mem, &c->chip_name) < 0) {
            return -ENOMEM;
        }
        c->chip = chip->name;
    }
    int r = add_folder(chip, fd, err);
    auto_close int device = file_open_dir_at(fd, "device"); /* old drivers put files there */
    return r < 0 || device < 0 ? r : add_folder(chip, device, err);
}

static int add_chips(struct chip *chip, struct err *err)
{
    struct arena *mem = metric_sink_arena(chip->sink);
    struct folder *all = NULL;
    size_t n = 0;
    int r = find_folders(chip->hwmon, mem, &all, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        chip->n = 0;
        r = unique_name(all, n, &all[i], mem, &chip->name);
        r = r < 0 ? r : add_chip(&all[i], chip, err);
    }
    return r < 0 ? r : metric_sink_add_set(chip->sink, &chip->others);
}

static int hwmon_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct chip *chip = ARENA_NEW(mem, struct chip);
    if (!chip) {
        return node_no_memory(err, "hwmon");
    }
    chip->hwmon = state;
    chip->sink = sink;
    loose_set_init(&chip->others, mem);
    int r = add_chips(chip, err);
    loose_set_done(&chip->others);
    return r < 0 ? err_set_errno(err, -r, "class/hwmon") : 0;
}

const struct collector collector_hwmon = {
    .name = "hwmon",
    .on_by_default = true,
    .subjects = hwmon_subjects,
    .options = options,
    .may_block = true,
    .start = hwmon_start,
    .read = hwmon_read,
    .stop = hwmon_stop,
};
