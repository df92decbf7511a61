/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who we are in one group: a fresh signature key, 16 random bytes as
 * credential, a name in the leaf. Nothing of it appears in another group
 * (J-05). */
#include "identity.h"

#include <string.h>

#include "base/text.h"
#include "crypto/random.h"

/* Clocks differ, and a request may wait long for its answer (F-13). */
enum {
    IDENTITY_SLACK_S = 2 * 24 * 3600,
    IDENTITY_LIFETIME_S = 120 * 24 * 3600
};

static const uint16_t extension_types[] = {DISPLAY_NAME_EXTENSION,
                                           SETTINGS_EXTENSION};

enum err
identity_check(struct bytes credential, struct bytes name)
{
    if (credential.len != CLIENT_ID_LEN || bytes_all_zero(credential))
        return ERR_MALFORMED;
    if (name.len < 1 || name.len > LIMIT_NAME || !text_is_utf8(name))
        return ERR_MALFORMED;
    return ERR_OK;
}

void
identity_new(struct bytes name, struct identity *out)
{
    struct sign_public pub;

    *out = (struct identity){.credential = client_id_random()};
    sign_generate(&out->signature, &pub);
    out->name =
        (struct mls_extension){.type = DISPLAY_NAME_EXTENSION, .data = name};
    out->mls =
        (struct mls_identity){.credential = BYTES_OF(out->credential.b),
                              .signature = out->signature,
                              .extension_types = extension_types,
                              .extension_type_count = sizeof extension_types /
                                                      sizeof extension_types[0],
                              .leaf_extensions = &out->name,
                              .leaf_extension_count = 1};
}

void
identity_wipe(struct identity *who)
{
    sign_secret_wipe(&who->mls.signature);
    sign_secret_wipe(&who->signature);
}

static uint64_t
not_before(uint64_t wall_ms)
{
    uint64_t now = wall_ms / 1000;

    return now > IDENTITY_SLACK_S ? now - IDENTITY_SLACK_S : 0;
}

enum err
identity_key_package(struct bytes name,
                     uint64_t wall_ms,
                     struct buf *out,
                     struct mls_key_package_secret *secret)
{
    struct identity who;
    enum err e;

    identity_new(name, &who);
    e = mls_key_package_new(&who.mls, not_before(wall_ms),
                            wall_ms / 1000 + IDENTITY_LIFETIME_S, false, out,
                            secret);
    identity_wipe(&who);
    return e;
}

enum err
identity_create_group(struct bytes name,
                      const struct settings *settings,
                      uint64_t wall_ms,
                      struct mls_group **out)
{
    struct settings with_us = *settings;
    struct buf encoded = buf_limited(4096);
    struct mls_extension extension = {.type = SETTINGS_EXTENSION};
    struct client_id group_id = client_id_random();
    struct identity who;
    enum err e;

    identity_new(name, &who);
    memcpy(with_us.admins[0], who.credential.b, CLIENT_ID_LEN);
    with_us.admin_count = 1;
    e = settings_write(&with_us, &encoded);
    extension.data = buf_bytes(&encoded);
    if (e == ERR_OK)
        e = mls_group_create(&who.mls, BYTES_OF(group_id.b), &extension, 1,
                             not_before(wall_ms),
                             wall_ms / 1000 + IDENTITY_LIFETIME_S, out);
    identity_wipe(&who);
    buf_free(&encoded);
    return e;
}

enum err
identity_check_key_package(struct bytes key_package,
                           uint64_t wall_ms,
                           struct client_id *credential,
                           struct bytes *name)
{
    struct mls_key_package_view view;
    enum err e;

    e = mls_key_package_check(key_package, wall_ms / 1000, &view);
    if (e != ERR_OK)
        return e;
    if (!mls_key_package_extension(key_package, DISPLAY_NAME_EXTENSION, name))
        return ERR_MALFORMED;
    e = identity_check(view.credential, *name);
    if (e == ERR_OK)
        memcpy(credential->b, view.credential.b, CLIENT_ID_LEN);
    return e;
}
