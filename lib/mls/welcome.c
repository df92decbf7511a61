/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a Welcome and their encryption (RFC 9420 section
 * 12.4.3.1). */
#include "welcome.h"

#include <string.h>

#include "key_schedule.h"
#include "message.h"

bool
mls_welcome_next(struct reader *secrets,
                 struct mls_encrypted_group_secrets *out)
{
    if (!reader_more(secrets))
        return false;
    out->new_member = reader_opaque(secrets);
    out->ciphertext.kem_output = reader_opaque(secrets);
    out->ciphertext.ciphertext = reader_opaque(secrets);
    return reader_check(secrets) == ERR_OK;
}

enum err
mls_welcome_read(struct bytes in, struct mls_welcome *out)
{
    struct reader r = {.rest = in};
    struct reader entries = {0};
    struct mls_encrypted_group_secrets entry;

    out->cipher_suite = reader_u16(&r);
    out->secrets = reader_opaque(&r);
    out->encrypted_group_info = reader_opaque(&r);
    entries.rest = out->secrets;
    while (mls_welcome_next(&entries, &entry))
        ;
    if (reader_end(&entries) != ERR_OK)
        reader_fail(&r);
    return reader_end(&r);
}

void
mls_welcome_write(const struct mls_welcome *w, struct buf *out)
{
    buf_u16(out, w->cipher_suite);
    buf_opaque(out, w->secrets);
    buf_opaque(out, w->encrypted_group_info);
}

enum err
mls_welcome_find(const struct mls_welcome *w,
                 const uint8_t ref[static MLS_HASH_LEN],
                 struct mls_encrypted_group_secrets *out)
{
    struct reader entries = {.rest = w->secrets};
    struct bytes wanted = {ref, MLS_HASH_LEN};
    struct mls_encrypted_group_secrets entry;
    bool found = false;

    while (mls_welcome_next(&entries, &entry)) {
        if (!bytes_equal(entry.new_member, wanted))
            continue;
        if (found)
            return ERR_MALFORMED;
        *out = entry;
        found = true;
    }
    return found ? ERR_OK : ERR_NOT_FOUND;
}

enum err
mls_group_secrets_read(struct bytes in, struct mls_group_secrets *out)
{
    struct reader r = {.rest = in};
    struct reader psks = {0};
    struct mls_psk_id psk;

    *out = (struct mls_group_secrets){0};
    out->joiner_secret = reader_opaque(&r);
    out->has_path_secret = reader_optional(&r);
    if (out->has_path_secret)
        out->path_secret = reader_opaque(&r);
    out->psks = reader_opaque(&r);
    psks.rest = out->psks;
    while (reader_more(&psks))
        mls_psk_id_read(&psks, &psk);
    if (reader_end(&psks) != ERR_OK || out->joiner_secret.len != MLS_HASH_LEN ||
        (out->has_path_secret && out->path_secret.len != MLS_HASH_LEN))
        reader_fail(&r);
    return reader_end(&r);
}

void
mls_group_secrets_write(const struct mls_group_secrets *s, struct buf *out)
{
    buf_opaque(out, s->joiner_secret);
    buf_u8(out, s->has_path_secret);
    if (s->has_path_secret)
        buf_opaque(out, s->path_secret);
    buf_opaque(out, s->psks);
}

/* The encrypted GroupInfo. */
static enum err
seal_info(const struct mls_welcome_plan *plan, struct buf *out)
{
    struct aead_key key = {0};
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t *space = buf_space(out, plan->group_info.len + AEAD_TAG_LEN);
    enum err e = buf_end(out);

    if (e != ERR_OK)
        return e;
    mls_key_schedule_welcome_key(plan->welcome, &key, nonce);
    aead_seal(&key, nonce, (struct bytes){0}, plan->group_info, space);
    aead_key_wipe(&key);
    return ERR_OK;
}

/* Appends one EncryptedGroupSecrets. */
static enum err
seal_secrets(const struct mls_welcome_plan *plan,
             const struct mls_welcome_member *member,
             const struct mls_encrypt_context *context,
             struct buf *out)
{
    struct mls_group_secrets secrets = {
        .joiner_secret = BYTES_OF(plan->joiner->b),
        .psks = plan->psks,
    };
    struct buf plain = buf_limited(MLS_LIMIT_BYTES);
    enum err e;

    if (member->path_secret != NULL) {
        secrets.has_path_secret = true;
        secrets.path_secret = BYTES_OF(member->path_secret->b);
    }
    mls_group_secrets_write(&secrets, &plain);
    e = buf_end(&plain);
    if (e == ERR_OK) {
        buf_opaque(out, BYTES_OF(member->ref));
        e = mls_encrypt_to(&member->init_key, context, buf_bytes(&plain), out);
    }
    buf_free(&plain);
    return e;
}

enum err
mls_welcome_make(const struct mls_welcome_plan *plan, struct buf *out)
{
    struct buf info = buf_limited(MLS_LIMIT_BYTES);
    struct buf secrets = buf_limited(MLS_LIMIT_BYTES);
    struct mls_welcome w = {.cipher_suite = MLS_SUITE};
    struct mls_encrypt_context context;
    enum err e;

    e = seal_info(plan, &info);
    if (e == ERR_OK)
        e = mls_encrypt_context_make("Welcome", buf_bytes(&info), &context);
    for (size_t i = 0; e == ERR_OK && i < plan->member_count; i++)
        e = seal_secrets(plan, &plan->members[i], &context, &secrets);
    if (e != ERR_OK)
        goto out;
    w.secrets = buf_bytes(&secrets);
    w.encrypted_group_info = buf_bytes(&info);
    mls_message_begin(out, MLS_WIRE_WELCOME);
    mls_welcome_write(&w, out);
    e = buf_end(out);
out:
    buf_free(&info);
    buf_free(&secrets);
    return e;
}

enum err
mls_welcome_open_secrets(const struct mls_welcome *w,
                         const struct mls_encrypted_group_secrets *entry,
                         const struct dh_secret *init,
                         const struct dh_public *init_pub,
                         struct buf *out)
{
    buf_reset(out);
    return mls_decrypt_with_label(init, init_pub, "Welcome",
                                  w->encrypted_group_info, entry->ciphertext,
                                  out);
}

enum err
mls_welcome_open_info(const struct mls_welcome *w,
                      const struct mls_secret *welcome,
                      struct buf *out)
{
    struct aead_key key = {0};
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t *space;
    enum err e;

    buf_reset(out);
    if (w->encrypted_group_info.len < AEAD_TAG_LEN)
        return ERR_AUTH;
    space = buf_space(out, w->encrypted_group_info.len - AEAD_TAG_LEN);
    e = buf_end(out);
    if (e != ERR_OK)
        return e;
    mls_key_schedule_welcome_key(welcome, &key, nonce);
    e = aead_open(&key, nonce, (struct bytes){0}, w->encrypted_group_info,
                  space);
    aead_key_wipe(&key);
    return e;
}
