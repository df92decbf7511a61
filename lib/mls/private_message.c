/* SPDX-License-Identifier: Apache-2.0 */
/* PrivateMessage (RFC 9420 section 6.3). */
#include "private_message.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "group_context.h"
#include "message.h"

enum { SENDER_DATA_LEN = 4 + 4 + MLS_REUSE_GUARD_LEN };

enum err
mls_private_message_read(struct bytes in, struct mls_private_message *out)
{
    struct reader r = {.rest = in};

    out->group_id = reader_opaque(&r);
    out->epoch = reader_u64(&r);
    out->type = mls_content_type_read(&r);
    out->authenticated_data = reader_opaque(&r);
    out->encrypted_sender_data = reader_opaque(&r);
    out->ciphertext = reader_opaque(&r);
    return reader_end(&r);
}

void
mls_private_message_write(const struct mls_private_message *m, struct buf *out)
{
    buf_opaque(out, m->group_id);
    buf_u64(out, m->epoch);
    buf_u8(out, (uint8_t)m->type);
    buf_opaque(out, m->authenticated_data);
    buf_opaque(out, m->encrypted_sender_data);
    buf_opaque(out, m->ciphertext);
}

/* SenderDataAAD (6.3.2); with authenticated data PrivateContentAAD (6.3.1) */
static void
write_aad(const struct mls_private_message *m, bool content, struct buf *out)
{
    buf_opaque(out, m->group_id);
    buf_u64(out, m->epoch);
    buf_u8(out, (uint8_t)m->type);
    if (content)
        buf_opaque(out, m->authenticated_data);
}

void
mls_sender_data_key(const struct mls_secret *sender_data,
                    struct bytes ciphertext,
                    struct mls_message_key *out)
{
    struct bytes sample = bytes_slice(ciphertext, 0, MLS_SENDER_DATA_SAMPLE);

    mls_expand_small(sender_data, "key", sample, out->key.b, sizeof out->key.b);
    mls_expand_small(sender_data, "nonce", sample, out->nonce,
                     sizeof out->nonce);
}

enum err
mls_private_message_open_sender(const struct mls_private_message *m,
                                const struct mls_secret *sender_data,
                                struct mls_sender_data *out)
{
    struct buf aad = buf_limited(MLS_LIMIT_BYTES);
    struct mls_message_key key = {0};
    uint8_t plain[SENDER_DATA_LEN] = {0};
    struct reader r = {.rest = BYTES_OF(plain)};
    enum err e;

    if (m->encrypted_sender_data.len != SENDER_DATA_LEN + AEAD_TAG_LEN)
        return ERR_MALFORMED;
    write_aad(m, false, &aad);
    e = buf_end(&aad);
    if (e != ERR_OK)
        goto out;
    mls_sender_data_key(sender_data, m->ciphertext, &key);
    e = aead_open(&key.key, key.nonce, buf_bytes(&aad),
                  m->encrypted_sender_data, plain);
    if (e != ERR_OK)
        goto out;
    out->leaf.v = reader_u32(&r);
    out->generation = reader_u32(&r);
    reader_copy(&r, out->reuse_guard, sizeof out->reuse_guard);
    e = reader_end(&r);
out:
    mls_message_key_wipe(&key);
    mem_wipe(plain, sizeof plain);
    buf_free(&aad);
    return e;
}

/* The nonce of one message: the generation's with the guard XORed in. */
static void
guarded_nonce(const struct mls_message_key *key,
              const uint8_t guard[static MLS_REUSE_GUARD_LEN],
              uint8_t out[static AEAD_NONCE_LEN])
{
    memcpy(out, key->nonce, AEAD_NONCE_LEN);
    for (size_t i = 0; i < MLS_REUSE_GUARD_LEN; i++)
        out[i] ^= guard[i];
}

/* PrivateMessageContent from opened: body and auth; padding must be zero. */
static enum err
read_content(struct bytes opened,
             enum mls_content_type type,
             struct mls_authenticated_content *out)
{
    struct reader r = {.rest = opened};

    mls_framed_body_read(&r, type, &out->content.body);
    mls_content_auth_read(&r, type, &out->auth);
    if (reader_check(&r) != ERR_OK || !bytes_all_zero(r.rest))
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err
mls_private_message_open(const struct mls_private_message *m,
                         const struct mls_sender_data *sender,
                         const struct mls_message_key *key,
                         struct buf *plain,
                         struct mls_authenticated_content *out)
{
    struct buf aad = buf_limited(MLS_LIMIT_BYTES);
    uint8_t nonce[AEAD_NONCE_LEN];
    size_t opened_len;
    size_t front;
    uint8_t *space;
    enum err e = ERR_AUTH;

    buf_reset(plain);
    if (m->ciphertext.len < AEAD_TAG_LEN)
        goto out;
    opened_len = m->ciphertext.len - AEAD_TAG_LEN;
    write_aad(m, true, &aad);
    e = buf_end(&aad);
    if (e != ERR_OK)
        goto out;
    /* Behind the opened bytes there is room for the FramedContent, which is
     * made from them: no growth may move what out borrows. */
    e = buf_reserve(plain, 2 * opened_len + aad.len + 16);
    if (e != ERR_OK)
        goto out;
    space = buf_space(plain, opened_len);
    e = buf_end(plain);
    if (e != ERR_OK)
        goto out;
    guarded_nonce(key, sender->reuse_guard, nonce);
    e = aead_open(&key->key, nonce, buf_bytes(&aad), m->ciphertext, space);
    if (e != ERR_OK)
        goto out;

    *out = (struct mls_authenticated_content){.wire_format =
                                                  MLS_WIRE_PRIVATE_MESSAGE};
    out->content.group_id = m->group_id;
    out->content.epoch = m->epoch;
    out->content.sender =
        (struct mls_sender){MLS_SENDER_MEMBER, sender->leaf.v};
    out->content.authenticated_data = m->authenticated_data;
    out->content.type = m->type;
    e = read_content(bytes_slice(buf_bytes(plain), 0, opened_len), m->type,
                     out);
    if (e != ERR_OK)
        goto out;
    front = plain->len;
    mls_framed_content_write(&out->content, plain);
    e = buf_end(plain);
    if (e == ERR_OK)
        out->encoded = bytes_slice(buf_bytes(plain), front, plain->len - front);
out:
    buf_free(&aad);
    return e;
}

/* Seals the content into m->ciphertext, which then borrows from sealed. */
static enum err
seal_content(const struct mls_authenticated_content *ac,
             const struct mls_private_seal *how,
             const uint8_t guard[static MLS_REUSE_GUARD_LEN],
             struct mls_private_message *m,
             struct buf *sealed)
{
    struct buf aad = buf_limited(MLS_LIMIT_BYTES);
    uint8_t nonce[AEAD_NONCE_LEN];
    size_t auth = ac->auth.signature.len + ac->auth.confirmation_tag.len + 12;
    enum err e;

    e = buf_reserve(sealed,
                    ac->content.body.len + auth + how->padding + AEAD_TAG_LEN);
    if (e != ERR_OK)
        goto out;
    mls_framed_body_write(ac->content.type, ac->content.body, sealed);
    mls_content_auth_write(ac->content.type, &ac->auth, sealed);
    buf_zero(sealed, how->padding);
    buf_zero(sealed, AEAD_TAG_LEN);
    write_aad(m, true, &aad);
    e = buf_end(sealed) != ERR_OK ? buf_end(sealed) : buf_end(&aad);
    if (e != ERR_OK)
        goto out;
    guarded_nonce(how->key, guard, nonce);
    aead_seal(&how->key->key, nonce, buf_bytes(&aad),
              (struct bytes){sealed->b, sealed->len - AEAD_TAG_LEN}, sealed->b);
    m->ciphertext = buf_bytes(sealed);
out:
    buf_free(&aad);
    return e;
}

/* Seals the sender data; the ciphertext must be there, it gives the key. */
static enum err
seal_sender(const struct mls_private_seal *how,
            const struct mls_sender *sender,
            const uint8_t guard[static MLS_REUSE_GUARD_LEN],
            const struct mls_private_message *m,
            uint8_t out[static SENDER_DATA_LEN + AEAD_TAG_LEN])
{
    struct buf aad = buf_limited(MLS_LIMIT_BYTES);
    struct mls_message_key key = {0};
    uint8_t plain[SENDER_DATA_LEN] = {
        (uint8_t)(sender->index >> 24),   (uint8_t)(sender->index >> 16),
        (uint8_t)(sender->index >> 8),    (uint8_t)sender->index,
        (uint8_t)(how->generation >> 24), (uint8_t)(how->generation >> 16),
        (uint8_t)(how->generation >> 8),  (uint8_t)how->generation};
    enum err e;

    memcpy(plain + 8, guard, MLS_REUSE_GUARD_LEN);
    write_aad(m, false, &aad);
    e = buf_end(&aad);
    if (e == ERR_OK) {
        mls_sender_data_key(how->sender_data, m->ciphertext, &key);
        aead_seal(&key.key, key.nonce, buf_bytes(&aad), BYTES_OF(plain), out);
    }
    mls_message_key_wipe(&key);
    buf_free(&aad);
    return e;
}

enum err
mls_private_message_protect(const struct mls_authenticated_content *ac,
                            const struct mls_private_seal *how,
                            struct buf *out)
{
    struct buf sealed = buf_limited(MLS_LIMIT_BYTES);
    uint8_t sender_data[SENDER_DATA_LEN + AEAD_TAG_LEN];
    uint8_t guard[MLS_REUSE_GUARD_LEN];
    struct mls_private_message m = {
        .group_id = ac->content.group_id,
        .epoch = ac->content.epoch,
        .type = ac->content.type,
        .authenticated_data = ac->content.authenticated_data,
    };
    enum err e;

    if (ac->content.sender.type != MLS_SENDER_MEMBER ||
        ac->wire_format != MLS_WIRE_PRIVATE_MESSAGE)
        return ERR_USE;
    if (how->padding > MLS_LIMIT_BYTES)
        return ERR_TOO_LARGE;
    random_bytes(guard, sizeof guard);
    e = seal_content(ac, how, guard, &m, &sealed);
    if (e != ERR_OK)
        goto out;
    e = seal_sender(how, &ac->content.sender, guard, &m, sender_data);
    if (e != ERR_OK)
        goto out;
    m.encrypted_sender_data = BYTES_OF(sender_data);
    mls_message_begin(out, MLS_WIRE_PRIVATE_MESSAGE);
    mls_private_message_write(&m, out);
    e = buf_end(out);
out:
    buf_free(&sealed);
    return e;
}
