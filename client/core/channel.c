/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "channel.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"

static enum err
derive(const uint8_t root[static LIMIT_ID], const char *label, uint8_t *out)
{
    return hkdf_expand(root, bytes_str(label), out, LIMIT_ID);
}

static void
token_hash(const uint8_t token[static LIMIT_ID], uint8_t out[static LIMIT_ID])
{
    const struct bytes part = {token, LIMIT_ID};

    hash_id("pristan token", &part, 1, out);
}

enum err
channel_derive(const struct mls_group *g, struct channel *out)
{
    uint8_t root[LIMIT_ID], hashes[2][LIMIT_ID];
    const struct bytes parts[2] = {BYTES_OF(hashes[0]), BYTES_OF(hashes[1])};
    enum err e;

    e = mls_group_export(g, "pristan channel", (struct bytes){0}, root,
                         sizeof root);
    if (e == ERR_OK)
        e = derive(root, "pristan envelope", out->envelope_key.b);
    if (e == ERR_OK)
        e = derive(root, "pristan read", out->read_token);
    if (e == ERR_OK)
        e = derive(root, "pristan write", out->write_token);
    mem_wipe(root, sizeof root);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_INTERNAL;
    token_hash(out->read_token, hashes[0]);
    token_hash(out->write_token, hashes[1]);
    hash_id("pristan channel", parts, 2, out->id);
    return ERR_OK;
}

enum err
channel_begin(const struct mls_group *g, struct channel *out)
{
    const struct bytes id = {out->id, sizeof out->id};
    enum err e;

    channel_wipe(out);
    e = channel_derive(g, out);
    if (e != ERR_OK)
        return e;
    hash_id("pristan head", &id, 1, out->head);
    memcpy(out->heads[0], out->head, CONTENT_HEAD_LEN);
    return ERR_OK;
}

void
channel_wipe(struct channel *ch)
{
    mem_wipe(ch, sizeof *ch);
}

void
channel_place(const struct channel *ch, struct place *out)
{
    out->kind = PLACE_CHANNEL;
    memcpy(out->read_token, ch->read_token, LIMIT_ID);
    token_hash(ch->write_token, out->other_hash);
}

void
channel_append(const struct channel *ch, struct request *q)
{
    q->kind = REQUEST_APPEND;
    memcpy(q->append.write_token, ch->write_token, LIMIT_ID);
    token_hash(ch->read_token, q->append.read_hash);
    q->append.expect_commits = ch->commits;
}

void
channel_hash(struct bytes record, uint8_t out[static LIMIT_ID])
{
    hash_id("pristan record", &record, 1, out);
}

void
channel_advance(struct channel *ch,
                enum record_kind kind,
                const uint8_t hash[static LIMIT_ID])
{
    uint8_t number[8], kind_byte = (uint8_t)kind;
    const struct bytes parts[4] = {BYTES_OF(ch->head),
                                   BYTES_OF(number),
                                   {&kind_byte, 1},
                                   {hash, LIMIT_ID}};
    uint8_t next[LIMIT_ID];

    ch->last++;
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(ch->last >> (56 - 8 * i));
    hash_id("pristan head", parts, 4, next);
    memcpy(ch->head, next, sizeof next);
    memcpy(ch->heads[ch->last % CHANNEL_HEADS], next, CONTENT_HEAD_LEN);
    if (kind == RECORD_COMMIT)
        ch->commits++;
    if (ch->seen < ch->last)
        ch->seen = ch->last;
}

enum channel_fit
channel_check(const struct channel *ch,
              uint64_t number,
              const uint8_t head[static CONTENT_HEAD_LEN])
{
    if (number > ch->last)
        return CHANNEL_DIFFERS;
    if (ch->last - number >= CHANNEL_HEADS)
        return CHANNEL_TOO_OLD;
    if (memcmp(ch->heads[number % CHANNEL_HEADS], head, CONTENT_HEAD_LEN) != 0)
        return CHANNEL_DIFFERS;
    return CHANNEL_FITS;
}

void
channel_remember(struct channel *ch, const uint8_t hash[static LIMIT_ID])
{
    memcpy(ch->own[ch->own_count++ % CHANNEL_OWN], hash, sizeof ch->own[0]);
}

bool
channel_remembers(const struct channel *ch, const uint8_t hash[static LIMIT_ID])
{
    size_t count = ch->own_count < CHANNEL_OWN ? ch->own_count : CHANNEL_OWN;

    for (size_t i = 0; i < count; i++)
        if (memcmp(ch->own[i], hash, sizeof ch->own[0]) == 0)
            return true;
    return false;
}

/* The rings are written as far as they are filled. */
void
channel_write(const struct channel *ch, struct buf *out)
{
    size_t heads =
        ch->last + 1 < CHANNEL_HEADS ? (size_t)ch->last + 1 : CHANNEL_HEADS;
    size_t own = ch->own_count < CHANNEL_OWN ? ch->own_count : CHANNEL_OWN;

    buf_u64(out, ch->last);
    buf_u64(out, ch->commits);
    buf_append(out, BYTES_OF(ch->head));
    buf_opaque(out, (struct bytes){ch->heads[0], heads * sizeof ch->heads[0]});
    buf_u64(out, ch->own_count);
    buf_opaque(out, (struct bytes){ch->own[0], own * sizeof ch->own[0]});
    buf_u32(out, ch->voids);
    buf_u8(out, ch->alarmed);
    buf_u64(out, ch->read_ms);
}

static void
read_ring(
    struct reader *r, uint8_t *out, uint64_t count, size_t max, size_t one)
{
    struct bytes in = reader_opaque(r);
    uint64_t want = count < max ? count : max;

    if (in.len != want * one)
        reader_fail(r);
    else if (in.len > 0)
        memcpy(out, in.b, in.len);
}

void
channel_read(struct reader *r, struct channel *out)
{
    *out = (struct channel){0};
    out->last = reader_u64(r);
    out->commits = reader_u64(r);
    reader_copy(r, out->head, sizeof out->head);
    read_ring(r, out->heads[0], out->last < UINT64_MAX ? out->last + 1 : 0,
              CHANNEL_HEADS, sizeof out->heads[0]);
    out->own_count = (size_t)reader_u64(r);
    read_ring(r, out->own[0], out->own_count, CHANNEL_OWN, sizeof out->own[0]);
    out->voids = reader_u32(r);
    out->alarmed = reader_u8(r);
    out->read_ms = reader_u64(r);
    out->seen = out->last;
}
