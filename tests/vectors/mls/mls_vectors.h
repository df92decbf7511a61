/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the checks of the MLS vectors have in common. */
#ifndef VECTORS_MLS_VECTORS_H
#define VECTORS_MLS_VECTORS_H

#include <string.h>

#include "checks.h"
#include "lib/mls/group_context.h"
#include "lib/mls/labels.h"
#include "support/check.h"

/* A hex string that fills exactly len bytes. */
static inline void
vector_fill(struct arena *a,
            const struct json *o,
            const char *name,
            uint8_t *out,
            size_t len)
{
    struct bytes b = json_hex(a, o, name);

    assert_int_equal(b.len, len);
    memcpy(out, b.b, b.len);
}

static inline struct mls_secret
vector_secret(struct arena *a, const struct json *o, const char *name)
{
    struct mls_secret s;

    vector_fill(a, o, name, s.b, sizeof s.b);
    return s;
}

/* Room for len bytes. */
static inline uint8_t *
vector_room(struct arena *a, size_t len)
{
    uint8_t *out = arena_new(a, len > 0 ? len : 1);

    assert_non_null(out);
    return out;
}

/* A string that ends with zero. A label of ours cannot hold one. */
static inline const char *
vector_label(struct arena *a, const struct json *o, const char *name)
{
    struct bytes text = json_string(o, name);
    uint8_t *s = vector_room(a, text.len + 1);

    if (text.len > 0)
        memcpy(s, text.b, text.len);
    assert_int_equal(strlen((char *)s), text.len);
    return (char *)s;
}

/* The first element of a member that may be absent or null: then NULL. */
static inline const struct json *
vector_first(const struct json *o, const char *name)
{
    const struct json *v = json_find(o, name);

    if (v == NULL || v->kind == JSON_NULL)
        return NULL;
    assert_int_equal(v->kind, JSON_ARRAY);
    return v->first;
}

#endif
