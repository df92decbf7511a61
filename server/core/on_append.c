/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A record into a channel. Whether it is a duplicate, holds the commit slot and
 * fits is the store's to judge; here it is only made into an operation. */
#include "core.h"

#include "crypto/hash.h"

static_assert((int)RELAY_MESSAGE == (int)RECORD_MESSAGE, "one numbering");
static_assert((int)RELAY_COMMIT == (int)RECORD_COMMIT, "one numbering");

/* A batch that is full is a matter of milliseconds. */
enum { SOON_S = 1 };

bool
op_copy(struct relay *r,
        struct session *s,
        uint32_t tag,
        struct bytes in,
        struct bytes *out)
{
    if (arena_copy(&r->batches[r->filling].arena, in, out) == ERR_OK)
        return true;
    session_refuse(r, s, tag, REFUSED_RATE, SOON_S);
    return false;
}

void
op_queue(struct relay *r,
         struct session *s,
         uint32_t tag,
         const struct relay_op *op,
         size_t len)
{
    struct batch_op ctx = {.session = s->id, .tag = tag, .len = (uint32_t)len};

    if (s->ops_under_way == UINT16_MAX ||
        batch_add_op(&r->batches[r->filling], op, &ctx) != ERR_OK) {
        session_refuse(r, s, tag, REFUSED_RATE, SOON_S);
        return;
    }
    s->ops_under_way++;
    s->bytes_under_way += ctx.len;
}

enum err
on_append(struct relay *r,
          struct session *s,
          const struct request *q,
          struct relay_now now)
{
    struct relay_op op = {.kind = RELAY_OP_APPEND};
    uint32_t hours = q->append.kind == RECORD_COMMIT ? r->config.commit_hours
                                                     : r->config.message_hours;
    uint32_t base = retention_base(r, now);

    if (!quota_write(r, s, q->tag, q->append.record.len, now))
        return ERR_OK;
    if (q->append.kind == RECORD_COMMIT && !quota_commit(r, s, q->tag, now))
        return ERR_OK;
    tokens_writer(q->append.write_token, q->append.read_hash, op.id);
    op.expires_hour = base + hours + 1;
    op.append.kind = (enum relay_record_kind)q->append.kind;
    op.append.expect_commits = q->append.expect_commits;
    op.append.stub_hour = base + r->config.stub_hours + 1;
    if (op.append.stub_hour < op.expires_hour)
        op.append.stub_hour = op.expires_hour;
    hash_id("pristan record", &q->append.record, 1, op.append.hash);
    if (op_copy(r, s, q->tag, q->append.record, &op.append.bytes))
        op_queue(r, s, q->tag, &op, q->append.record.len);
    return ERR_OK;
}

void
answer_verdict(struct relay *r,
               struct session *s,
               uint32_t tag,
               enum relay_verdict v)
{
    static const enum refusal refusals[] = {
        [RELAY_DIFFERS] = REFUSED_INVALID,
        [RELAY_FULL] = REFUSED_FULL,
        [RELAY_STORAGE] = REFUSED_STORAGE,
        [RELAY_OLD] = REFUSED_OLD,
        [RELAY_NOT_FOUND] = REFUSED_NOT_FOUND,
        [RELAY_DAMAGED] = REFUSED_STORAGE,
    };

    assert(v != RELAY_DONE && v != RELAY_CONFLICT);
    session_refuse(r, s, tag, refusals[v], 0);
}

void
append_answer(struct relay *r,
              struct session *s,
              const struct batch_op *ctx,
              const struct relay_op *op,
              const struct relay_op_result *res)
{
    struct event ev = {.tag = ctx->tag, .kind = EVENT_APPENDED};

    ev.appended.number = res->number;
    ev.appended.duplicate = res->duplicate;
    if (res->verdict == RELAY_CONFLICT) {
        ev.kind = EVENT_CONFLICT;
        ev.conflict.commits = res->commits;
        ev.conflict.last = res->last;
    }
    if (s != NULL) {
        if (res->verdict == RELAY_DONE || res->verdict == RELAY_CONFLICT)
            session_tell(r, s, &ev);
        else
            answer_verdict(r, s, ctx->tag, res->verdict);
    }
    if (res->verdict != RELAY_DONE || res->duplicate)
        return;
    r->counters.appended++;
    watch_push(r, op->id, res->number, (enum record_kind)op->append.kind,
               op->append.bytes);
}
