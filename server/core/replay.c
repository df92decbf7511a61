/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which first Noise messages were seen before. Keyed, because peers choose them
 * and must not be able to fill one corner of the table. */
#include "replay.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"

static_assert((REPLAY_SLOTS & (REPLAY_SLOTS - 1)) == 0, "a power of two");
static_assert(REPLAY_MAX <= REPLAY_SLOTS / 2, "probing stays short");

void
replay_init(struct replay *c)
{
    *c = (struct replay){0};
    random_bytes(c->key, sizeof c->key);
}

void
replay_free(struct replay *c)
{
    mem_free(c->now);
    mem_free(c->past);
    *c = (struct replay){0};
}

/* The place where v is or would be. */
static uint64_t *
probe(uint64_t *slots, uint64_t v)
{
    size_t at = (size_t)(v & (REPLAY_SLOTS - 1));

    while (slots[at] != 0 && slots[at] != v)
        at = (at + 1) & (REPLAY_SLOTS - 1);
    return &slots[at];
}

enum err
replay_check(struct replay *c, const uint8_t ephemeral[static LIMIT_ID])
{
    struct bytes parts[2] = {BYTES_OF(c->key), {ephemeral, LIMIT_ID}};
    uint8_t h[HASH_LEN];
    uint64_t v;
    uint64_t *slot;

    hash_id("pristan replay", parts, 2, h);
    memcpy(&v, h, sizeof v);
    v |= (uint64_t)1 << 63; /* 0 means empty */
    if (c->past != NULL && *probe(c->past, v) == v)
        return ERR_EXISTS;
    if (c->now != NULL && c->count >= REPLAY_MAX) {
        mem_free(c->past);
        c->past = c->now;
        c->now = NULL;
        c->count = 0;
    }
    if (c->now == NULL) {
        c->now = mem_new_array(REPLAY_SLOTS, sizeof *c->now);
        if (c->now == NULL)
            return ERR_MEMORY;
    }
    slot = probe(c->now, v);
    if (*slot == v)
        return ERR_EXISTS;
    *slot = v;
    c->count++;
    return ERR_OK;
}
