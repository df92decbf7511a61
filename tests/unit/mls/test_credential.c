/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/credential.c */
#include "tree_fixture.h"

#include "lib/mls/credential.h"

static enum err
parse(struct bytes in, struct mls_credential *out)
{
    struct reader r = {.rest = in};

    mls_credential_read(&r, out);
    return reader_end(&r);
}

static void
test_basic(void **state)
{
    struct buf b = buf_limited(FIXTURE_MAX);
    struct mls_credential c;

    (void)state;
    mls_credential_write_basic(text("olga"), &b);
    assert_hex(buf_bytes(&b), "0001 04 6f6c6761");
    assert_ok(parse(buf_bytes(&b), &c));
    assert_int_equal(c.type, MLS_CREDENTIAL_BASIC);
    assert_bytes(c.identity, text("olga"));
    assert_bytes(c.raw, buf_bytes(&b));
    buf_free(&b);
}

static void
test_x509(void **state)
{
    const uint8_t two[] = {0, 2, 5, 2, 'a', 'b', 1, 'c'};
    struct mls_credential c;

    (void)state;
    assert_ok(parse(BYTES_OF(two), &c));
    assert_int_equal(c.type, MLS_CREDENTIAL_X509);
    assert_int_equal(c.identity.len, 5);
    assert_bytes(c.raw, BYTES_OF(two));
}

static void
test_refused(void **state)
{
    const uint8_t unknown[] = {0, 3, 1, 'a'};
    const uint8_t grease[] = {0x0a, 0x0a, 1, 'a'};
    const uint8_t none[] = {0, 0, 1, 'a'};
    const uint8_t cut[] = {0, 1, 2, 'a'};
    const uint8_t after[] = {0, 1, 1, 'a', 0};
    const uint8_t certificate_cut[] = {0, 2, 2, 2, 'a'};
    const struct bytes all[] = {BYTES_OF(unknown), BYTES_OF(grease),
                                BYTES_OF(none),    BYTES_OF(cut),
                                BYTES_OF(after),   BYTES_OF(certificate_cut)};
    struct mls_credential c;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_err(parse(all[i], &c), ERR_MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_x509),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
