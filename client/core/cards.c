/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Making and judging cards: docs/PROTOCOL.md section 5.1. */
#include "cards.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"

#define HOUR_MS UINT64_C(3600000)

enum { CARD_SEALED_MAX = LIMIT_CARD_BODY };

/* PROTOCOL 5.1.2: only holders of the link read the body; the relay does not.
 */
static enum err
body_key(const uint8_t secret[static URI_SECRET_LEN], struct aead_key *out)
{
    uint8_t prk[HASH_LEN];
    enum err e;

    hkdf_extract(bytes_str("pristan link"),
                 (struct bytes){secret, URI_SECRET_LEN}, prk);
    e = hkdf_expand(prk, bytes_str("card body"), out->b, sizeof out->b);
    mem_wipe(prk, sizeof prk);
    return e;
}

void
cards_id(const struct sign_public *key, uint8_t id[static LIMIT_ID])
{
    struct bytes part = BYTES_OF(key->b);

    hash_id("pristan card", &part, 1, id);
}

/* The body's plaintext, sealed, appended to out. */
static enum err
body_seal(const struct cards_plan *in,
          const struct sign_public *pub,
          struct buf *out)
{
    struct buf plain = buf_limited(LIMIT_CARD_BODY - AEAD_BOX_OVERHEAD);
    struct aead_key key = {0};
    uint8_t *space;
    enum err e;

    e = card_body_write(&in->body, &plain);
    if (e == ERR_OK)
        e = buf_end(&plain);
    if (e == ERR_OK)
        e = body_key(in->secret, &key);
    if (e != ERR_OK)
        goto out;
    space = buf_space(out, plain.len + AEAD_BOX_OVERHEAD);
    if (space == NULL) {
        e = ERR_MEMORY;
        goto out;
    }
    aead_box_seal(&key, BYTES_OF(pub->b), buf_bytes(&plain), space);
out:
    aead_key_wipe(&key);
    buf_free(&plain);
    return e;
}

enum err
cards_make(const struct cards_plan *in, struct buf *out)
{
    struct buf sealed = buf_limited(CARD_SEALED_MAX);
    struct buf tbs = buf_limited(CARD_SEALED_MAX + 256);
    struct card card = {.version = in->version};
    struct sign_public pub;
    enum err e;

    if (in->lifetime_ms < HOUR_MS || in->lifetime_ms > CARDS_LIFETIME_MAX_MS)
        return ERR_USE;
    sign_get_public(in->key, &pub);
    memcpy(card.key, pub.b, sizeof card.key);
    /* rounded down: a card never lives longer than was asked for */
    card.expires_hour = (in->now_ms + in->lifetime_ms) / HOUR_MS;
    e = body_seal(in, &pub, &sealed);
    if (e != ERR_OK)
        goto out;
    card.body = buf_bytes(&sealed);
    e = card_write_signed_part(&card, &tbs);
    if (e == ERR_OK)
        e = buf_end(&tbs);
    if (e != ERR_OK)
        goto out;
    sign_make(in->key, buf_bytes(&tbs), card.signature);
    e = card_write(&card, out);
out:
    buf_free(&tbs);
    buf_free(&sealed);
    return e;
}

/* PROTOCOL 5.1.4: the key is the one that the link names, and it has signed. */
static enum err
check_signature(const struct card *card, const uint8_t prefix[static 16])
{
    struct buf tbs = buf_limited(CARD_SEALED_MAX + 256);
    struct sign_public pub;
    uint8_t id[LIMIT_ID];
    enum err e;

    memcpy(pub.b, card->key, sizeof pub.b);
    cards_id(&pub, id);
    if (memcmp(id, prefix, 16) != 0)
        return ERR_AUTH;
    e = sign_public_check(&pub);
    if (e != ERR_OK)
        return e;
    e = card_write_signed_part(card, &tbs);
    if (e == ERR_OK)
        e = buf_end(&tbs);
    if (e == ERR_OK)
        e = sign_verify(&pub, buf_bytes(&tbs), BYTES_OF(card->signature));
    buf_free(&tbs);
    return e;
}

/* PROTOCOL 5.1.5: our own clock decides, never the relay's (E-17). */
static enum err
check_time(const struct card *card, uint64_t floor, uint64_t now_ms)
{
    uint64_t expires_ms;

    if (card->expires_hour > UINT64_MAX / HOUR_MS)
        return ERR_MALFORMED;
    expires_ms = card->expires_hour * HOUR_MS;
    if (card->version < floor)
        return ERR_CONFLICT;
    if (expires_ms > now_ms &&
        expires_ms - now_ms > CARDS_LIFETIME_MAX_MS + CARDS_SLACK_MS)
        return ERR_MALFORMED;
    if (expires_ms <= now_ms && now_ms - expires_ms >= CARDS_SLACK_MS)
        return ERR_EXPIRED;
    return ERR_OK;
}

static enum err
body_open(const struct card *card,
          const uint8_t secret[static URI_SECRET_LEN],
          struct buf *plain)
{
    struct aead_key key = {0};
    uint8_t *space;
    enum err e;

    if (card->body.len < AEAD_BOX_OVERHEAD)
        return ERR_AUTH;
    buf_free(plain);
    *plain = buf_limited(LIMIT_CARD_BODY);
    e = body_key(secret, &key);
    if (e != ERR_OK)
        goto out;
    space = buf_space(plain, card->body.len - AEAD_BOX_OVERHEAD);
    if (space == NULL) {
        e = ERR_MEMORY;
        goto out;
    }
    e = aead_box_open(&key, BYTES_OF(card->key), card->body, space);
out:
    aead_key_wipe(&key);
    return e;
}

enum err
cards_open(struct bytes in,
           const uint8_t card[static 16],
           const uint8_t secret[static URI_SECRET_LEN],
           uint64_t floor,
           uint64_t now_ms,
           struct buf *plain,
           struct cards_opened *out)
{
    struct card parsed;
    enum err e;

    e = card_read(in, &parsed);
    if (e != ERR_OK)
        return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
    e = check_signature(&parsed, card);
    if (e == ERR_OK)
        e = check_time(&parsed, floor, now_ms);
    if (e == ERR_OK)
        e = body_open(&parsed, secret, plain);
    if (e == ERR_OK)
        e = card_body_read(buf_bytes(plain), &out->body);
    if (e != ERR_OK)
        return e;
    memcpy(out->key.b, parsed.key, sizeof out->key.b);
    out->version = parsed.version;
    out->expires_ms = parsed.expires_hour * HOUR_MS;
    return ERR_OK;
}
