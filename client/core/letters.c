/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealing and opening letters: docs/PROTOCOL.md section 5.2. */
#include "letters.h"

#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/secret.h"

enum { SEAL_OVERHEAD = HPKE_ENC_LEN + AEAD_TAG_LEN };

static const size_t size_classes[] = {1024, 4096, LIMIT_LETTER};
enum { SIZE_CLASSES = sizeof size_classes / sizeof size_classes[0] };

/* PROTOCOL 5.2.2 */
static enum err
info_write(enum letters_purpose purpose,
           const uint8_t mailbox[static LIMIT_ID],
           struct buf *out)
{
    buf_append(out, bytes_str("Pristan letter 1"));
    buf_u8(out, (uint8_t)purpose);
    buf_append(out, (struct bytes){mailbox, LIMIT_ID});
    return buf_end(out);
}

/* Zeros up to the next class, less what sealing adds. */
static enum err
pad(struct buf *plain)
{
    for (size_t i = 0; i < SIZE_CLASSES; i++) {
        size_t room = size_classes[i] - SEAL_OVERHEAD;

        if (plain->len <= room) {
            buf_zero(plain, room - plain->len);
            return buf_end(plain);
        }
    }
    return ERR_TOO_LARGE;
}

enum err
letters_seal(enum letters_purpose purpose,
             const struct reply_to *to,
             const struct letter *in,
             struct buf *out)
{
    struct buf info = buf_limited(64);
    struct buf plain = buf_limited(LIMIT_LETTER);
    struct dh_public key;
    size_t mark = out->len;
    uint8_t *space;
    size_t vector;
    enum err e;

    memcpy(key.b, to->hpke_key, sizeof key.b);
    e = info_write(purpose, to->mailbox, &info);
    if (e != ERR_OK)
        goto out;
    vector = buf_vector_begin(&plain);
    e = letter_write(in, &plain);
    if (e != ERR_OK)
        goto out;
    buf_vector_end(&plain, vector);
    e = buf_end(&plain);
    if (e == ERR_OK)
        e = pad(&plain);
    if (e != ERR_OK)
        goto out;
    space = buf_space(out, plain.len + SEAL_OVERHEAD);
    if (space == NULL) {
        e = buf_end(out);
        goto out;
    }
    e = hpke_seal(&key, buf_bytes(&info), (struct bytes){NULL, 0},
                  buf_bytes(&plain), space, space + HPKE_ENC_LEN);
    if (e != ERR_OK)
        buf_truncate(out, mark);
out:
    buf_free(&plain);
    buf_free(&info);
    return e;
}

static bool
size_is_class(size_t len)
{
    for (size_t i = 0; i < SIZE_CLASSES; i++)
        if (len == size_classes[i])
            return true;
    return false;
}

/* The letter inside; what follows must be zeros. */
static enum err
unpad(struct bytes plain, struct arena *a, struct letter *out)
{
    struct reader r = {.rest = plain};
    struct bytes inner = reader_opaque(&r);
    enum err e = reader_check(&r);

    if (e != ERR_OK)
        return e;
    if (!bytes_all_zero(r.rest))
        return ERR_MALFORMED;
    e = letter_read(inner, a, out);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

enum err
letters_open(enum letters_purpose purpose,
             const uint8_t mailbox[static LIMIT_ID],
             const struct dh_secret *key,
             struct bytes sealed,
             struct arena *a,
             struct letter *out)
{
    struct buf info = buf_limited(64);
    struct bytes box;
    size_t plain_len;
    uint8_t *plain;
    enum err e;

    if (!size_is_class(sealed.len))
        return ERR_MALFORMED;
    plain_len = sealed.len - SEAL_OVERHEAD;
    box = bytes_slice(sealed, HPKE_ENC_LEN, sealed.len);
    plain = arena_new(a, plain_len);
    if (plain == NULL)
        return ERR_MEMORY;
    e = info_write(purpose, mailbox, &info);
    if (e == ERR_OK)
        e = hpke_open(key, NULL, sealed.b, buf_bytes(&info),
                      (struct bytes){NULL, 0}, box, plain);
    if (e == ERR_OK)
        e = unpad((struct bytes){plain, plain_len}, a, out);
    buf_free(&info);
    return e;
}

static enum err
mac_input(const struct letter *in, struct buf *out)
{
    const struct reply_to *reply =
        in->kind == LETTER_KNOCK ? &in->knock.reply : &in->ask.reply;

    buf_u8(out, (uint8_t)in->kind);
    buf_append(out, BYTES_OF(in->id));
    buf_append(out, BYTES_OF(reply->mailbox));
    buf_append(out, BYTES_OF(reply->hpke_key));
    if (in->kind == LETTER_KNOCK)
        buf_opaque(out, in->knock.key_package);
    else
        for (size_t i = 0; i < in->ask.key_package_count; i++)
            buf_opaque(out, in->ask.key_packages[i]);
    return buf_end(out);
}

/* PROTOCOL 5.2.4 */
static enum err
mac_make(const uint8_t secret[static URI_SECRET_LEN],
         const struct letter *in,
         uint8_t mac[static LETTER_MAC_LEN])
{
    struct buf input = buf_limited(LIMIT_LETTER);
    uint8_t prk[HASH_LEN];
    uint8_t key[HASH_LEN] = {0};
    enum err e;

    if (in->kind != LETTER_KNOCK && in->kind != LETTER_ASK)
        return ERR_USE;
    hkdf_extract(bytes_str("pristan link"),
                 (struct bytes){secret, URI_SECRET_LEN}, prk);
    e = hkdf_expand(prk, bytes_str("letter mac"), key, sizeof key);
    if (e == ERR_OK)
        e = mac_input(in, &input);
    if (e == ERR_OK)
        hash_hmac(BYTES_OF(key), buf_bytes(&input), mac);
    mem_wipe(prk, sizeof prk);
    mem_wipe(key, sizeof key);
    buf_free(&input);
    return e;
}

enum err
letters_mac_set(const uint8_t secret[static URI_SECRET_LEN], struct letter *in)
{
    return mac_make(secret, in,
                    in->kind == LETTER_KNOCK ? in->knock.mac : in->ask.mac);
}

enum err
letters_mac_check(const uint8_t secret[static URI_SECRET_LEN],
                  const struct letter *in)
{
    uint8_t mac[LETTER_MAC_LEN];
    enum err e = mac_make(secret, in, mac);

    if (e != ERR_OK)
        return e;
    return secret_equal(BYTES_OF(mac), in->kind == LETTER_KNOCK
                                           ? BYTES_OF(in->knock.mac)
                                           : BYTES_OF(in->ask.mac))
               ? ERR_OK
               : ERR_AUTH;
}
