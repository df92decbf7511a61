/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/noise.h"

#include <stdio.h>
#include <string.h>

#include "cm.h"

static enum err
find(const char *name, const struct noise_pattern **p, uint8_t *psks)
{
    return noise_pattern_find(bytes_str(name), p, psks);
}

static void
test_every_name_is_found(void **state)
{
    char name[NOISE_NAME_MAX];
    size_t count = 0;

    (void)state;
    for (const struct noise_pattern *p; (p = noise_pattern_at(count)) != NULL;
         count++) {
        const struct noise_pattern *found = NULL;
        uint8_t psks = 1;

        snprintf(name, sizeof name, "Noise_%s_25519_ChaChaPoly_BLAKE2b",
                 p->name);
        assert_err(find(name, &found, &psks), ERR_OK);
        assert_ptr_equal(found, p);
        assert_int_equal(psks, 0);
    }
    assert_int_equal(count, 38); /* 15 of section 7, 23 deferred ones */
}

/* What must be true of every pattern (section 7.3): both send e before any DH
 * with it, and nothing is done twice. */
static void
test_patterns_are_valid(void **state)
{
    (void)state;
    for (size_t k = 0; noise_pattern_at(k) != NULL; k++) {
        const struct noise_pattern *p = noise_pattern_at(k);
        unsigned dh_done = 0;
        bool e[2] = {false, false};
        bool s[2] = {p->pre_initiator, p->pre_responder};

        assert_true(p->message_count >= 1 &&
                    p->message_count <= NOISE_MESSAGES_MAX);
        for (size_t m = 0; m < p->message_count; m++) {
            assert_int_not_equal(p->tokens[m][0], NOISE_END);
            for (size_t t = 0; t < NOISE_TOKENS_MAX; t++) {
                unsigned token = p->tokens[m][t];

                if (token == NOISE_END)
                    continue;
                if (token == NOISE_E) {
                    assert_false(e[m % 2]);
                    e[m % 2] = true;
                } else if (token == NOISE_S) {
                    assert_false(s[m % 2]);
                    s[m % 2] = true;
                } else {
                    bool ini_e = token == NOISE_EE || token == NOISE_ES;
                    bool res_e = token == NOISE_EE || token == NOISE_SE;

                    assert_int_equal(dh_done >> token & 1U, 0);
                    dh_done |= 1U << token;
                    assert_true(ini_e ? e[0] : s[0]);
                    assert_true(res_e ? e[1] : s[1]);
                }
            }
        }
        assert_true(e[0]);
        assert_true(e[1] || p->message_count == 1);
    }
}

static void
test_psk_modifiers(void **state)
{
    static const struct {
        const char *modifiers;
        uint8_t mask;
    } cases[] = {{"psk0", 1},
                 {"psk1", 2},
                 {"psk3", 8},
                 {"psk0+psk3", 9},
                 {"psk0+psk1+psk2+psk3", 15}};
    const struct noise_pattern *p;
    uint8_t psks;
    char name[NOISE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(name, sizeof name, "Noise_XX%s_25519_ChaChaPoly_BLAKE2b",
                 cases[i].modifiers);
        assert_err(find(name, &p, &psks), ERR_OK);
        assert_string_equal(p->name, "XX");
        assert_int_equal(psks, cases[i].mask);
    }
}

static void
test_foreign_names(void **state)
{
    static const char *const names[] = {
        "",
        "Noise_",
        "Noise_NK",
        "noise_NK_25519_ChaChaPoly_BLAKE2b",
        "Noise_NK_25519_ChaChaPoly_BLAKE2s",
        "Noise_NK_25519_AESGCM_BLAKE2b",
        "Noise_NK_448_ChaChaPoly_BLAKE2b",
        "Noise_NK_25519_ChaChaPoly_BLAKE2b ",
        "Noise_ZZ_25519_ChaChaPoly_BLAKE2b",
        "Noise__25519_ChaChaPoly_BLAKE2b",
        "Noise_NKpsk_25519_ChaChaPoly_BLAKE2b",
        "Noise_NKpsk3_25519_ChaChaPoly_BLAKE2b", /* only two messages */
        "Noise_NKpsk2+psk0_25519_ChaChaPoly_BLAKE2b",
        "Noise_NKpsk0+psk0_25519_ChaChaPoly_BLAKE2b",
        "Noise_NKpsk0psk2_25519_ChaChaPoly_BLAKE2b",
        "Noise_NK+psk0_25519_ChaChaPoly_BLAKE2b",
        "Noise_XXfallback_25519_ChaChaPoly_BLAKE2b",
        ("Noise_NK_25519_ChaChaPoly_BLAKE2b_25519_ChaChaPoly_BLAKE2b_25519_"
         "ChaChaPoly_BLAKE2b_25519_ChaChaPoly_BLAKE2b"),
    };
    const struct noise_pattern *p;
    uint8_t psks;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_err(find(names[i], &p, &psks), ERR_UNSUPPORTED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_is_found),
        cmocka_unit_test(test_patterns_are_valid),
        cmocka_unit_test(test_psk_modifiers),
        cmocka_unit_test(test_foreign_names),
    };

    return RUN(tests);
}
