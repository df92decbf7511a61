/* SPDX-License-Identifier: Apache-2.0 */
/* Storing a commit of ours until the log has decided:
 *
 *   u16 wire format, opaque authenticated_data<V>
 *   opaque epoch<V>, opaque messages<V>      the blobs of the next epoch
 *   vec { u8 type, u8 by_reference, u32 proposer, u32 leaf, opaque credential }
 *
 * The next epoch keeps the resumption_psk of the one that it was made in: that
 * tells whether the two belong together. */
#include "group_state.h"

#include "crypto/secret.h"
#include "group_context.h"

static void
write_change(const struct mls_staged_item *item, struct buf *out)
{
    buf_u8(out, (uint8_t)item->change.type);
    buf_u8(out, item->change.by_reference);
    buf_u32(out, item->change.proposer.v);
    buf_u32(out, item->change.leaf.v);
    buf_opaque(out, buf_bytes(&item->credential));
}

static void
write_content(const struct mls_staged *s,
              struct bytes epoch,
              struct bytes messages,
              struct buf *out)
{
    size_t mark;

    buf_u16(out, (uint16_t)s->wire_format);
    buf_opaque(out, buf_bytes(&s->authenticated_data));
    buf_opaque(out, epoch);
    buf_opaque(out, messages);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < s->item_count; i++)
        write_change(&s->items[i], out);
    buf_vector_end(out, mark);
}

enum err
mls_staged_save_pending(const struct mls_staged *s, struct buf *out)
{
    struct buf epoch = buf_limited(MLS_LIMIT_BYTES);
    struct buf messages = buf_limited(MLS_LIMIT_BYTES);
    size_t mark;
    enum err e = ERR_USE;

    if (s->kind != MLS_STAGED_COMMIT || s->sender.type != MLS_SENDER_MEMBER ||
        s->sender.index != s->next->own.v) /* not ours */
        goto out;
    e = mls_group_save_epoch(s->next, &epoch);
    if (e == ERR_OK)
        e = mls_group_save_messages(s->next, &messages);
    if (e != ERR_OK)
        goto out;
    mark = mls_state_begin(out, MLS_STATE_PENDING);
    write_content(s, buf_bytes(&epoch), buf_bytes(&messages), out);
    e = mls_state_end(out, mark);
out:
    buf_free(&epoch);
    buf_free(&messages);
    return e;
}

static size_t
count_changes(struct bytes in)
{
    struct reader r = {.rest = in};
    size_t count = 0;

    while (reader_more(&r)) {
        reader_take(&r, 1 + 1 + 4 + 4);
        reader_opaque(&r);
        count++;
    }
    return count;
}

static enum err
read_changes(struct bytes in, struct mls_staged *s)
{
    struct reader r = {.rest = in};
    enum err e = mls_staged_reserve_items(s, count_changes(in));

    for (size_t i = 0; e == ERR_OK && i < s->item_count; i++) {
        struct mls_change c;
        uint8_t type = reader_u8(&r);

        if (type < MLS_PROPOSAL_ADD ||
            type > MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS)
            reader_fail(&r);
        c.type = (enum mls_proposal_type)type;
        c.by_reference = reader_optional(&r);
        c.proposer.v = reader_u32(&r);
        c.leaf.v = reader_u32(&r);
        c.credential = reader_opaque(&r);
        e = reader_check(&r);
        if (e == ERR_OK)
            e = mls_staged_set_item(s, i, c);
    }
    return e == ERR_OK ? reader_end(&r) : e;
}

/* True when next was made from g's epoch, by the same member. */
static bool
follows(const struct mls_group *g, const struct mls_group *next)
{
    const struct mls_resumption *last;

    if (next->past_count == 0 || next->epoch != g->epoch + 1 ||
        next->own.v != g->own.v ||
        !bytes_equal(buf_bytes(&g->id), buf_bytes(&next->id)))
        return false;
    last = &next->past[next->past_count - 1];
    return last->epoch == g->epoch &&
           secret_equal(BYTES_OF(last->psk.b),
                        BYTES_OF(g->secrets.resumption.b));
}

static enum err
read_content(const struct mls_group *g,
             struct bytes content,
             struct mls_staged *s)
{
    struct reader r = {.rest = content};
    struct bytes epoch;
    struct bytes messages;
    struct bytes changes;
    uint16_t format;
    enum err e;

    format = reader_u16(&r);
    if (format != MLS_WIRE_PUBLIC_MESSAGE && format != MLS_WIRE_PRIVATE_MESSAGE)
        reader_fail(&r);
    s->wire_format = (enum mls_wire_format)format;
    buf_append(&s->authenticated_data, reader_opaque(&r));
    epoch = reader_opaque(&r);
    messages = reader_opaque(&r);
    changes = reader_opaque(&r);
    e = reader_end(&r);
    if (e != ERR_OK)
        return e;
    e = buf_end(&s->authenticated_data);
    if (e == ERR_OK)
        e = mls_group_load(epoch, messages, &s->next);
    if (e != ERR_OK)
        return e;
    if (!follows(g, s->next))
        return ERR_EPOCH;
    s->sender = (struct mls_sender){MLS_SENDER_MEMBER, s->next->own.v};
    return read_changes(changes, s);
}

enum err
mls_staged_load_pending(const struct mls_group *g,
                        struct bytes blob,
                        struct mls_staged **out)
{
    struct mls_staged *s;
    struct bytes content;
    enum err e = mls_state_open(blob, MLS_STATE_PENDING, &content);

    if (e != ERR_OK)
        return e;
    s = mls_staged_new(g, MLS_STAGED_COMMIT);
    if (s == NULL)
        return ERR_MEMORY;
    e = read_content(g, content, s);
    if (e != ERR_OK) {
        mls_staged_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}
