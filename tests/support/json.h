/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small strict JSON reader (RFC 8259) for test vectors. Values live in an
 * arena; strings may borrow from the input. Whole numbers only, up to 2^64-1.
 */
#ifndef SUPPORT_JSON_H
#define SUPPORT_JSON_H

#include "base/arena.h"
#include "base/bytes.h"

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_kind kind;
    struct bytes name;        /* inside an object */
    struct bytes text;        /* of a string, escapes resolved */
    uint64_t number;          /* of a number; 0 or 1 of a bool */
    size_t count;             /* of an array or object */
    const struct json *first; /* of an array or object */
    const struct json *next;  /* the brother, NULL at the end */
};

enum { JSON_DEPTH_MAX = 32 };

/* NULL when it is not JSON, or not of the kind above, or there is no memory.
 * Refuses: a name twice, anything behind the value, fractions, negative
 * numbers, deeper nesting than JSON_DEPTH_MAX. */
const struct json *json_parse(struct arena *a, struct bytes in);

/* NULL when there is no such member. o is an object. */
const struct json *json_find(const struct json *o, const char *name);

/* These fail the test when the member is not there or of another kind. */
const struct json *json_get(const struct json *o, const char *name);
const struct json *json_array(const struct json *o, const char *name);
const struct json *json_object(const struct json *o, const char *name);
uint64_t json_number(const struct json *o, const char *name);
bool json_bool(const struct json *o, const char *name);
struct bytes json_string(const struct json *o, const char *name);

/* A string of hex digits as bytes in the arena. */
struct bytes json_hex(struct arena *a, const struct json *o, const char *name);

/* The same for a value itself, such as an element of an array. */
struct bytes json_hex_value(struct arena *a, const struct json *v);

/* Walks the elements:  for (v = array->first; v != NULL; v = v->next) */

/* True when the string is this. */
bool json_is(const struct json *o, const char *name, const char *text);

#endif
