/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/key_package.c: made, looked at, and each rule of section 10.1 broken
 * by itself. */
#include "tree_fixture.h"

#include "lib/mls/labels.h"
#include "lib/mls/message.h"
#include "mls/key_package.h"

static const uint16_t types[] = {0xff01};
static const struct mls_extension leaf_extension = {
    0xff01, {(const uint8_t *)"mailbox", 7}};

struct maker {
    struct mls_identity who;
    struct buf message;
    struct mls_key_package_secret secret;
};

static void
maker_init(struct maker *m)
{
    struct sign_public pub;

    memset(m, 0, sizeof *m);
    sign_generate(&m->who.signature, &pub);
    m->who.credential = text("boris");
    m->who.extension_types = types;
    m->who.extension_type_count = 1;
    m->who.leaf_extensions = &leaf_extension;
    m->who.leaf_extension_count = 1;
    m->message = buf_limited(FIXTURE_MAX);
}

static void
test_made(void **state)
{
    struct mls_key_package_view v, again;
    struct dh_public pub;
    struct bytes data;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    assert_ok(mls_key_package_check(buf_bytes(&m.message), 15, &v));
    assert_bytes(v.credential, text("boris"));
    assert_int_equal(v.not_before, 10);
    assert_int_equal(v.not_after, 20);
    assert_false(v.last_resort);
    dh_derive_public(&m.secret.init, &pub);
    assert_bytes(BYTES_OF(v.init_key.b), BYTES_OF(pub.b));
    dh_derive_public(&m.secret.encryption, &pub);
    assert_bytes(BYTES_OF(v.encryption_key.b), BYTES_OF(pub.b));
    assert_true(
        mls_key_package_extension(buf_bytes(&m.message), 0xff01, &data));
    assert_bytes(data, text("mailbox"));
    assert_false(
        mls_key_package_extension(buf_bytes(&m.message), 0xff02, &data));
    assert_false(mls_key_package_extension(text("none"), 0xff01, &data));

    buf_reset(&m.message); /* the next one has nothing in common with it */
    assert_ok(mls_key_package_new(&m.who, 10, 20, true, &m.message, &m.secret));
    assert_ok(mls_key_package_check(buf_bytes(&m.message), 0, &again));
    assert_true(again.last_resort);
    assert_memory_not_equal(v.ref, again.ref, sizeof v.ref);
    assert_memory_not_equal(v.init_key.b, again.init_key.b, 32);
    mls_key_package_secret_wipe(&m.secret);
    assert_true(bytes_all_zero(
        (struct bytes){(const uint8_t *)&m.secret, sizeof m.secret}));
    buf_free(&m.message);
}

static void
test_lifetime(void **state)
{
    struct mls_key_package_view v;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    assert_err(mls_key_package_check(buf_bytes(&m.message), 9, &v),
               ERR_EXPIRED);
    assert_ok(mls_key_package_check(buf_bytes(&m.message), 10, &v));
    assert_ok(mls_key_package_check(buf_bytes(&m.message), 20, &v));
    assert_err(mls_key_package_check(buf_bytes(&m.message), 21, &v),
               ERR_EXPIRED);
    buf_free(&m.message);
}

/* An extension of the key package stands in its leaf's capabilities, and none
 * that it does not have. */
static void
test_last_resort_is_named(void **state)
{
    struct mls_key_package kp;
    struct bytes data;
    struct maker m;

    (void)state;
    maker_init(&m);
    for (int last_resort = 0; last_resort < 2; last_resort++) {
        buf_reset(&m.message);
        assert_ok(mls_key_package_new(&m.who, 10, 20, last_resort == 1,
                                      &m.message, &m.secret));
        assert_ok(mls_key_package_parse(buf_bytes(&m.message), &kp));
        assert_int_equal(mls_extensions_find(kp.extensions,
                                             MLS_EXTENSION_LAST_RESORT, &data),
                         last_resort);
        assert_int_equal(mls_types_hold(kp.leaf.capabilities.extensions,
                                        MLS_EXTENSION_LAST_RESORT),
                         last_resort);
    }
    buf_free(&m.message);
}

/* Any byte changed: never a good key package. */
static void
test_every_byte_counts(void **state)
{
    struct mls_key_package_view v;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    for (size_t i = 0; i < m.message.len; i++) {
        m.message.b[i] ^= 1;
        assert_int_not_equal(
            mls_key_package_check(buf_bytes(&m.message), 0, &v), ERR_OK);
        m.message.b[i] ^= 1;
    }
    for (size_t len = 0; len < m.message.len; len++)
        assert_int_not_equal(
            mls_key_package_check((struct bytes){m.message.b, len}, 0, &v),
            ERR_OK);
    buf_u8(&m.message, 0);
    assert_err(mls_key_package_check(buf_bytes(&m.message), 0, &v),
               ERR_MALFORMED);
    buf_free(&m.message);
}

static void
test_head(void **state)
{
    struct mls_key_package_view v;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    m.message.b[7] = 1; /* the suite */
    assert_err(mls_key_package_check(buf_bytes(&m.message), 0, &v),
               ERR_UNSUPPORTED);
    m.message.b[7] = MLS_SUITE;
    m.message.b[5] = 2; /* its version */
    assert_err(mls_key_package_check(buf_bytes(&m.message), 0, &v),
               ERR_UNSUPPORTED);
    m.message.b[5] = 1;
    m.message.b[3] = MLS_WIRE_WELCOME;
    assert_err(mls_key_package_check(buf_bytes(&m.message), 0, &v),
               ERR_MALFORMED);
    buf_free(&m.message);
}

/* --- single rules, with packages that mls_key_package_new() would not make */

struct forgery {
    struct dh_public init;
    struct dh_public encryption;
    struct bytes extensions;
};

static void
forge(const struct maker *m, const struct forgery *f, struct buf *out)
{
    struct buf tbs = buf_limited(FIXTURE_MAX);
    uint8_t signature[SIGN_LEN];

    buf_u16(&tbs, MLS_VERSION_10);
    buf_u16(&tbs, MLS_SUITE);
    buf_opaque(&tbs, BYTES_OF(f->init.b));
    assert_ok(
        mls_leaf_write_first(&m->who, &f->encryption, 10, 20, false, &tbs));
    buf_opaque(&tbs, f->extensions);
    assert_ok(mls_sign_with_label(&m->who.signature, "KeyPackageTBS",
                                  buf_bytes(&tbs), signature));
    mls_message_begin(out, MLS_WIRE_KEY_PACKAGE);
    buf_append(out, buf_bytes(&tbs));
    buf_opaque(out, BYTES_OF(signature));
    buf_free(&tbs);
}

static enum err
check_forged(const struct maker *m, const struct forgery *f)
{
    struct buf out = buf_limited(FIXTURE_MAX);
    struct mls_key_package_view v;
    enum err e;

    forge(m, f, &out);
    e = mls_key_package_check(buf_bytes(&out), 0, &v);
    buf_free(&out);
    return e;
}

static void
test_forgeries(void **state)
{
    static const uint8_t grease[] = {0x0a, 0x0a, 2, 'h', 'i'};
    static const uint8_t last_resort_full[] = {0, 0x0a, 1, 'x'};
    struct dh_secret s;
    struct forgery f = {0};
    struct maker m;

    (void)state;
    maker_init(&m);
    dh_generate(&s, &f.init);
    dh_generate(&s, &f.encryption);
    assert_ok(check_forged(&m, &f));
    f.extensions = BYTES_OF(grease); /* unknown ones are carried */
    assert_ok(check_forged(&m, &f));
    f.extensions = BYTES_OF(last_resort_full);
    assert_err(check_forged(&m, &f), ERR_MALFORMED);
    f.extensions = (struct bytes){0};
    f.init = f.encryption; /* 10.1 */
    assert_err(check_forged(&m, &f), ERR_MALFORMED);
    buf_free(&m.message);
}

/* 10: both keys are ones that can be encrypted to. */
static void
test_low_order(void **state)
{
    static const struct dh_public low = {{1}};
    struct dh_secret s;
    struct forgery f = {0};
    struct maker m;

    (void)state;
    maker_init(&m);
    dh_generate(&s, &f.init);
    f.encryption = low;
    assert_err(check_forged(&m, &f), ERR_AUTH);
    f.encryption = f.init;
    f.init = low;
    assert_err(check_forged(&m, &f), ERR_AUTH);
    dh_generate(&s, &f.init);
    assert_ok(check_forged(&m, &f));
    dh_secret_wipe(&s);
    buf_free(&m.message);
}

/* The outer signature alone is wrong. */
static void
test_outer_signature(void **state)
{
    struct mls_key_package_view v;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    m.message.b[m.message.len - 1] ^= 1;
    assert_err(mls_key_package_check(buf_bytes(&m.message), 0, &v), ERR_AUTH);
    buf_free(&m.message);
}

/* A group's own demands on who is added. */
static void
test_group_extensions(void **state)
{
    static const uint8_t unlisted[] = {0xff, 9, 0};
    struct mls_key_package kp;
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_ok(
        mls_key_package_new(&m.who, 10, 20, false, &m.message, &m.secret));
    assert_ok(mls_key_package_parse(buf_bytes(&m.message), &kp));
    assert_ok(mls_check_key_package(&kp, (struct bytes){0}, 15));
    assert_err(mls_check_key_package(&kp, BYTES_OF(unlisted), 15),
               ERR_MALFORMED);
    kp.suite = 1;
    assert_err(mls_check_key_package(&kp, (struct bytes){0}, 15),
               ERR_UNSUPPORTED);
    buf_free(&m.message);
}

static enum err
make_and_check(void *context)
{
    struct maker *m = context;
    struct buf out = buf_limited(FIXTURE_MAX);
    struct mls_key_package_view v;
    enum err e = mls_key_package_new(&m->who, 10, 20, true, &out, &m->secret);

    if (e == ERR_OK)
        e = mls_key_package_check(buf_bytes(&out), 15, &v);
    buf_free(&out);
    return e;
}

static void
test_allocations(void **state)
{
    struct buf small = buf_limited(100);
    struct maker m;

    (void)state;
    maker_init(&m);
    assert_true(every_allocation_fails(make_and_check, &m) > 5);
    assert_err(mls_key_package_new(&m.who, 10, 20, true, &small, &m.secret),
               ERR_TOO_LARGE);
    buf_free(&small);
    buf_free(&m.message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_last_resort_is_named),
        cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_low_order),
        cmocka_unit_test(test_outer_signature),
        cmocka_unit_test(test_group_extensions),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
