/* SPDX-License-Identifier: Apache-2.0 */
/* The labelled functions of RFC 9420: sections 5.1.2, 5.1.3, 5.2, 8, 9.1. */
#include "labels.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "group_context.h"

static const char prefix[] = "MLS 1.0 ";

enum {
    PREFIX_LEN = sizeof prefix - 1,
    HEAD_MAX = 2 + PREFIX_LEN + MLS_LABEL_MAX,
    DERIVE_MAX = 64 /* mls_derive_tree_secret() */
};

size_t
mls_vector_header(uint8_t out[static 4], size_t len)
{
    assert(len < 1U << 30);
    if (len < 1U << 6) {
        out[0] = (uint8_t)len;
        return 1;
    }
    if (len < 1U << 14) {
        out[0] = (uint8_t)(0x40 | len >> 8);
        out[1] = (uint8_t)len;
        return 2;
    }
    out[0] = (uint8_t)(0x80 | len >> 24);
    out[1] = (uint8_t)(len >> 16);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    return 4;
}

/* vec("MLS 1.0 " | label); gives its length. */
static size_t
put_label(uint8_t out[static HEAD_MAX], const char *label)
{
    size_t n = strlen(label);
    size_t at;

    assert(n <= MLS_LABEL_MAX);
    at = mls_vector_header(out, PREFIX_LEN + n);
    memcpy(out + at, prefix, PREFIX_LEN);
    memcpy(out + at + PREFIX_LEN, label, n);
    return at + PREFIX_LEN + n;
}

/* vec("MLS 1.0 " | label) | vec(content), in an empty out: SignContent and
 * EncryptContext */
static enum err
label_content(const char *label, struct bytes content, struct buf *out)
{
    uint8_t head[HEAD_MAX];
    size_t n = put_label(head, label);
    enum err e = buf_reserve(out, n + 4 + content.len);

    if (e != ERR_OK)
        return e;
    buf_append(out, (struct bytes){head, n});
    buf_opaque(out, content);
    return buf_end(out);
}

void
mls_ref_hash(const char *label,
             struct bytes value,
             uint8_t out[static MLS_HASH_LEN])
{
    struct hash_sha256 h;
    struct bytes name = bytes_str(label);
    uint8_t head[4];
    size_t n;

    hash_sha256_init(&h);
    n = mls_vector_header(head, name.len);
    hash_sha256_update(&h, (struct bytes){head, n});
    hash_sha256_update(&h, name);
    n = mls_vector_header(head, value.len);
    hash_sha256_update(&h, (struct bytes){head, n});
    hash_sha256_update(&h, value);
    hash_sha256_final(&h, out);
}

enum err
mls_expand_with_label(const struct mls_secret *secret,
                      const char *label,
                      struct bytes context,
                      uint8_t *out,
                      size_t len)
{
    uint8_t head[2 + HEAD_MAX + 4]; /* all of KDFLabel before the context */
    struct bytes parts[2] = {{head, 2}, context};

    if (len > 255 * HASH_LEN || context.len >= 1U << 30)
        return ERR_TOO_LARGE;
    head[0] = (uint8_t)(len >> 8);
    head[1] = (uint8_t)len;
    parts[0].len += put_label(head + 2, label);
    parts[0].len += mls_vector_header(head + parts[0].len, context.len);
    return hkdf_expand_parts(secret->b, parts, 2, out, len);
}

void
mls_expand_small(const struct mls_secret *secret,
                 const char *label,
                 struct bytes context,
                 uint8_t *out,
                 size_t len)
{
    enum err e = mls_expand_with_label(secret, label, context, out, len);

    assert(e == ERR_OK); /* only lengths can be wrong */
    (void)e;
}

void
mls_derive_secret(const struct mls_secret *secret,
                  const char *label,
                  struct mls_secret *out)
{
    struct mls_secret from = *secret; /* out may be the same memory */

    mls_expand_small(&from, label, (struct bytes){0}, out->b, sizeof out->b);
    mls_secret_wipe(&from);
}

void
mls_derive_tree_secret(const struct mls_secret *secret,
                       const char *label,
                       uint32_t generation,
                       uint8_t *out,
                       size_t len)
{
    uint8_t context[4] = {(uint8_t)(generation >> 24),
                          (uint8_t)(generation >> 16),
                          (uint8_t)(generation >> 8), (uint8_t)generation};

    assert(len <= DERIVE_MAX);
    mls_expand_small(secret, label, BYTES_OF(context), out, len);
}

enum err
mls_sign_with_label(const struct sign_secret *key,
                    const char *label,
                    struct bytes content,
                    uint8_t out[static SIGN_LEN])
{
    struct buf b = buf_limited(MLS_LIMIT_BYTES);
    enum err e = label_content(label, content, &b);

    if (e == ERR_OK)
        sign_make(key, buf_bytes(&b), out);
    buf_free(&b);
    return e;
}

enum err
mls_verify_with_label(const struct sign_public *key,
                      const char *label,
                      struct bytes content,
                      struct bytes signature)
{
    struct buf b = buf_limited(MLS_LIMIT_BYTES);
    enum err e = label_content(label, content, &b);

    if (e == ERR_OK)
        e = sign_verify(key, buf_bytes(&b), signature);
    buf_free(&b);
    return e;
}

enum err
mls_encrypt_context_make(const char *label,
                         struct bytes context,
                         struct mls_encrypt_context *out)
{
    struct buf info = buf_limited(MLS_LIMIT_BYTES);
    enum err e = label_content(label, context, &info);

    if (e == ERR_OK)
        hpke_info_prepare(buf_bytes(&info), &out->info);
    buf_free(&info);
    return e;
}

enum err
mls_encrypt_to(const struct dh_public *key,
               const struct mls_encrypt_context *c,
               struct bytes plaintext,
               struct buf *out)
{
    struct buf sealed = buf_limited(MLS_LIMIT_BYTES);
    uint8_t enc[HPKE_ENC_LEN];
    uint8_t *space = buf_space(&sealed, plaintext.len + AEAD_TAG_LEN);
    enum err e = buf_end(&sealed);

    if (e == ERR_OK)
        e = hpke_seal_prepared(key, &c->info, (struct bytes){0}, plaintext, enc,
                               space);
    if (e == ERR_OK) {
        buf_opaque(out, BYTES_OF(enc));
        buf_opaque(out, buf_bytes(&sealed));
        e = buf_end(out);
    }
    buf_free(&sealed);
    return e;
}

enum err
mls_encrypt_with_label(const struct dh_public *key,
                       const char *label,
                       struct bytes context,
                       struct bytes plaintext,
                       struct buf *out)
{
    struct mls_encrypt_context c;
    enum err e = mls_encrypt_context_make(label, context, &c);

    return e == ERR_OK ? mls_encrypt_to(key, &c, plaintext, out) : e;
}

enum err
mls_decrypt_with_label(const struct dh_secret *key,
                       const struct dh_public *pub,
                       const char *label,
                       struct bytes context,
                       struct mls_hpke_ciphertext in,
                       struct buf *out)
{
    struct buf info = buf_limited(MLS_LIMIT_BYTES);
    struct buf opened = buf_limited(MLS_LIMIT_BYTES);
    uint8_t *space;
    enum err e = ERR_MALFORMED;

    if (in.kem_output.len != HPKE_ENC_LEN)
        goto out;
    e = ERR_AUTH;
    if (in.ciphertext.len < AEAD_TAG_LEN)
        goto out;
    e = label_content(label, context, &info);
    if (e != ERR_OK)
        goto out;
    space = buf_space(&opened, in.ciphertext.len - AEAD_TAG_LEN);
    e = buf_end(&opened);
    if (e != ERR_OK)
        goto out;
    e = hpke_open(key, pub, in.kem_output.b, buf_bytes(&info),
                  (struct bytes){0}, in.ciphertext, space);
    if (e != ERR_OK)
        goto out;
    buf_append(out, buf_bytes(&opened));
    e = buf_end(out);
out:
    buf_free(&info);
    buf_free(&opened);
    return e;
}

void
mls_secret_wipe(struct mls_secret *s)
{
    mem_wipe(s, sizeof *s);
}
