/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Capabilities: what may be done follows from what is known. An id is made of
 * the hashes of both tokens, so whoever knows one token and the other's hash
 * finds the place, nobody can occupy an id in advance, and what the relay keeps
 * opens nothing. PROTOCOL.md section 3. */
#include "core.h"

#include "crypto/hash.h"

static void
token_hash(const uint8_t token[static LIMIT_ID], uint8_t out[static LIMIT_ID])
{
    struct bytes part = {token, LIMIT_ID};

    hash_id("pristan token", &part, 1, out);
}

static void
channel_id(const uint8_t read_hash[static LIMIT_ID],
           const uint8_t write_hash[static LIMIT_ID],
           uint8_t id[static LIMIT_ID])
{
    struct bytes parts[2] = {{read_hash, LIMIT_ID}, {write_hash, LIMIT_ID}};

    hash_id("pristan channel", parts, 2, id);
}

void
tokens_writer(const uint8_t write_token[static LIMIT_ID],
              const uint8_t read_hash[static LIMIT_ID],
              uint8_t id[static LIMIT_ID])
{
    uint8_t write_hash[LIMIT_ID];

    token_hash(write_token, write_hash);
    channel_id(read_hash, write_hash, id);
}

void
tokens_mailbox(const uint8_t read_token[static LIMIT_ID],
               uint8_t id[static LIMIT_ID])
{
    uint8_t read_hash[LIMIT_ID];
    struct bytes part = BYTES_OF(read_hash);

    token_hash(read_token, read_hash);
    hash_id("pristan mailbox", &part, 1, id);
}

void
tokens_place(const struct place *p, uint8_t id[static LIMIT_ID])
{
    uint8_t read_hash[LIMIT_ID];

    if (p->kind == PLACE_MAILBOX) {
        tokens_mailbox(p->read_token, id);
        return;
    }
    token_hash(p->read_token, read_hash);
    channel_id(read_hash, p->other_hash, id);
}
