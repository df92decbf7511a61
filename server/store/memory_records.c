/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Places and records of the memory store. */
#include "engine_memory.h"

#include <string.h>

#include "base/reader.h"

struct memory_key
memory_key(char table, const uint8_t *id, size_t id_len)
{
    struct memory_key k = {.b = {(uint8_t)table}, .len = 1};

    if (id_len > 0)
        memcpy(k.b + k.len, id, id_len);
    k.len += id_len;
    return k;
}

void
memory_key_u64(struct memory_key *k, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        k->b[k->len++] = (uint8_t)(v >> shift);
}

static struct bytes
key_bytes(const struct memory_key *k)
{
    return (struct bytes){k->b, k->len};
}

bool
memory_read(const struct kv_row *row, void *head, size_t head_len)
{
    struct bytes v;

    if (row == NULL)
        return false;
    v = kv_value(row);
    memcpy(head, v.b, head_len);
    return true;
}

static struct memory_key
numbered(char table, const uint8_t id[static LIMIT_ID], uint64_t number)
{
    struct memory_key k = memory_key(table, id, LIMIT_ID);

    memory_key_u64(&k, number);
    return k;
}

static struct memory_key
hash_key(const struct place_row *p, const uint8_t hash[static LIMIT_ID])
{
    struct memory_key k = memory_key('H', p->id, LIMIT_ID);

    memcpy(k.b + k.len, hash, LIMIT_ID);
    k.len += LIMIT_ID;
    return k;
}

static struct memory_key
expiry_key(uint32_t hour, const uint8_t *id, uint64_t number)
{
    struct memory_key k = memory_key('E', NULL, 0);

    memory_key_u64(&k, hour);
    if (id != NULL) {
        memcpy(k.b + k.len, id, LIMIT_ID);
        k.len += LIMIT_ID;
        memory_key_u64(&k, number);
    }
    return k;
}

static enum err
put(struct engine *e, struct memory_key k, const void *head, size_t len)
{
    return kv_put(&engine_memory(e)->disk->kv, key_bytes(&k),
                  (struct bytes){head, len}, (struct bytes){NULL, 0});
}

static enum err
drop(struct engine *e, struct memory_key k)
{
    return kv_drop(&engine_memory(e)->disk->kv, key_bytes(&k));
}

static const struct kv_row *
get(struct engine *e, struct memory_key k)
{
    return kv_get(&engine_memory(e)->disk->kv, key_bytes(&k));
}

enum err
memory_place_get(struct engine *e,
                 const uint8_t id[static LIMIT_ID],
                 struct place_row *out)
{
    struct memory_key k = memory_key('P', id, LIMIT_ID);

    return memory_read(get(e, k), out, sizeof *out) ? ERR_OK : ERR_NOT_FOUND;
}

enum err
memory_place_put(struct engine *e, const struct place_row *p)
{
    return put(e, memory_key('P', p->id, LIMIT_ID), p, sizeof *p);
}

enum err
memory_record_find(struct engine *e,
                   const struct place_row *p,
                   const uint8_t hash[static LIMIT_ID],
                   struct record_row *out)
{
    return memory_read(get(e, hash_key(p, hash)), out, sizeof *out)
               ? ERR_OK
               : ERR_NOT_FOUND;
}

enum err
memory_record_add(struct engine *e,
                  struct place_row *p,
                  const struct record_row *row)
{
    struct kv *kv = &engine_memory(e)->disk->kv;
    struct memory_key k = numbered('R', p->id, row->number);
    struct record_row bare = *row;
    enum err err;

    bare.bytes = (struct bytes){NULL, 0};
    p->key = 1; /* ids are keys enough here */
    err = memory_place_put(e, p);
    if (err != ERR_OK)
        return err;
    err = kv_put(kv, key_bytes(&k),
                 (struct bytes){(const void *)&bare, sizeof bare}, row->bytes);
    if (err == ERR_OK)
        err = put(e, hash_key(p, row->hash), &bare, sizeof bare);
    if (err == ERR_OK)
        err =
            put(e, expiry_key(row->expires_hour, p->id, row->number), NULL, 0);
    return err;
}

static enum err
row_read(const struct kv_row *at, struct record_row *out)
{
    struct bytes v;

    if (!memory_read(at, out, sizeof *out))
        return ERR_NOT_FOUND;
    v = kv_value(at);
    if (!out->stub)
        out->bytes = bytes_slice(v, sizeof *out, v.len);
    return ERR_OK;
}

enum err
memory_record_get(struct engine *e,
                  const struct place_row *p,
                  uint64_t number,
                  struct record_row *out)
{
    return row_read(get(e, numbered('R', p->id, number)), out);
}

enum err
memory_record_drop(struct engine *e,
                   const struct place_row *p,
                   const struct record_row *row,
                   uint32_t stub_hour)
{
    struct record_row stub = *row;
    enum err err = drop(e, expiry_key(row->expires_hour, p->id, row->number));

    stub.stub = true;
    stub.expires_hour = stub_hour;
    stub.bytes = (struct bytes){NULL, 0};
    if (err == ERR_OK) /* row's bytes end here */
        err = drop(e, numbered('R', p->id, stub.number));
    if (err == ERR_OK && stub_hour == 0)
        return drop(e, hash_key(p, stub.hash));
    if (err == ERR_OK)
        err = put(e, numbered('S', p->id, stub.number), &stub, sizeof stub);
    if (err == ERR_OK)
        err = put(e, hash_key(p, stub.hash), &stub, sizeof stub);
    return err;
}

enum err
memory_record_expired(struct engine *e,
                      uint32_t hour,
                      struct place_row *p,
                      struct record_row *out)
{
    struct kv *kv = &engine_memory(e)->disk->kv;
    struct memory_key first = expiry_key(0, NULL, 0);
    struct memory_key end = expiry_key(hour + 1, NULL, 0);
    const struct kv_row *at = kv_seek(kv, key_bytes(&first));
    struct reader r;
    uint8_t id[LIMIT_ID];
    uint64_t number;
    enum err err;

    if (at == NULL || bytes_compare(kv_key(at), key_bytes(&end)) >= 0)
        return ERR_NOT_FOUND;
    r = (struct reader){.rest = bytes_slice(kv_key(at), 9, KV_KEY_MAX)};
    reader_copy(&r, id, sizeof id);
    number = reader_u64(&r);
    err = memory_place_get(e, id, p);
    return err == ERR_OK ? memory_record_get(e, p, number, out) : err;
}

enum err
memory_page_begin(struct engine *e, const struct place_row *p, uint64_t after)
{
    struct engine_memory *m = engine_memory(e);

    m->page_place = *p;
    m->page_after = after;
    return ERR_OK;
}

/* The first row of a table of the page's place after its last number. */
static const struct kv_row *
next_of(struct engine_memory *m, char table)
{
    struct memory_key k = numbered(table, m->page_place.id, m->page_after + 1);
    const struct kv_row *row = kv_seek(&m->disk->kv, key_bytes(&k));
    size_t same = 1 + LIMIT_ID;

    if (row == NULL || row->key_len != k.len || memcmp(row->b, k.b, same) != 0)
        return NULL;
    return row;
}

enum err
memory_page_next(struct engine *e, struct record_row *out)
{
    struct engine_memory *m = engine_memory(e);
    const struct kv_row *live = next_of(m, 'R');
    const struct kv_row *stub = NULL;
    struct record_row other;
    enum err err;

    if (m->page_place.kind == RELAY_CHANNEL)
        stub = next_of(m, 'S');
    err = row_read(live, out);
    if (row_read(stub, &other) == ERR_OK &&
        (err != ERR_OK || other.number < out->number)) {
        *out = other;
        err = ERR_OK;
    }
    if (err == ERR_OK)
        m->page_after = out->number;
    return err;
}

void
memory_page_end(struct engine *e)
{
    engine_memory(e)->page_after = UINT64_MAX - 1;
}
