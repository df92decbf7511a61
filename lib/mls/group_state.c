/* SPDX-License-Identifier: Apache-2.0 */
/* Storing a group: one blob that changes with the epoch and with waiting
 * proposals, one that changes with every message. */
#include "group_state.h"

#include <string.h>

#include "base/mem.h"
#include "group_context.h"
#include "tree_hash.h"

enum { FRAME_LEN = 1 + 2 + 2, DIGEST_LEN = HASH_LEN };

/* --- the frame ---------------------------------------------------------- */

size_t
mls_state_begin(struct buf *out, enum mls_state_kind kind)
{
    size_t mark = out->len;

    buf_u8(out, (uint8_t)kind);
    buf_u16(out, MLS_STATE_VERSION);
    buf_u16(out, MLS_SUITE);
    return mark;
}

enum err
mls_state_end(struct buf *out, size_t mark)
{
    uint8_t digest[DIGEST_LEN];
    enum err e = buf_end(out);

    if (e == ERR_OK) {
        hash_sha256(bytes_slice(buf_bytes(out), mark, out->len - mark), digest);
        buf_append(out, BYTES_OF(digest));
        e = buf_end(out);
    }
    if (e != ERR_OK && out->len > mark)
        buf_truncate(out, mark);
    return e;
}

enum err
mls_state_open(struct bytes blob,
               enum mls_state_kind kind,
               struct bytes *content)
{
    struct reader r = {.rest = blob};
    uint8_t digest[DIGEST_LEN];
    uint8_t found = reader_u8(&r);
    uint16_t version = reader_u16(&r);
    uint16_t suite = reader_u16(&r);
    size_t body;

    if (reader_check(&r) != ERR_OK || found != kind)
        return ERR_MALFORMED;
    if (version != MLS_STATE_VERSION || suite != MLS_SUITE)
        return ERR_UNSUPPORTED;
    if (r.rest.len < DIGEST_LEN)
        return ERR_MALFORMED;
    body = blob.len - DIGEST_LEN;
    hash_sha256(bytes_slice(blob, 0, body), digest);
    if (!bytes_equal(BYTES_OF(digest), bytes_slice(blob, body, DIGEST_LEN)))
        return ERR_MALFORMED;
    *content = bytes_slice(blob, FRAME_LEN, body - FRAME_LEN);
    return ERR_OK;
}

/* --- writing ------------------------------------------------------------ */

/* A group as it will be stored: g, one more waiting proposal, or without any
 * secret because we were removed. */
struct view {
    const struct mls_group *g;
    const struct mls_pending *more; /* or NULL */
    bool closed;
};

static void
write_pending(const struct mls_pending *p, struct buf *out)
{
    buf_append(out, BYTES_OF(p->ref));
    buf_u8(out, (uint8_t)p->sender.type);
    buf_u32(out, p->sender.index);
    buf_opaque(out, buf_bytes(&p->proposal));
    buf_u8(out, p->has_update_key);
    if (p->has_update_key)
        buf_append(out, BYTES_OF(p->update_key.b));
}

/* All that must be gone once we were removed. */
static void
write_secrets(const struct view *v, struct buf *out)
{
    const struct mls_group *g = v->g;
    const struct mls_epoch_secrets *s = &g->secrets;
    size_t mark;

    buf_append(out, BYTES_OF(g->signature.b));
    buf_append(out, BYTES_OF(s->sender_data.b));
    buf_append(out, BYTES_OF(s->exporter.b));
    buf_append(out, BYTES_OF(s->external.b));
    buf_append(out, BYTES_OF(s->confirmation.b));
    buf_append(out, BYTES_OF(s->membership.b));
    buf_append(out, BYTES_OF(s->resumption.b));
    buf_append(out, BYTES_OF(s->authenticator.b));
    buf_append(out, BYTES_OF(s->init.b));
    mls_tree_keys_write(&g->keys, out);
    mark = buf_vector_begin(out);
    for (size_t i = 0; i < g->past_count; i++) {
        buf_u64(out, g->past[i].epoch);
        buf_append(out, BYTES_OF(g->past[i].psk.b));
    }
    buf_vector_end(out, mark);
    mark = buf_vector_begin(out);
    for (const struct mls_pending *p = g->pending; p != NULL; p = p->next)
        write_pending(p, out);
    if (v->more != NULL)
        write_pending(v->more, out);
    buf_vector_end(out, mark);
    if (g->closed)
        buf_opaque(out, buf_bytes(&g->reinit));
}

static enum err
save_epoch(const struct view *v, struct buf *out)
{
    const struct mls_group *g = v->g;
    size_t mark = mls_state_begin(out, MLS_STATE_EPOCH);
    bool secrets = !v->closed;
    size_t tree;

    buf_opaque(out, buf_bytes(&g->id));
    buf_u64(out, g->epoch);
    buf_opaque(out, (struct bytes){g->confirmed, g->confirmed_len});
    buf_append(out, BYTES_OF(g->interim));
    buf_append(out, BYTES_OF(g->confirmation_tag));
    buf_append(out, BYTES_OF(g->tree_hash));
    buf_opaque(out, buf_bytes(&g->extensions));
    tree = buf_vector_begin(out);
    mls_tree_write(g->tree, out);
    buf_vector_end(out, tree);
    buf_u32(out, g->own.v);
    buf_u8(out, v->closed || g->closed);
    /* A group that ended with a ReInit keeps its secrets: its successor needs
     * the resumption_psk. */
    if (g->closed && g->ratchets == NULL)
        secrets = false;
    buf_u8(out, secrets);
    if (secrets)
        write_secrets(v, out);
    return mls_state_end(out, mark);
}

/* What ties the two blobs together: the epoch, and who of its members. With the
 * ratchets of another our generations would be used twice. */
static void
epoch_id(const struct mls_group *g, uint8_t out[static MLS_HASH_LEN])
{
    const uint8_t own[] = {
        (uint8_t)(g->own.v >> 24 & 0xff), (uint8_t)(g->own.v >> 16 & 0xff),
        (uint8_t)(g->own.v >> 8 & 0xff), (uint8_t)(g->own.v & 0xff)};
    const struct bytes parts[] = {buf_bytes(&g->context), BYTES_OF(own)};

    hash_hmac_parts(BYTES_OF(g->confirmation_tag), parts,
                    sizeof parts / sizeof parts[0], out);
}

static enum err
save_messages(const struct mls_group *g,
              const struct mls_secret_step *step,
              bool closed,
              struct buf *out)
{
    size_t mark = mls_state_begin(out, MLS_STATE_MESSAGES);
    bool secrets = !closed && g->ratchets != NULL;
    uint8_t id[MLS_HASH_LEN];

    epoch_id(g, id);
    buf_append(out, BYTES_OF(id));
    buf_u8(out, secrets);
    if (secrets)
        mls_secret_tree_write(g->ratchets, step, out);
    return mls_state_end(out, mark);
}

enum err
mls_group_save_epoch(const struct mls_group *g, struct buf *out)
{
    return save_epoch(&(struct view){.g = g}, out);
}

enum err
mls_group_save_messages(const struct mls_group *g, struct buf *out)
{
    return save_messages(g, NULL, false, out);
}

enum err
mls_staged_save_epoch(const struct mls_staged *s,
                      const struct mls_group *g,
                      struct buf *out)
{
    struct view v = {.g = g};

    if (s->kind == MLS_STAGED_PROPOSAL)
        v.more = s->pending;
    if (s->kind == MLS_STAGED_COMMIT)
        v.g = s->next;
    v.closed = s->kind == MLS_STAGED_REMOVED;
    return save_epoch(&v, out);
}

enum err
mls_staged_save_messages(const struct mls_staged *s,
                         const struct mls_group *g,
                         struct buf *out)
{
    switch (s->kind) {
    case MLS_STAGED_APPLICATION:
    case MLS_STAGED_PROPOSAL:
    case MLS_STAGED_SENT:
        return save_messages(g, &s->step, false, out);
    case MLS_STAGED_COMMIT:
        return save_messages(s->next, NULL, false, out);
    case MLS_STAGED_REMOVED:
        return save_messages(g, NULL, true, out);
    case MLS_STAGED_LOCKED_OUT:
        break;
    }
    return save_messages(g, NULL, false, out); /* nothing will change */
}

/* --- reading ------------------------------------------------------------ */

static enum err
read_pending(struct reader *r, struct mls_group *g)
{
    struct mls_sender sender;
    struct mls_proposal_item item;
    struct mls_pending *p = NULL;
    uint8_t ref[MLS_HASH_LEN];
    struct bytes proposal;
    uint8_t type;
    enum err e;

    reader_copy(r, ref, sizeof ref);
    type = reader_u8(r);
    sender.type = (enum mls_sender_type)type;
    sender.index = reader_u32(r);
    proposal = reader_opaque(r);
    if (type < MLS_SENDER_MEMBER || type > MLS_SENDER_NEW_MEMBER_COMMIT ||
        reader_check(r) != ERR_OK)
        return ERR_MALFORMED;
    e = mls_pending_new(proposal, sender, &p);
    if (e != ERR_OK)
        return e;
    memcpy(p->ref, ref, sizeof ref);
    p->has_update_key = reader_optional(r);
    if (p->has_update_key)
        reader_copy(r, p->update_key.b, sizeof p->update_key.b);
    e = reader_check(r);
    if (e == ERR_OK)
        e = mls_pending_item(p, &item);
    if (e != ERR_OK) {
        mls_pending_free(p);
        return e;
    }
    mls_pending_add(g, p);
    return ERR_OK;
}

static enum err
read_past(struct bytes in, struct mls_group *g)
{
    struct reader r = {.rest = in};

    while (reader_more(&r)) {
        if (g->past_count == MLS_RESUMPTION_KEPT)
            return ERR_MALFORMED;
        g->past[g->past_count].epoch = reader_u64(&r);
        reader_copy(&r, g->past[g->past_count].psk.b, MLS_HASH_LEN);
        g->past_count++;
    }
    return reader_end(&r);
}

static enum err
read_reinit(struct reader *r, struct mls_group *g)
{
    struct mls_proposal p;
    enum err e = mls_proposal_parse(reader_opaque(r), &p);

    if (e == ERR_OK)
        e = reader_check(r);
    if (e == ERR_OK && p.type != MLS_PROPOSAL_REINIT)
        e = ERR_MALFORMED;
    return e == ERR_OK ? mls_group_end(g, &p.u.reinit) : e;
}

static enum err
read_secrets(struct reader *r, struct mls_group *g)
{
    struct mls_epoch_secrets *s = &g->secrets;
    struct reader pending = {0};
    struct bytes past;
    enum err e;

    reader_copy(r, g->signature.b, sizeof g->signature.b);
    reader_copy(r, s->sender_data.b, MLS_HASH_LEN);
    reader_copy(r, s->exporter.b, MLS_HASH_LEN);
    reader_copy(r, s->external.b, MLS_HASH_LEN);
    reader_copy(r, s->confirmation.b, MLS_HASH_LEN);
    reader_copy(r, s->membership.b, MLS_HASH_LEN);
    reader_copy(r, s->resumption.b, MLS_HASH_LEN);
    reader_copy(r, s->authenticator.b, MLS_HASH_LEN);
    reader_copy(r, s->init.b, MLS_HASH_LEN);
    e = mls_tree_keys_read(r, g->tree, &g->keys);
    if (e != ERR_OK)
        return e;
    past = reader_opaque(r);
    pending.rest = reader_opaque(r);
    e = reader_check(r);
    if (e == ERR_OK)
        e = read_past(past, g);
    while (e == ERR_OK && reader_more(&pending))
        e = read_pending(&pending, g);
    if (e == ERR_OK && g->keys.leaf.v != g->own.v)
        e = ERR_MALFORMED;
    return e == ERR_OK && g->closed ? read_reinit(r, g) : e;
}

/* The tree is taken as it was when it was judged; only its hash is made anew.
 */
static enum err
read_tree(struct bytes in, struct mls_group *g)
{
    uint8_t hash[MLS_HASH_LEN];
    enum err e = mls_tree_read(in, &g->tree);

    if (e == ERR_OK)
        e = mls_tree_hash_root(g->tree, hash);
    if (e == ERR_OK && !bytes_equal(BYTES_OF(hash), BYTES_OF(g->tree_hash)))
        e = ERR_MALFORMED;
    return e;
}

static enum err
read_epoch(struct bytes content, struct mls_group *g, bool *secrets)
{
    struct reader r = {.rest = content};
    struct bytes confirmed;
    struct bytes tree;
    enum err e;

    buf_append(&g->id, reader_opaque(&r));
    g->epoch = reader_u64(&r);
    confirmed = reader_opaque(&r);
    reader_copy(&r, g->interim, sizeof g->interim);
    reader_copy(&r, g->confirmation_tag, sizeof g->confirmation_tag);
    reader_copy(&r, g->tree_hash, sizeof g->tree_hash);
    buf_append(&g->extensions, reader_opaque(&r));
    tree = reader_opaque(&r);
    g->own.v = reader_u32(&r);
    g->closed = reader_optional(&r);
    *secrets = reader_optional(&r);
    if (reader_check(&r) != ERR_OK ||
        (confirmed.len != 0 && confirmed.len != MLS_HASH_LEN))
        return ERR_MALFORMED;
    if (confirmed.len > 0)
        memcpy(g->confirmed, confirmed.b, confirmed.len);
    g->confirmed_len = confirmed.len;
    if (buf_end(&g->id) != ERR_OK || buf_end(&g->extensions) != ERR_OK)
        return ERR_MEMORY;
    e = read_tree(tree, g);
    if (e == ERR_OK && *secrets)
        e = read_secrets(&r, g);
    if (e == ERR_OK && !*secrets && !g->closed)
        e = ERR_MALFORMED;
    return e == ERR_OK ? reader_end(&r) : e;
}

static enum err
read_messages(struct bytes content, bool secrets, struct mls_group *g)
{
    struct reader r = {.rest = content};
    uint8_t expected[MLS_HASH_LEN];
    uint8_t id[MLS_HASH_LEN];
    enum err e;

    epoch_id(g, expected);
    reader_copy(&r, id, sizeof id);
    if (reader_optional(&r) != secrets ||
        !bytes_equal(BYTES_OF(id), BYTES_OF(expected)))
        return ERR_MALFORMED;
    if (secrets) {
        e = mls_secret_tree_read(&r, &g->ratchets);
        if (e != ERR_OK)
            return e;
        if (g->ratchets->leaf_count != mls_tree_leaf_count(g->tree))
            return ERR_MALFORMED;
    }
    return reader_end(&r);
}

enum err
mls_group_load(struct bytes epoch,
               struct bytes messages,
               struct mls_group **out)
{
    struct mls_group *g;
    struct bytes epoch_content;
    struct bytes messages_content;
    bool secrets = false;
    enum err e = mls_state_open(epoch, MLS_STATE_EPOCH, &epoch_content);

    if (e == ERR_OK)
        e = mls_state_open(messages, MLS_STATE_MESSAGES, &messages_content);
    if (e != ERR_OK)
        return e;
    g = mls_epoch_empty();
    if (g == NULL)
        return ERR_MEMORY;
    e = read_epoch(epoch_content, g, &secrets);
    if (e == ERR_OK)
        e = mls_epoch_encode_context(g);
    if (e == ERR_OK)
        e = read_messages(messages_content, secrets, g);
    if (e != ERR_OK) {
        mls_group_free(g);
        return e;
    }
    *out = g;
    return ERR_OK;
}
