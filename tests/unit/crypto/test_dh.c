/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/dh.h"

#include <string.h>

#include "started.h"

/* RFC 7748 section 5.2, the first two of the test vectors. */
static void
answers_of_rfc_7748(void **state)
{
    struct dh_secret k;
    struct dh_public u;
    struct dh_shared out;

    (void)state;
    unhex_into(k.b, "a546e36bf0527c9d3b16154b82465edd"
                    "62144c0ac1fc5a18506a2244ba449ac4");
    unhex_into(u.b, "e6db6867583030db3594c1a424b15f7c"
                    "726624ec26b3353b10a903a6d0ab1c4c");
    assert_ok(dh_agree(&k, &u, &out));
    assert_hex(BYTES_OF(out.b), "c3da55379de9c6908e94ea4df28d084f"
                                "32eccf03491c71f754b4075577a28552");
    unhex_into(k.b, "4b66e9d4d1b4673c5ad22691957d6af5"
                    "c11b6421e0ea01d42ca4169e7918ba0d");
    unhex_into(u.b, "e5210f12786811d3f4b7959d0538ae2c"
                    "31dbe7106fc03c3efc4cd549c715a493");
    assert_ok(dh_agree(&k, &u, &out));
    assert_hex(BYTES_OF(out.b), "95cbde9476e8907d7aade45cb4b873f8"
                                "8b595a68799fa152e6f8f7647aac7957");
}

/* RFC 7748 section 5.2, the thousand iterations from the base point; each first
 * step is also a public key. */
static void
a_thousand_times(void **state)
{
    struct dh_secret k = {{9}};
    struct dh_public u = {{9}};
    struct dh_public pub;
    struct dh_shared out;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        assert_ok(dh_agree(&k, &u, &out));
        if (i == 0) {
            dh_derive_public(&k, &pub);
            assert_memory_equal(pub.b, out.b, sizeof out.b);
        }
        memcpy(u.b, k.b, sizeof u.b);
        memcpy(k.b, out.b, sizeof k.b);
    }
    assert_hex(BYTES_OF(k.b), "684cf59ba83309552800ef566f2f4d3c"
                              "1c3887c49360e3875f2eb94d99532c51");
}

static void
two_pairs_agree(void **state)
{
    struct dh_secret a;
    struct dh_secret b;
    struct dh_public a_pub;
    struct dh_public b_pub;
    struct dh_shared one;
    struct dh_shared two;

    (void)state;
    dh_generate(&a, &a_pub);
    dh_generate(&b, &b_pub);
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
    assert_ok(dh_agree(&a, &b_pub, &one));
    assert_ok(dh_agree(&b, &a_pub, &two));
    assert_memory_equal(one.b, two.b, sizeof one.b);
    dh_secret_wipe(&a);
    dh_shared_wipe(&one);
    assert_true(bytes_all_zero(BYTES_OF(a.b)));
    assert_true(bytes_all_zero(BYTES_OF(one.b)));
}

/* All u of order 1, 2, 4 and 8, canonical and not: x = 0, 1, -1 and the two of
 * order 8, each plus p where that still fits 255 bits. */
static void
points_of_low_order_are_refused(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    struct dh_secret ours;
    struct dh_public pub;

    (void)state;
    dh_generate(&ours, &pub);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct dh_shared out;

        unhex_into(pub.b, points[i]);
        assert_err(dh_agree(&ours, &pub, &out), ERR_AUTH);
        assert_err(dh_public_check(&pub), ERR_AUTH);
        pub.b[31] ^= 0x80; /* which does not count */
        assert_err(dh_agree(&ours, &pub, &out), ERR_AUTH);
        assert_err(dh_public_check(&pub), ERR_AUTH);
        pub.b[31] ^= 0x80;
        for (size_t at = 0; at < sizeof pub.b; at++) { /* its neighbours */
            pub.b[at] ^= 4;
            assert_int_equal(dh_public_check(&pub),
                             dh_agree(&ours, &pub, &out));
            pub.b[at] ^= 4;
        }
    }
}

/* The check says before what the agreement would say. */
static void
the_check_agrees_with_the_agreement(void **state)
{
    struct dh_secret ours;
    struct dh_public pub;
    struct dh_shared out;

    (void)state;
    dh_generate(&ours, &pub);
    assert_ok(dh_public_check(&pub));
    for (int i = 0; i < 256; i++) { /* 0 .. 255, and the last 256 below 2^255 */
        memset(pub.b, 0, sizeof pub.b);
        pub.b[0] = (uint8_t)i;
        assert_int_equal(dh_public_check(&pub), dh_agree(&ours, &pub, &out));
        memset(pub.b, 0xff, sizeof pub.b);
        pub.b[0] = (uint8_t)i;
        pub.b[31] = 0x7f;
        assert_int_equal(dh_public_check(&pub), dh_agree(&ours, &pub, &out));
    }
    dh_secret_wipe(&ours);
    dh_shared_wipe(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_rfc_7748),
        cmocka_unit_test(a_thousand_times),
        cmocka_unit_test(two_pairs_agree),
        cmocka_unit_test(points_of_low_order_are_refused),
        cmocka_unit_test(the_check_agrees_with_the_agreement),
    };

    return RUN_STARTED(tests);
}
