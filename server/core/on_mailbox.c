/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mailboxes: anyone who knows the id leaves a sealed letter, only who knows the
 * read token takes letters out. */
#include "core.h"

#include <string.h>

#include "crypto/hash.h"

enum err
on_leave(struct relay *r,
         struct session *s,
         const struct request *q,
         struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_LEAVE};

    if (!quota_leave(r, s, q->tag, q->leave.letter.len, now))
        return ERR_OK;
    memcpy(op.id, q->leave.mailbox, LIMIT_ID);
    op.expires_hour = retention_base(r, now) + r->config.letter_hours + 1;
    hash_id("pristan record", &q->leave.letter, 1, op.leave.hash);
    if (op_copy(r, s, q->tag, q->leave.letter, &op.leave.bytes))
        op_queue(r, s, q->tag, &op, q->leave.letter.len);
    return ERR_OK;
}

void
leave_answer(struct relay *r,
             struct session *s,
             const struct batch_op *ctx,
             const struct relay_op *op,
             const struct relay_op_result *res)
{
    struct event ev = {.tag = ctx->tag, .kind = EVENT_APPENDED};

    ev.appended.number = res->number;
    ev.appended.duplicate = res->duplicate;
    if (s != NULL) {
        if (res->verdict == RELAY_DONE)
            session_tell(r, s, &ev);
        else
            answer_verdict(r, s, ctx->tag, res->verdict);
    }
    if (res->verdict != RELAY_DONE || res->duplicate)
        return;
    r->counters.letters++;
    watch_push(r, op->id, res->number, RECORD_MESSAGE, op->leave.bytes);
}

enum err
on_empty(struct relay *r,
         struct session *s,
         const struct request *q,
         struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_EMPTY};
    size_t size = q->empty.number_count * sizeof q->empty.numbers[0];
    uint64_t *numbers;

    static_assert((int)RELAY_EMPTY_MAX == (int)REQUEST_EMPTY_MAX, "one limit");
    if (!quota_write(r, s, q->tag, 0, now))
        return ERR_OK;
    tokens_mailbox(q->empty.read_token, op.id);
    numbers = arena_new(&r->batches[r->filling].arena, size);
    if (numbers == NULL) {
        session_refuse(r, s, q->tag, REFUSED_RATE, 1);
        return ERR_OK;
    }
    memcpy(numbers, q->empty.numbers, size);
    op.empty.numbers = numbers;
    op.empty.number_count = q->empty.number_count;
    op_queue(r, s, q->tag, &op, 0);
    return ERR_OK;
}

void
empty_answer(struct relay *r,
             struct session *s,
             const struct batch_op *ctx,
             const struct relay_op *op,
             const struct relay_op_result *res)
{
    struct event ev = {.tag = ctx->tag, .kind = EVENT_DONE};

    (void)op; /* every answer has the same shape */
    if (s == NULL)
        return;
    if (res->verdict == RELAY_DONE)
        session_tell(r, s, &ev);
    else
        answer_verdict(r, s, ctx->tag, res->verdict);
}
