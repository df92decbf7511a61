/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Blobs: encrypted chunks by the hash of what they are. */
#include "core.h"

#include <string.h>

#include "crypto/hash.h"

enum err
on_blob_put(struct relay *r,
            struct session *s,
            const struct request *q,
            struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_BLOB};

    if (!quota_leave(r, s, q->tag, q->blob_put.blob.len, now))
        return ERR_OK;
    hash_id("pristan blob", &q->blob_put.blob, 1, op.id);
    op.expires_hour = retention_base(r, now) + r->config.blob_hours + 1;
    if (op_copy(r, s, q->tag, q->blob_put.blob, &op.blob.bytes))
        op_queue(r, s, q->tag, &op, q->blob_put.blob.len);
    return ERR_OK;
}

void
blob_answer(struct relay *r,
            struct session *s,
            const struct batch_op *ctx,
            const struct relay_op *op,
            const struct relay_op_result *res)
{
    empty_answer(r, s, ctx, op, res); /* DONE or a refusal */
}

enum err
on_blob_get(struct relay *r,
            struct session *s,
            const struct request *q,
            struct relay_now now)
{
    struct relay_load load = {.kind = RELAY_LOAD_BLOB, .credit = LIMIT_BLOB};

    (void)now;
    memcpy(load.id, q->blob_get.hash, LIMIT_ID);
    if (want_add(r, s, &load, q->tag, 0) != ERR_OK)
        session_refuse(r, s, q->tag, REFUSED_RATE, 1);
    return ERR_OK;
}
