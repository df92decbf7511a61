/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* crypto-basics.json: the labelled functions. */
#include "mls_vectors.h"

static void
hashes_and_secrets(struct arena *a, const struct json *c)
{
    const struct json *v = json_object(c, "ref_hash");
    struct mls_secret secret;
    uint8_t hash[MLS_HASH_LEN];
    uint8_t *out;
    size_t len;

    mls_ref_hash(vector_label(a, v, "label"), json_hex(a, v, "value"), hash);
    assert_bytes(BYTES_OF(hash), json_hex(a, v, "out"));

    v = json_object(c, "expand_with_label");
    secret = vector_secret(a, v, "secret");
    len = json_number(v, "length");
    out = vector_room(a, len);
    assert_ok(mls_expand_with_label(&secret, vector_label(a, v, "label"),
                                    json_hex(a, v, "context"), out, len));
    assert_bytes(((struct bytes){out, len}), json_hex(a, v, "out"));

    v = json_object(c, "derive_secret");
    secret = vector_secret(a, v, "secret");
    mls_derive_secret(&secret, vector_label(a, v, "label"), &secret);
    assert_bytes(BYTES_OF(secret.b), json_hex(a, v, "out"));

    v = json_object(c, "derive_tree_secret");
    secret = vector_secret(a, v, "secret");
    len = json_number(v, "length");
    out = vector_room(a, len);
    mls_derive_tree_secret(&secret, vector_label(a, v, "label"),
                           (uint32_t)json_number(v, "generation"), out, len);
    assert_bytes(((struct bytes){out, len}), json_hex(a, v, "out"));
}

static void
signatures(struct arena *a, const struct json *c)
{
    const struct json *v = json_object(c, "sign_with_label");
    struct bytes pub_bytes = json_hex(a, v, "pub");
    struct bytes seed = json_hex(a, v, "priv");
    struct bytes content = json_hex(a, v, "content");
    struct bytes signature = json_hex(a, v, "signature");
    struct sign_secret secret;
    struct sign_public pub;
    uint8_t made[SIGN_LEN];

    assert_true(seed.len >= SIGN_SEED_LEN);
    sign_from_seed(seed.b, &secret, &pub);
    assert_bytes(BYTES_OF(pub.b), pub_bytes);
    assert_ok(mls_verify_with_label(&pub, vector_label(a, v, "label"), content,
                                    signature));
    assert_ok(mls_sign_with_label(&secret, vector_label(a, v, "label"), content,
                                  made));
    assert_bytes(BYTES_OF(made), signature);
    assert_err(mls_verify_with_label(&pub, "another", content, signature),
               ERR_AUTH);
}

static void
encryption(struct arena *a, const struct json *c)
{
    const struct json *v = json_object(c, "encrypt_with_label");
    struct mls_hpke_ciphertext in = {json_hex(a, v, "kem_output"),
                                     json_hex(a, v, "ciphertext")};
    struct bytes context = json_hex(a, v, "context");
    struct bytes plaintext = json_hex(a, v, "plaintext");
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    struct buf sealed = buf_limited(MLS_LIMIT_BYTES);
    struct reader r;
    struct dh_secret secret;
    struct dh_public pub;

    vector_fill(a, v, "priv", secret.b, sizeof secret.b);
    dh_derive_public(&secret, &pub);
    assert_bytes(BYTES_OF(pub.b), json_hex(a, v, "pub"));
    assert_ok(mls_decrypt_with_label(&secret, NULL, vector_label(a, v, "label"),
                                     context, in, &out));
    assert_bytes(buf_bytes(&out), plaintext);

    assert_ok(mls_encrypt_with_label(&pub, vector_label(a, v, "label"), context,
                                     plaintext, &sealed));
    r = (struct reader){.rest = buf_bytes(&sealed)};
    in.kem_output = reader_opaque(&r);
    in.ciphertext = reader_opaque(&r);
    assert_ok(reader_end(&r));
    buf_reset(&out);
    assert_ok(mls_decrypt_with_label(&secret, &pub, vector_label(a, v, "label"),
                                     context, in, &out));
    assert_bytes(buf_bytes(&out), plaintext);
    buf_free(&out);
    buf_free(&sealed);
}

void
vectors_check_crypto_basics(struct arena *a, const struct json *c)
{
    hashes_and_secrets(a, c);
    signatures(a, c);
    encryption(a, c);
}
