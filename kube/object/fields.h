/* fields.h — reads plain members of an object into a kind's sample, by a table.
 * Uses: base, kube/object/meta, jansson.  Threads: any.  Owner: one table per kind.
 *
 * What a family shows as it stands in the object needs no code: a row here says where it is and
 * which member of the sample it goes to, a row of the family table shows that member. */
#ifndef KG_KUBE_FIELDS_H
#define KG_KUBE_FIELDS_H

#include "kube/object/meta.h"

enum kube_field_kind {
    KUBE_FIELD_I64,  /* an integer */
    KUBE_FIELD_TIME, /* an RFC 3339 time, as Unix seconds */
    KUBE_FIELD_TRUE, /* whether it is the JSON value true */
    KUBE_FIELD_TEXT,
    KUBE_FIELD_COUNT, /* the length of an array, as an integer; 0 when absent */
};

struct kube_field {
    const char *in, *key; /* in: "spec", "status" …; NULL: the object itself */
    uint64_t bit;         /* set in kube_meta.present when the member is there; or 0 */
    uint16_t at;
    uint8_t kind;
};

/* clang-format off */
#define KUBE_AT_NUMBER(T, member) _Generic(((T *)0)->member, int64_t: offsetof(T, member))
#define KUBE_AT_BOOL(T, member) _Generic(((T *)0)->member, bool: offsetof(T, member))
#define KUBE_AT_TEXT(T, member) _Generic(((T *)0)->member, struct str: offsetof(T, member))
/* clang-format on */
#define KUBE_FIELD(what, offset, from, name, present_bit)                                          \
    {                                                                                              \
        .in = (from), .key = (name), .bit = (present_bit), .at = (offset),                         \
        .kind = KUBE_FIELD_##what                                                                  \
    }

/* Rows: (type of the sample, its member, "spec" or "status" …, name there, bit or 0). The member is
 * an int64_t (I64, TIME, COUNT), a bool (TRUE) or a struct str (TEXT); another one does not
 * compile. Absent leaves it zero. */
#define KUBE_I64(T, member, from, name, bit)                                                       \
    KUBE_FIELD(I64, KUBE_AT_NUMBER(T, member), from, name, bit)
#define KUBE_TIME(T, member, from, name, bit)                                                      \
    KUBE_FIELD(TIME, KUBE_AT_NUMBER(T, member), from, name, bit)
#define KUBE_COUNT(T, member, from, name)                                                          \
    KUBE_FIELD(COUNT, KUBE_AT_NUMBER(T, member), from, name, 0)
#define KUBE_TRUE(T, member, from, name) KUBE_FIELD(TRUE, KUBE_AT_BOOL(T, member), from, name, 0)
#define KUBE_TEXT(T, member, from, name) KUBE_FIELD(TEXT, KUBE_AT_TEXT(T, member), from, name, 0)

/* Fills the members that the table names of a sample, which begins with its struct kube_meta. */
void kube_fields_decode(const json_t *object, const struct kube_field *fields, size_t n,
                        void *sample);

#endif
