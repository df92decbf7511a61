/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that no honest member makes, signed as one would sign them. */
#ifndef CRAFT_FIXTURE_H
#define CRAFT_FIXTURE_H

#include "group_fixture.h"

#include "lib/mls/message.h"
#include "lib/mls/proposal.h"
#include "lib/mls/public_message.h"

struct craft {
    const struct person *by; /* whose keys sign and protect */
    struct mls_sender sender;
    enum mls_content_type type;
    enum mls_wire_format format;
    struct bytes body;
    struct bytes tag; /* confirmation tag of a commit */
    struct bytes group_id;
    uint64_t epoch;
    size_t padding;
    uint8_t padding_byte;
    const uint32_t *claimed; /* the leaf in the sender data; NULL: sender's */
};

static inline struct craft
craft_begin(const struct person *by)
{
    return (struct craft){
        .by = by,
        .sender = {MLS_SENDER_MEMBER, by->g->own.v},
        .type = MLS_CONTENT_PROPOSAL,
        .format = MLS_WIRE_PUBLIC_MESSAGE,
        .group_id = mls_group_id(by->g),
        .epoch = by->g->epoch,
    };
}

/* Section 6.3 by hand, so that padding may be anything; the reuse guard is
 * zero. */
static inline void
craft_private(const struct craft *c,
              const struct mls_authenticated_content *ac,
              struct buf *out)
{
    struct mls_message_key key;
    struct mls_message_key sender_key;
    struct mls_secret_step step;
    struct buf plain = buf_limited(FIXTURE_BYTES);
    struct buf aad = buf_limited(FIXTURE_BYTES);
    struct buf sender = buf_limited(64);
    struct mls_private_message m = {
        .group_id = c->group_id, .epoch = c->epoch, .type = c->type};
    uint32_t generation;

    assert_ok(mls_secret_tree_next(
        c->by->g->ratchets, (struct mls_leaf_index){c->sender.index},
        c->type == MLS_CONTENT_APPLICATION ? MLS_RATCHET_APPLICATION
                                           : MLS_RATCHET_HANDSHAKE,
        &generation, &key, &step));
    mls_secret_tree_apply(c->by->g->ratchets, &step);
    mls_framed_body_write(c->type, c->body, &plain);
    mls_content_auth_write(c->type, &ac->auth, &plain);
    for (size_t i = 0; i < c->padding; i++)
        buf_u8(&plain, c->padding_byte);
    buf_zero(&plain, AEAD_TAG_LEN);
    buf_opaque(&aad, c->group_id);
    buf_u64(&aad, c->epoch);
    buf_u8(&aad, (uint8_t)c->type);
    buf_u32(&sender, c->claimed != NULL ? *c->claimed : c->sender.index);
    buf_u32(&sender, generation);
    buf_zero(&sender, MLS_REUSE_GUARD_LEN + AEAD_TAG_LEN);

    buf_u8(&aad, 0); /* no authenticated data */
    aead_seal(&key.key, key.nonce, buf_bytes(&aad),
              (struct bytes){plain.b, plain.len - AEAD_TAG_LEN}, plain.b);
    buf_truncate(&aad, aad.len - 1);
    m.ciphertext = buf_bytes(&plain);
    mls_sender_data_key(&c->by->g->secrets.sender_data, m.ciphertext,
                        &sender_key);
    aead_seal(&sender_key.key, sender_key.nonce, buf_bytes(&aad),
              (struct bytes){sender.b, sender.len - AEAD_TAG_LEN}, sender.b);
    m.encrypted_sender_data = buf_bytes(&sender);
    mls_message_begin(out, MLS_WIRE_PRIVATE_MESSAGE);
    mls_private_message_write(&m, out);
    buf_free(&plain);
    buf_free(&aad);
    buf_free(&sender);
}

/* Resets out and writes the message. */
static inline struct bytes
craft_end(const struct craft *c, struct buf *out)
{
    struct mls_authenticated_content ac = {
        .wire_format = c->format,
        .content = {.group_id = c->group_id,
                    .epoch = c->epoch,
                    .sender = c->sender,
                    .type = c->type,
                    .body = c->body},
    };
    struct buf encoded = buf_limited(FIXTURE_BYTES);
    struct mls_public_message m;
    uint8_t signature[SIGN_LEN];
    uint8_t tag[MLS_HASH_LEN];

    buf_reset(out);
    mls_framed_content_write(&ac.content, &encoded);
    ac.encoded = buf_bytes(&encoded);
    assert_ok(mls_authenticated_content_sign(
        &ac, &c->by->who.signature, buf_bytes(&c->by->g->context), signature));
    ac.auth.confirmation_tag = c->tag;
    if (c->format == MLS_WIRE_PRIVATE_MESSAGE) {
        craft_private(c, &ac, out);
    } else {
        assert_ok(mls_membership_tag(&ac, &c->by->g->secrets.membership,
                                     buf_bytes(&c->by->g->context), tag));
        m.ac = ac;
        m.membership_tag = BYTES_OF(tag);
        mls_message_begin(out, MLS_WIRE_PUBLIC_MESSAGE);
        mls_public_message_write(&m, out);
    }
    assert_ok(buf_end(out));
    buf_free(&encoded);
    return buf_bytes(out);
}

/* Takes a public message of a member apart, to be changed and crafted again. */
static inline struct mls_public_message
craft_open(struct bytes message)
{
    struct mls_public_message m;
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(message, &format, &body));
    assert_int_equal(format, MLS_WIRE_PUBLIC_MESSAGE);
    assert_ok(mls_public_message_read(body, &m));
    return m;
}

/* p refuses the message and is as before, which person_refuse() looks at. */
static inline void
refused(const struct person *p, struct bytes message, enum err want)
{
    assert_err(person_refuse(p, message), want);
}

#endif
