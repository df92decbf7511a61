/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members of a request, by name and kind. */
#include "request.h"

#include "crypto/encoding.h"

static void
mark_wrong(struct request *q, const char *name)
{
    if (q->wrong == NULL)
        q->wrong = name;
}

const struct json *
request_find(const struct request *q, const char *name)
{
    const struct json *v = json_find(q->root, name);

    return v != NULL && v->kind != JSON_NULL ? v : NULL;
}

bool
request_has(const struct request *q, const char *name)
{
    return request_find(q, name) != NULL;
}

struct bytes
request_text(struct request *q, const char *name)
{
    const struct json *v = request_find(q, name);

    if (v == NULL || v->kind != JSON_STRING) {
        mark_wrong(q, name);
        return (struct bytes){0};
    }
    return v->text;
}

struct bytes
request_hex_of(struct request *q, const struct json *v, const char *name)
{
    struct bytes out = {0};
    struct buf plain;

    if (v->kind != JSON_STRING) {
        mark_wrong(q, name);
        return out;
    }
    plain = buf_limited(v->text.len / 2);
    if (encoding_unhex(&plain, v->text) != ERR_OK ||
        arena_copy(q->a, buf_bytes(&plain), &out) != ERR_OK)
        mark_wrong(q, name);
    buf_free(&plain);
    return out;
}

struct bytes
request_hex(struct request *q, const char *name)
{
    const struct json *v = request_find(q, name);

    if (v == NULL) {
        mark_wrong(q, name);
        return (struct bytes){0};
    }
    return request_hex_of(q, v, name);
}

struct bytes
request_hex_or_empty(struct request *q, const char *name)
{
    return request_has(q, name) ? request_hex(q, name) : (struct bytes){0};
}

uint64_t
request_number_of(struct request *q, const struct json *v, const char *name)
{
    if (v->kind != JSON_NUMBER) {
        mark_wrong(q, name);
        return 0;
    }
    return v->number;
}

uint64_t
request_number(struct request *q, const char *name, uint64_t otherwise)
{
    const struct json *v = request_find(q, name);

    return v != NULL ? request_number_of(q, v, name) : otherwise;
}

bool
request_bool(struct request *q, const char *name, bool otherwise)
{
    const struct json *v = request_find(q, name);

    if (v == NULL)
        return otherwise;
    if (v->kind != JSON_BOOL)
        mark_wrong(q, name);
    return v->number == 1;
}

const struct json *
request_list(struct request *q, const char *name)
{
    const struct json *v = request_find(q, name);
    struct json *lone;

    if (v == NULL || v->kind == JSON_ARRAY)
        return v != NULL ? v->first : NULL;
    lone = arena_new(q->a, sizeof *lone);
    if (lone == NULL) {
        mark_wrong(q, name);
        return NULL;
    }
    *lone = *v;
    lone->next = NULL;
    return lone;
}

struct request
request_inside(const struct request *q, const struct json *v)
{
    static const struct json nothing = {.kind = JSON_OBJECT};
    bool object = v != NULL && v->kind == JSON_OBJECT;

    return (struct request){.a = q->a,
                            .root = object ? v : &nothing,
                            .wrong = object ? q->wrong : "an object"};
}

enum err
request_end(const struct request *q)
{
    return q->wrong == NULL ? ERR_OK : ERR_USE;
}
