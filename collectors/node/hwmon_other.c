#include "collectors/node/hwmon_other.h"

#include "base/limits.h"

#include <ctype.h>

int hwmon_clean(struct str text, struct arena *mem, struct str *ret)
{
    char *out = arena_alloc(mem, text.n + 1);
    if (!out) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        out[i] = isalnum(c) || c == ':' ? (char)tolower(c) : '_';
    }
    *ret = (struct str){ out, text.n };
    while (str_eat(ret, STR("_")) || str_eat_end(ret, STR("_"))) {
    }
    return 0;
}

/* What a kind is measured in: the end of its families' names, and what a file's value is divided
 * by. */
static const struct unit {
    struct str kind, suffix;
    double divisor;
} units[] = {
    { STR_INIT("in"), STR_INIT("_volts"), 1e3 },
    { STR_INIT("cpu"), STR_INIT("_volts"), 1e3 },
    { STR_INIT("temp"), STR_INIT("_celsius"), 1e3 },
    { STR_INIT("curr"), STR_INIT("_amps"), 1e3 },
    { STR_INIT("energy"), STR_INIT("_joule_total"), 1e6 },
    { STR_INIT("power"), STR_INIT("_watt"), 1e6 },
    { STR_INIT("humidity"), STR_INIT(""), 1e6 },
};

/* Kinds of one file without an element, whose families are called otherwise. */
static const struct whole {
    struct str kind, family;
    double divisor;
} wholes[] = {
    { STR_INIT("vrm"), STR_INIT("node_hwmon_voltage_regulator_version"), 1 },
    { STR_INIT("beep_enable"), STR_INIT("node_hwmon_beep_enabled"), 1 },
    { STR_INIT("update_interval"), STR_INIT("node_hwmon_update_interval_seconds"), 1e3 },
};

struct place {
    struct buf name;
    struct str sensor;
    double divisor;
    enum metric_type type;
};

static void add_unit(const struct hwmon_value *v, struct place *place)
{
    static const struct str plain[] = { STR_INIT("fault"), STR_INIT("alarm") };
    for (size_t i = 0; i < KG_ARRAY_LEN(plain); i++) {
        if (str_eq(v->element, plain[i])) {
            return;
        }
    }
    if (str_eq(v->element, STR("beep"))) {
        buf_add(&place->name, STR("_enabled"));
        return;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(units); i++) {
        if (str_eq(v->kind, units[i].kind)) {
            buf_add(&place->name, units[i].suffix);
            place->divisor = units[i].divisor;
        }
    }
    if (str_eq(v->kind, STR("energy"))) {
        place->type = METRIC_COUNTER;
    }
}

/* Where the value goes. 1: nowhere. */
static int find_place(const struct hwmon_value *v, struct arena *mem, struct place *place)
{
    struct str element = { 0 };
    place->divisor = 1;
    for (size_t i = 0; i < KG_ARRAY_LEN(wholes); i++) {
        if (str_eq(v->kind, wholes[i].kind)) {
            buf_add(&place->name, wholes[i].family);
            place->divisor = wholes[i].divisor;
            return v->element.n ? 1 : 0;
        }
    }
    if (hwmon_clean(v->element, mem, &element) < 0) {
        return -ENOMEM;
    }
    buf_add(&place->name, STR("node_hwmon_"));
    buf_add(&place->name, v->kind);
    if (element.n && !str_eq(element, STR("input"))) {
        buf_add_char(&place->name, '_');
        buf_add(&place->name, element);
    }
    if (str_eq(v->kind, STR("freq")) && str_eq(v->element, STR("input"))) {
        buf_add(&place->name, STR("_freq_mhz"));
        place->divisor = 1e6;
        return v->label.n ? hwmon_clean(v->label, mem, &place->sensor) : 1;
    }
    add_unit(v, place);
    return 0;
}

int hwmon_other_add(struct loose_set *set, const struct hwmon_value *v)
{
    struct place place = { .sensor = v->sensor, .type = METRIC_GAUGE };
    auto_buf struct buf scratch = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    buf_init(&place.name, LIMIT_NODE_FILE_BYTES);
    int r = find_place(v, set->mem, &place);
    if (r == 0) {
        struct metric_label labels[] = { { STR("chip"), v->chip },
                                         { STR("sensor"), place.sensor } };
        struct loose_series s = { .value = v->value / place.divisor };
        struct loose_family *f = buf_failed(&place.name)
                                     ? NULL
                                     : loose_set_family(set, buf_str(&place.name), place.type);
        r = f ? loose_labels(labels, KG_ARRAY_LEN(labels), &scratch, set->mem, &s.labels) : -ENOMEM;
        if (r == 0) {
            f->row.help = "An element of a sensor that only some drivers have.";
            r = loose_add(f, set->mem, &s);
        }
    }
    buf_done(&place.name);
    return r < 0 ? r : 0;
}
