/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* welcome.c, group_info.c, group_context.c and key_schedule.c: what the
 * vectors and test_join.c do not reach. */
#include "group_fixture.h"

#include "lib/mls/group_info.h"
#include "lib/mls/message.h"
#include "lib/mls/welcome.h"

static const uint8_t ref_a[MLS_HASH_LEN] = {1};
static const uint8_t ref_b[MLS_HASH_LEN] = {2};

static void
write_entry(const uint8_t *ref, struct buf *out)
{
    buf_opaque(out, (struct bytes){ref, MLS_HASH_LEN});
    buf_opaque(out, bytes_str("kem"));
    buf_opaque(out, bytes_str("ciphertext"));
}

static void
entries(void **state)
{
    struct buf list = buf_limited(4096);
    struct buf b = buf_limited(4096);
    struct mls_encrypted_group_secrets entry;
    struct mls_welcome w = {.cipher_suite = MLS_SUITE};
    struct mls_welcome again;

    (void)state;
    write_entry(ref_a, &list);
    w.secrets = buf_bytes(&list);
    w.encrypted_group_info = bytes_str("info");
    mls_welcome_write(&w, &b);
    assert_ok(mls_welcome_read(buf_bytes(&b), &again));
    assert_ok(mls_welcome_find(&again, ref_a, &entry));
    assert_bytes(entry.ciphertext.ciphertext, bytes_str("ciphertext"));
    assert_err(mls_welcome_find(&again, ref_b, &entry), ERR_NOT_FOUND);
    for (size_t n = 0; n < b.len; n++)
        assert_err(mls_welcome_read(bytes_slice(buf_bytes(&b), 0, n), &again),
                   ERR_MALFORMED);
    write_entry(ref_a, &list); /* twice */
    w.secrets = buf_bytes(&list);
    assert_err(mls_welcome_find(&w, ref_a, &entry), ERR_MALFORMED);
    buf_u8(&list, 5); /* a broken entry */
    w.secrets = buf_bytes(&list);
    buf_reset(&b);
    mls_welcome_write(&w, &b);
    assert_err(mls_welcome_read(buf_bytes(&b), &again), ERR_MALFORMED);
    buf_free(&b);
    buf_free(&list);
}

static void
group_secrets(void **state)
{
    struct mls_group_secrets s = {.joiner_secret = BYTES_OF(ref_a),
                                  .has_path_secret = true,
                                  .path_secret = BYTES_OF(ref_b)};
    struct mls_group_secrets again;
    struct buf b = buf_limited(4096);

    (void)state;
    mls_group_secrets_write(&s, &b);
    assert_ok(mls_group_secrets_read(buf_bytes(&b), &again));
    assert_bytes(again.path_secret, BYTES_OF(ref_b));
    for (size_t n = 0; n < b.len; n++)
        assert_err(
            mls_group_secrets_read(bytes_slice(buf_bytes(&b), 0, n), &again),
            ERR_MALFORMED);
    s.path_secret.len--;
    buf_reset(&b);
    mls_group_secrets_write(&s, &b);
    assert_err(mls_group_secrets_read(buf_bytes(&b), &again), ERR_MALFORMED);
    s.has_path_secret = false;
    s.joiner_secret.len--;
    buf_reset(&b);
    mls_group_secrets_write(&s, &b);
    assert_err(mls_group_secrets_read(buf_bytes(&b), &again), ERR_MALFORMED);
    s.joiner_secret.len++;
    s.psks = bytes_str("\x07"); /* no PreSharedKeyID */
    buf_reset(&b);
    mls_group_secrets_write(&s, &b);
    assert_err(mls_group_secrets_read(buf_bytes(&b), &again), ERR_MALFORMED);
    buf_free(&b);
}

static void
group_info_open(void **state)
{
    const struct mls_secret secret = {{4}};
    struct mls_welcome w = {.encrypted_group_info = bytes_str("too short")};
    struct buf out = buf_limited(4096);

    (void)state;
    assert_err(mls_welcome_open_info(&w, &secret, &out), ERR_AUTH);
    w.encrypted_group_info = bytes_str("long enough, but not sealed by anyone");
    assert_err(mls_welcome_open_info(&w, &secret, &out), ERR_AUTH);
    buf_free(&out);
}

static void
low_order_init_key(void **state)
{
    const struct mls_secret secret = {{4}};
    const struct mls_welcome_member member = {.ref = {1}};
    const struct mls_welcome_plan plan = {.members = &member,
                                          .member_count = 1,
                                          .joiner = &secret,
                                          .welcome = &secret,
                                          .group_info = bytes_str("info")};
    struct buf out = buf_limited(4096);

    (void)state;
    assert_err(mls_welcome_make(&plan, &out), ERR_AUTH);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
group_context(void **state)
{
    struct mls_group_context gc = {.version = MLS_VERSION_10,
                                   .cipher_suite = MLS_SUITE,
                                   .group_id = bytes_str("g"),
                                   .epoch = 1,
                                   .tree_hash = BYTES_OF(ref_a),
                                   .confirmed_transcript_hash =
                                       BYTES_OF(ref_b)};
    struct mls_group_context again;
    struct buf b = buf_limited(4096);
    struct reader r;

    (void)state;
    mls_group_context_write(&gc, &b);
    for (size_t n = 0; n <= b.len; n++) {
        r = (struct reader){.rest = bytes_slice(buf_bytes(&b), 0, n)};
        mls_group_context_read(&r, &again);
        assert_err(reader_end(&r), n == b.len ? ERR_OK : ERR_MALFORMED);
    }
    assert_ok(mls_group_context_check(&gc));
    gc.confirmed_transcript_hash.len = 0;
    assert_err(mls_group_context_check(&gc), ERR_MALFORMED);
    gc.epoch = 0; /* nothing was confirmed yet */
    assert_ok(mls_group_context_check(&gc));
    gc.tree_hash.len--;
    assert_err(mls_group_context_check(&gc), ERR_MALFORMED);
    gc.cipher_suite = 1;
    assert_err(mls_group_context_check(&gc), ERR_UNSUPPORTED);
    gc.cipher_suite = MLS_SUITE;
    gc.version = 2;
    assert_err(mls_group_context_check(&gc), ERR_UNSUPPORTED);
    buf_free(&b);
}

/* Both sides of an external init agree (8.3). */
static void
external_init(void **state)
{
    const struct mls_secret external = {{6}};
    struct dh_secret secret;
    struct dh_public pub;
    struct dh_public low = {{0}};
    uint8_t kem[DH_LEN];
    struct mls_secret made;
    struct mls_secret opened;

    (void)state;
    mls_key_schedule_external_pair(&external, &secret, &pub);
    assert_ok(mls_key_schedule_external_make(&pub, kem, &made));
    assert_ok(
        mls_key_schedule_external_open(&external, BYTES_OF(kem), &opened));
    assert_bytes(BYTES_OF(opened.b), BYTES_OF(made.b));
    assert_err(mls_key_schedule_external_open(
                   &external, (struct bytes){kem, DH_LEN - 1}, &opened),
               ERR_MALFORMED);
    assert_err(
        mls_key_schedule_external_open(&external, BYTES_OF(low.b), &opened),
        ERR_AUTH);
    assert_err(mls_key_schedule_external_make(&low, kem, &made), ERR_AUTH);
}

static enum err
make_once(void *context)
{
    const struct mls_secret secret = {{4}};
    struct mls_welcome_member member = {.ref = {1}};
    struct mls_welcome_plan plan = {.members = &member,
                                    .member_count = 1,
                                    .joiner = &secret,
                                    .welcome = &secret};
    struct mls_group_info info = {.confirmation_tag = BYTES_OF(ref_a)};
    struct sign_secret key;
    struct sign_public pub;
    struct dh_secret init;
    struct buf signed_info = buf_limited(4096);
    struct buf out = buf_limited(4096);
    enum err e;

    (void)context;
    sign_generate(&key, &pub);
    dh_generate(&init, &member.init_key);
    e = mls_group_info_make(&info, &key, &signed_info);
    if (e == ERR_OK) {
        struct mls_group_info again;

        assert_ok(mls_group_info_read(buf_bytes(&signed_info), &again));
        e = mls_group_info_verify(&again, &pub);
    }
    if (e == ERR_OK) {
        plan.group_info = buf_bytes(&signed_info);
        e = mls_welcome_make(&plan, &out);
    }
    buf_free(&signed_info);
    buf_free(&out);
    return e;
}

static void
without_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(make_once, NULL) > 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),         cmocka_unit_test(group_secrets),
        cmocka_unit_test(group_info_open), cmocka_unit_test(low_order_init_key),
        cmocka_unit_test(group_context),   cmocka_unit_test(external_init),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
