/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/core/identity.h"
#include "crypto/random.h"

#define NOW_MS UINT64_C(1767225600000)

/* J-05: nothing of one identity is in another. */
static void
fresh_each_time(void **state)
{
    struct mls_key_package_secret secrets[2];
    struct mls_key_package_view views[2];
    struct buf packages[2] = {buf_limited(4096), buf_limited(4096)};
    struct client_id ids[2];
    struct bytes name;

    (void)state;
    assert_ok(random_start());
    for (size_t i = 0; i < 2; i++) {
        assert_ok(identity_key_package(bytes_str("Олена"), NOW_MS, &packages[i],
                                       &secrets[i]));
        assert_ok(identity_check_key_package(buf_bytes(&packages[i]), NOW_MS,
                                             &ids[i], &name));
        assert_bytes(name, bytes_str("Олена"));
        assert_ok(mls_key_package_check(buf_bytes(&packages[i]), 0, &views[i]));
    }
    assert_memory_not_equal(&ids[0], &ids[1], sizeof ids[0]);
    assert_memory_not_equal(views[0].signature_key.b, views[1].signature_key.b,
                            32);
    assert_memory_not_equal(views[0].encryption_key.b,
                            views[1].encryption_key.b, 32);
    assert_memory_not_equal(views[0].init_key.b, views[1].init_key.b, 32);
    for (size_t i = 0; i < 2; i++) {
        mls_key_package_secret_wipe(&secrets[i]);
        buf_free(&packages[i]);
    }
}

/* D-15, F-13: two days of a wrong clock do no harm, years do. */
static void
lifetimes(void **state)
{
    const uint64_t day = UINT64_C(24) * 3600 * 1000;
    struct mls_key_package_secret secret;
    struct buf package = buf_limited(4096);
    struct client_id id;
    struct bytes name;

    (void)state;
    assert_ok(random_start());
    assert_ok(identity_key_package(bytes_str("a"), NOW_MS, &package, &secret));
    assert_ok(identity_check_key_package(buf_bytes(&package), NOW_MS - day, &id,
                                         &name));
    assert_ok(identity_check_key_package(buf_bytes(&package),
                                         NOW_MS + 100 * day, &id, &name));
    assert_err(identity_check_key_package(buf_bytes(&package),
                                          NOW_MS + 200 * day, &id, &name),
               ERR_EXPIRED);
    assert_err(identity_check_key_package(buf_bytes(&package),
                                          NOW_MS - 10 * day, &id, &name),
               ERR_EXPIRED);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
}

static void
names(void **state)
{
    const uint8_t credential[CLIENT_ID_LEN] = {1};
    const uint8_t zeros[CLIENT_ID_LEN] = {0};
    uint8_t longest[LIMIT_NAME + 1];

    (void)state;
    memset(longest, 'x', sizeof longest);
    assert_ok(identity_check(BYTES_OF(credential),
                             bytes_slice(BYTES_OF(longest), 0, LIMIT_NAME)));
    assert_err(identity_check(BYTES_OF(credential), BYTES_OF(longest)),
               ERR_MALFORMED);
    assert_err(identity_check(BYTES_OF(credential), (struct bytes){0}),
               ERR_MALFORMED);
    assert_err(identity_check(BYTES_OF(credential), bytes_str("\xff")),
               ERR_MALFORMED);
    assert_err(identity_check(BYTES_OF(zeros), bytes_str("a")), ERR_MALFORMED);
    assert_err(identity_check(bytes_slice(BYTES_OF(credential), 0, 15),
                              bytes_str("a")),
               ERR_MALFORMED);
}

/* Without a name, or with a credential of another shape, nobody comes in. */
static void
foreign_packages(void **state)
{
    const uint8_t credential[3] = {1, 2, 3};
    struct mls_key_package_secret secret;
    struct buf package = buf_limited(4096);
    struct identity who;
    struct client_id id;
    struct bytes name;

    (void)state;
    assert_ok(random_start());
    identity_new(bytes_str("a"), &who);
    who.mls.leaf_extension_count = 0;
    assert_ok(
        mls_key_package_new(&who.mls, 0, NOW_MS, false, &package, &secret));
    assert_err(
        identity_check_key_package(buf_bytes(&package), NOW_MS, &id, &name),
        ERR_MALFORMED);
    identity_new(bytes_str("a"), &who);
    who.mls.credential = BYTES_OF(credential);
    buf_reset(&package);
    assert_ok(
        mls_key_package_new(&who.mls, 0, NOW_MS, false, &package, &secret));
    assert_err(
        identity_check_key_package(buf_bytes(&package), NOW_MS, &id, &name),
        ERR_MALFORMED);
    identity_wipe(&who);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_each_time),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(names),
        cmocka_unit_test(foreign_packages),
    };

    return cmocka_run_group_tests_name("client identity", tests, NULL, NULL);
}
