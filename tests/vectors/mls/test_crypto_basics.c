/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* crypto-basics.json: the labelled functions. */
#include "mls_vectors.h"

static const char *
label(struct arena *a, const struct json *o)
{
    struct bytes text = json_string(o, "label");
    char *s = arena_new(a, text.len + 1);

    assert_non_null(s);
    memcpy(s, text.b, text.len);
    return s;
}

static void
hashes_and_secrets(struct arena *a, const struct json *c)
{
    const struct json *v = json_object(c, "ref_hash");
    struct mls_secret secret;
    uint8_t out[64];
    size_t len;

    mls_ref_hash(label(a, v), json_hex(a, v, "value"), out);
    assert_bytes(((struct bytes){out, MLS_HASH_LEN}), json_hex(a, v, "out"));

    v = json_object(c, "expand_with_label");
    secret = vector_secret(a, v, "secret");
    len = json_number(v, "length");
    assert_true(len <= sizeof out);
    assert_ok(mls_expand_with_label(&secret, label(a, v),
                                    json_hex(a, v, "context"), out, len));
    assert_bytes(((struct bytes){out, len}), json_hex(a, v, "out"));

    v = json_object(c, "derive_secret");
    secret = vector_secret(a, v, "secret");
    mls_derive_secret(&secret, label(a, v), &secret);
    assert_bytes(BYTES_OF(secret.b), json_hex(a, v, "out"));

    v = json_object(c, "derive_tree_secret");
    secret = vector_secret(a, v, "secret");
    len = json_number(v, "length");
    assert_true(len <= sizeof out);
    mls_derive_tree_secret(&secret, label(a, v),
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

    sign_from_seed(seed.b, &secret, &pub);
    assert_bytes(BYTES_OF(pub.b), pub_bytes);
    assert_ok(mls_verify_with_label(&pub, label(a, v), content, signature));
    assert_ok(mls_sign_with_label(&secret, label(a, v), content, made));
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
    struct buf out = buf_limited(4096);
    struct buf sealed = buf_limited(4096);
    struct reader r;
    struct dh_secret secret;
    struct dh_public pub;

    memcpy(secret.b, json_hex(a, v, "priv").b, sizeof secret.b);
    dh_derive_public(&secret, &pub);
    assert_bytes(BYTES_OF(pub.b), json_hex(a, v, "pub"));
    assert_ok(
        mls_decrypt_with_label(&secret, NULL, label(a, v), context, in, &out));
    assert_bytes(buf_bytes(&out), plaintext);

    assert_ok(
        mls_encrypt_with_label(&pub, label(a, v), context, plaintext, &sealed));
    r = (struct reader){.rest = buf_bytes(&sealed)};
    in.kem_output = reader_opaque(&r);
    in.ciphertext = reader_opaque(&r);
    assert_ok(reader_end(&r));
    buf_reset(&out);
    assert_ok(
        mls_decrypt_with_label(&secret, &pub, label(a, v), context, in, &out));
    assert_bytes(buf_bytes(&out), plaintext);
    buf_free(&out);
    buf_free(&sealed);
}

static void
run_case(struct arena *a, const struct json *c)
{
    hashes_and_secrets(a, c);
    signatures(a, c);
    encryption(a, c);
}

static void
crypto_basics(void **state)
{
    (void)state;
    vectors_each(SHARED_VECTORS "/mls/crypto-basics.json", run_case);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(crypto_basics)};

    return cmocka_run_group_tests(tests, vectors_start, NULL);
}
