/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* welcome.json: opening a Welcome by hand. */
#include "mls_vectors.h"

#include "lib/mls/group_info.h"
#include "lib/mls/key_package_read.h"
#include "lib/mls/key_schedule.h"
#include "lib/mls/message.h"
#include "lib/mls/welcome.h"

static void
check_info(struct arena *a,
           const struct json *c,
           const struct mls_group_info *info,
           const struct mls_secret *joiner,
           const struct mls_secret *psk)
{
    struct mls_epoch_secrets secrets;
    struct mls_secret epoch;
    struct mls_secret encryption;
    struct sign_public signer;
    uint8_t tag[MLS_HASH_LEN];

    vector_fill(a, c, "signer_pub", signer.b, sizeof signer.b);
    assert_ok(mls_group_info_verify(info, &signer));
    assert_ok(mls_key_schedule_epoch(joiner, psk, info->encoded_context, NULL,
                                     &epoch));
    mls_key_schedule_derive(&epoch, &secrets, &encryption);
    mls_key_schedule_confirmation_tag(
        &secrets.confirmation, info->context.confirmed_transcript_hash, tag);
    assert_bytes(BYTES_OF(tag), info->confirmation_tag);
}

void
vectors_check_welcome(struct arena *a, const struct json *c)
{
    struct mls_key_package kp;
    struct mls_welcome w;
    struct mls_encrypted_group_secrets entry;
    struct mls_group_secrets secrets;
    struct mls_group_info info;
    struct mls_secret joiner;
    struct mls_secret psk;
    struct mls_secret welcome;
    struct dh_secret init;
    enum mls_wire_format format;
    struct bytes body;
    uint8_t ref[MLS_HASH_LEN];
    struct buf opened = buf_limited(MLS_LIMIT_BYTES);
    struct buf plain = buf_limited(MLS_LIMIT_BYTES);

    assert_ok(mls_key_package_parse(json_hex(a, c, "key_package"), &kp));
    mls_key_package_ref(&kp, ref);
    vector_fill(a, c, "init_priv", init.b, sizeof init.b);
    assert_ok(mls_message_read(json_hex(a, c, "welcome"), &format, &body));
    assert_int_equal(format, MLS_WIRE_WELCOME);
    assert_ok(mls_welcome_read(body, &w));
    assert_ok(mls_welcome_find(&w, ref, &entry));
    assert_ok(
        mls_welcome_open_secrets(&w, &entry, &init, &kp.init_key, &opened));
    assert_ok(mls_group_secrets_read(buf_bytes(&opened), &secrets));
    memcpy(joiner.b, secrets.joiner_secret.b, sizeof joiner.b);
    mls_psk_secret_init(&psk);
    mls_key_schedule_welcome(&joiner, &psk, &welcome);
    assert_ok(mls_welcome_open_info(&w, &welcome, &plain));
    assert_ok(mls_group_info_read(buf_bytes(&plain), &info));
    check_info(a, c, &info, &joiner, &psk);
    buf_free(&opened);
    buf_free(&plain);
}
