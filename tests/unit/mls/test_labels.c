/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The values are in the published vectors; here what they do not reach. */
#include "group_fixture.h"

#include "lib/mls/labels.h"

static void
vector_headers(void **state)
{
    static const struct {
        size_t len;
        size_t header_len;
        const char *hex;
    } cases[] = {
        {0, 1, "00"},           {63, 1, "3f"},
        {64, 2, "4040"},        {16383, 2, "7fff"},
        {16384, 4, "80004000"}, {(1U << 30) - 1, 4, "bfffffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[4];
        size_t n = mls_vector_header(out, cases[i].len);

        assert_int_equal(n, cases[i].header_len);
        assert_hex(((struct bytes){out, n}), cases[i].hex);
    }
}

/* DeriveSecret is ExpandWithLabel with an empty context, in place too. */
static void
derive_is_expand(void **state)
{
    struct mls_secret s = {{1}};
    struct mls_secret derived;
    uint8_t expanded[32];

    (void)state;
    mls_derive_secret(&s, "label", &derived);
    assert_ok(mls_expand_with_label(&s, "label", (struct bytes){0}, expanded,
                                    sizeof expanded));
    assert_bytes(BYTES_OF(derived.b), BYTES_OF(expanded));
    mls_derive_secret(&s, "label", &s);
    assert_bytes(BYTES_OF(s.b), BYTES_OF(expanded));
    mls_secret_wipe(&s);
    assert_true(bytes_all_zero(BYTES_OF(s.b)));
}

static void
too_long(void **state)
{
    struct mls_secret s = {{1}};
    uint8_t *out = mem_new(255 * 32 + 1);

    (void)state;
    assert_ok(mls_expand_with_label(&s, "x", (struct bytes){0}, out, 255 * 32));
    assert_err(
        mls_expand_with_label(&s, "x", (struct bytes){0}, out, 255 * 32 + 1),
        ERR_TOO_LARGE);
    assert_err(
        mls_expand_with_label(&s, "x", (struct bytes){out, 1U << 30}, out, 32),
        ERR_TOO_LARGE);
    mem_free(out);
}

static void
signatures(void **state)
{
    struct sign_secret secret;
    struct sign_public pub;
    uint8_t sig[SIGN_LEN];
    struct bytes text = bytes_str("content");

    (void)state;
    sign_generate(&secret, &pub);
    assert_ok(mls_sign_with_label(&secret, "L", text, sig));
    assert_ok(mls_verify_with_label(&pub, "L", text, BYTES_OF(sig)));
    assert_err(mls_verify_with_label(&pub, "M", text, BYTES_OF(sig)), ERR_AUTH);
    assert_err(
        mls_verify_with_label(&pub, "L", bytes_str("contenu"), BYTES_OF(sig)),
        ERR_AUTH);
    assert_err(mls_verify_with_label(&pub, "L", text,
                                     (struct bytes){sig, SIGN_LEN - 1}),
               ERR_AUTH);
    sig[63] ^= 1;
    assert_err(mls_verify_with_label(&pub, "L", text, BYTES_OF(sig)), ERR_AUTH);
}

static struct mls_hpke_ciphertext
read_sealed(const struct buf *sealed)
{
    struct reader r = {.rest = buf_bytes(sealed)};
    struct mls_hpke_ciphertext c;

    c.kem_output = reader_opaque(&r);
    c.ciphertext = reader_opaque(&r);
    assert_ok(reader_end(&r));
    return c;
}

static void
sealing(void **state)
{
    struct dh_secret secret;
    struct dh_public pub;
    struct dh_public low = {{0}};
    struct buf sealed = buf_limited(1024);
    struct buf small = buf_limited(50);
    struct buf out = buf_limited(1024);
    struct mls_hpke_ciphertext c;

    (void)state;
    dh_generate(&secret, &pub);
    assert_err(mls_encrypt_with_label(&low, "L", bytes_str("c"), bytes_str("p"),
                                      &sealed),
               ERR_AUTH);
    assert_int_equal(sealed.len, 0);
    assert_err(mls_encrypt_with_label(&pub, "L", bytes_str("c"),
                                      bytes_str("plaintext"), &small),
               ERR_TOO_LARGE);
    assert_ok(mls_encrypt_with_label(&pub, "L", bytes_str("c"),
                                     bytes_str("plaintext"), &sealed));
    c = read_sealed(&sealed);
    assert_ok(
        mls_decrypt_with_label(&secret, NULL, "L", bytes_str("c"), c, &out));
    assert_bytes(buf_bytes(&out), bytes_str("plaintext"));
    assert_err(
        mls_decrypt_with_label(&secret, &pub, "M", bytes_str("c"), c, &out),
        ERR_AUTH);
    assert_err(
        mls_decrypt_with_label(&secret, &pub, "L", bytes_str("d"), c, &out),
        ERR_AUTH);
    c.kem_output.len--;
    assert_err(
        mls_decrypt_with_label(&secret, &pub, "L", bytes_str("c"), c, &out),
        ERR_MALFORMED);
    c.kem_output.len++;
    c.ciphertext.len = 15; /* shorter than a tag */
    assert_err(
        mls_decrypt_with_label(&secret, &pub, "L", bytes_str("c"), c, &out),
        ERR_AUTH);
    buf_free(&sealed);
    buf_free(&small);
    buf_free(&out);
}

static enum err
all_once(void *context)
{
    struct dh_secret secret;
    struct dh_public pub;
    struct sign_secret signer;
    struct sign_public verifier;
    uint8_t sig[SIGN_LEN];
    struct buf sealed = buf_limited(1024);
    struct buf out = buf_limited(1024);
    enum err e;

    (void)context;
    dh_generate(&secret, &pub);
    sign_generate(&signer, &verifier);
    e = mls_sign_with_label(&signer, "L", bytes_str("x"), sig);
    if (e == ERR_OK)
        e = mls_verify_with_label(&verifier, "L", bytes_str("x"),
                                  BYTES_OF(sig));
    if (e == ERR_OK)
        e = mls_encrypt_with_label(&pub, "L", bytes_str("c"), bytes_str("p"),
                                   &sealed);
    if (e == ERR_OK)
        e = mls_decrypt_with_label(&secret, &pub, "L", bytes_str("c"),
                                   read_sealed(&sealed), &out);
    buf_free(&sealed);
    buf_free(&out);
    return e;
}

static void
without_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(all_once, NULL) >= 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_headers), cmocka_unit_test(derive_is_expand),
        cmocka_unit_test(too_long),       cmocka_unit_test(signatures),
        cmocka_unit_test(sealing),        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
