/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards: small signed notes. What the relay checks is what every reader checks
 * again: signature, expiry, and a version that only grows. */
#include "core.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "wire/card.h"
#include "wire/limits.h"

enum {
    CARD_HOURS_MAX = 7 * 24,
    CARD_SIGNED_MAX = LIMIT_CARD_BODY + 256 /* bytes */
};

/* ERR_AUTH, ERR_MEMORY. */
static enum err
verify(const struct card *c)
{
    struct buf part = buf_limited(CARD_SIGNED_MAX);
    struct sign_public key;
    enum err e;

    memcpy(key.b, c->key, sizeof key.b);
    e = sign_public_check(&key);
    if (e == ERR_OK)
        e = card_write_signed_part(c, &part);
    if (e == ERR_OK)
        e = sign_verify(&key, buf_bytes(&part), BYTES_OF(c->signature));
    buf_free(&part);
    return e;
}

enum err
on_card_put(struct relay *r,
            struct session *s,
            const struct request *q,
            struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_CARD};
    struct bytes key;
    struct card c;

    if (!quota_leave(r, s, q->tag, q->card_put.card.len, now))
        return ERR_OK;
    if (card_read(q->card_put.card, &c) != ERR_OK ||
        c.version > WIRE_NUMBER_MAX) {
        session_refuse(r, s, q->tag, REFUSED_INVALID, 0);
        return ERR_OK;
    }
    if (c.expires_hour <= retention_hour(r, now) ||
        c.expires_hour > (uint64_t)retention_base(r, now) + CARD_HOURS_MAX) {
        session_refuse(r, s, q->tag, REFUSED_EXPIRED, 0);
        return ERR_OK;
    }
    if (verify(&c) != ERR_OK) {
        session_refuse(r, s, q->tag, REFUSED_INVALID, 0);
        return ERR_OK;
    }
    key = BYTES_OF(c.key);
    hash_id("pristan card", &key, 1, op.id);
    op.expires_hour = (uint32_t)c.expires_hour;
    op.card.version = c.version;
    if (op_copy(r, s, q->tag, q->card_put.card, &op.card.bytes))
        op_queue(r, s, q->tag, &op, q->card_put.card.len);
    return ERR_OK;
}

void
card_answer(struct relay *r,
            struct session *s,
            const struct batch_op *ctx,
            const struct relay_op *op,
            const struct relay_op_result *res)
{
    empty_answer(r, s, ctx, op, res); /* DONE or a refusal */
}

enum err
on_card_get(struct relay *r,
            struct session *s,
            const struct request *q,
            struct relay_now now)
{
    struct relay_load load = {.kind = RELAY_LOAD_CARD,
                              .credit = LIMIT_CARD_BODY};

    (void)now;
    memcpy(load.id, q->card_get.prefix, sizeof q->card_get.prefix);
    if (want_add(r, s, &load, q->tag, 0) != ERR_OK)
        session_refuse(r, s, q->tag, REFUSED_RATE, 1);
    return ERR_OK;
}
