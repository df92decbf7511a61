/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that calls protobuf-c to parse and to write. What it does not
 * guard by itself is guarded here: memory by an allocator over the caller's
 * arena with a budget, unknown fields by a walk, and everything that has two
 * spellings (fields twice, merged or out of order, long varints, written
 * defaults) by comparing with what we would have written. docs/PROTOCOL.md
 * section 3.1. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#include "wire/limits.h"

enum { DEPTH_MAX = 4 }; /* levels of our .proto files; none contains itself */

struct allowance {
    struct arena *arena;
    size_t left; /* bytes that this message may still take */
    bool used_up;
};

/* Zeroed memory also keeps the unknown_fields pointer of 1.4.1 from being
 * uninitialised when unpacking stops half way. */
static void *
allowance_take(void *data, size_t size)
{
    struct allowance *al = data;
    void *p = NULL;

    if (size <= al->left)
        p = arena_new(al->arena, size);
    if (p != NULL)
        al->left -= size;
    else
        al->used_up = true;
    return p;
}

static void
allowance_give_back(void *data, void *p)
{
    (void)data; /* the arena's reset frees everything at once */
    (void)p;
}

static const ProtobufCMessage *
field_message(const ProtobufCMessage *m,
              const ProtobufCFieldDescriptor *f,
              size_t i)
{
    const uint8_t *at = (const uint8_t *)m + f->offset;
    const ProtobufCMessage *const *list;
    const ProtobufCMessage *one;

    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        memcpy(&one, at, sizeof one);
        return one;
    }
    memcpy(&list, at, sizeof list);
    return list[i];
}

/* How many messages are in a field: 0 for a member of a oneof that is not the
 * one that is set. */
static size_t
field_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const uint8_t *quantifier = (const uint8_t *)m + f->quantifier_offset;
    size_t n;
    uint32_t set;

    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        memcpy(&n, quantifier, sizeof n);
        return n;
    }
    if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        memcpy(&set, quantifier, sizeof set);
        if (set != f->id)
            return 0;
    }
    return field_message(m, f, 0) != NULL;
}

/* Goes down our descriptors, not the input: DEPTH_MAX levels at most. */
static bool
has_unknown(const ProtobufCMessage *m, unsigned depth)
{
    assert(depth < DEPTH_MAX);
    if (m->n_unknown_fields != 0)
        return true;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        size_t n;

        if (f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        n = field_count(m, f);
        for (size_t j = 0; j < n; j++)
            if (has_unknown(field_message(m, f, j), depth + 1))
                return true;
    }
    return false;
}

/* A buffer that only compares what is written to it. */
struct comparison {
    ProtobufCBuffer base; /* first: protobuf-c hands this back */
    struct bytes rest;
    bool differs;
};

static void
comparison_append(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
    struct comparison *c = (struct comparison *)(void *)base;

    if (len > c->rest.len || (len > 0 && memcmp(c->rest.b, data, len) != 0)) {
        c->differs = true;
        return;
    }
    c->rest = bytes_slice(c->rest, len, c->rest.len - len);
}

static bool
is_our_spelling(const ProtobufCMessage *m, struct bytes in)
{
    struct comparison c = {.base = {comparison_append}, .rest = in};

    protobuf_c_message_pack_to_buffer(m, &c.base);
    return !c.differs && c.rest.len == 0;
}

enum err
wire_unpack(const ProtobufCMessageDescriptor *d,
            struct bytes in,
            size_t max,
            struct arena *a,
            ProtobufCMessage **out)
{
    struct allowance al = {.arena = a};
    ProtobufCAllocator allocator = {allowance_take, allowance_give_back, &al};
    ProtobufCMessage *m;

    if (in.len > max)
        return ERR_TOO_LARGE;
    al.left = WIRE_BUDGET_FIXED + 3 * in.len;
    m = protobuf_c_message_unpack(d, &allocator, in.len, in.b);
    if (m == NULL)
        return al.used_up ? ERR_MEMORY : ERR_MALFORMED;
    if (has_unknown(m, 0) || !is_our_spelling(m, in))
        return ERR_MALFORMED;
    *out = m;
    return ERR_OK;
}

enum err
wire_pack(const ProtobufCMessage *m, size_t max, struct buf *out)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *space;

    if (len > max)
        return ERR_TOO_LARGE;
    space = buf_space(out, len);
    if (space == NULL)
        return buf_end(out);
    protobuf_c_message_pack(m, space);
    return ERR_OK;
}

/* protobuf-c has no const for data that it only reads; through a union nothing
 * is cast. */
ProtobufCBinaryData
wire_data(struct bytes in)
{
    union {
        const uint8_t *ours;
        uint8_t *theirs;
    } p = {.ours = in.b};

    return (ProtobufCBinaryData){.len = in.len, .data = p.theirs};
}

struct bytes
wire_bytes(ProtobufCBinaryData in)
{
    return (struct bytes){in.data, in.len};
}

ProtobufCBinaryData
wire_data_or_none(const uint8_t *b, size_t len)
{
    struct bytes in = {b, len};

    return wire_data(bytes_all_zero(in) ? (struct bytes){0} : in);
}

void
wire_fixed(enum err *e, ProtobufCBinaryData in, uint8_t *out, size_t len)
{
    if (in.len == len) {
        memcpy(out, in.data, len);
        return;
    }
    memset(out, 0, len);
    *e = ERR_MALFORMED;
}

void
wire_fixed_or_none(enum err *e,
                   ProtobufCBinaryData in,
                   uint8_t *out,
                   size_t len)
{
    if (in.len == 0) {
        memset(out, 0, len);
        return;
    }
    wire_fixed(e, in, out, len);
    if (bytes_all_zero((struct bytes){out, len}))
        *e = ERR_MALFORMED;
}
