/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HPKE vectors of RFC 9180 appendix A.2. Of the modes that we do not speak
 * only the key pairs are checked. */
#include "crypto/hpke.h"

#include <string.h>

#include "crypto/random.h"
#include "support/vectors.h"

struct fixture {
    struct arena whole;
    const struct json *root;
};

static int
setup(void **state)
{
    static struct fixture f;

    f.whole = arena_limited(VECTORS_BUDGET);
    f.root = NULL;
    *state = &f;
    return random_start() == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    arena_free(&f->whole);
    return 0;
}

/* Skips when the file is absent, so not in setup(). */
static const struct json *
cases(struct fixture *f)
{
    f->root = vectors_open(&f->whole,
                           "hpke/hpke-x25519-sha256-chacha20poly1305.json");
    assert_int_equal(f->root->kind, JSON_ARRAY);
    assert_int_equal(f->root->count, 4);
    return f->root->first;
}

static void
check_pair(struct fixture *f,
           const struct json *c,
           const char *ikm,
           const char *sk,
           const char *pk)
{
    struct dh_secret secret;
    struct dh_public pub;

    if (json_find(c, ikm) == NULL)
        return; /* a sender's key is only in modes 2 and 3 */
    hpke_derive_key_pair(json_hex(&f->whole, c, ikm), &secret, &pub);
    assert_bytes(BYTES_OF(secret.b), json_hex(&f->whole, c, sk));
    assert_bytes(BYTES_OF(pub.b), json_hex(&f->whole, c, pk));
}

static void
seeds_give_the_key_pairs(void **state)
{
    struct fixture *f = *state;

    for (const struct json *c = cases(f); c != NULL; c = c->next) {
        assert_non_null(json_find(c, "ikmE"));
        assert_non_null(json_find(c, "ikmR"));
        check_pair(f, c, "ikmE", "skEm", "pkEm");
        check_pair(f, c, "ikmR", "skRm", "pkRm");
        check_pair(f, c, "ikmS", "skSm", "pkSm");
    }
}

static const struct json *
base_case(struct fixture *f)
{
    const struct json *c = cases(f);

    while (c != NULL && json_number(c, "mode") != 0)
        c = c->next;
    assert_non_null(c);
    assert_int_equal(json_number(c, "kem_id"), 0x0020);
    assert_int_equal(json_number(c, "kdf_id"), 0x0001);
    assert_int_equal(json_number(c, "aead_id"), 0x0003);
    return c;
}

static void
check_context(struct fixture *f,
              const struct json *c,
              const struct hpke_context *got)
{
    assert_bytes(BYTES_OF(got->key.b), json_hex(&f->whole, c, "key"));
    assert_bytes(BYTES_OF(got->base_nonce),
                 json_hex(&f->whole, c, "base_nonce"));
    assert_bytes(BYTES_OF(got->exporter_secret),
                 json_hex(&f->whole, c, "exporter_secret"));
    assert_true(got->seq == 0);
}

/* Both sides of the base case. */
static void
contexts(struct fixture *f,
         const struct json *c,
         struct hpke_context *sender,
         struct hpke_context *receiver)
{
    struct bytes info = json_hex(&f->whole, c, "info");
    struct dh_secret ephemeral;
    struct dh_secret ours;
    struct dh_public to;
    struct hpke_context derived;
    uint8_t enc[HPKE_ENC_LEN];

    memcpy(ephemeral.b, json_hex(&f->whole, c, "skEm").b, DH_LEN);
    memcpy(ours.b, json_hex(&f->whole, c, "skRm").b, DH_LEN);
    memcpy(to.b, json_hex(&f->whole, c, "pkRm").b, DH_LEN);
    assert_ok(hpke_setup_sender_with(&to, info, &ephemeral, enc, sender));
    assert_bytes(BYTES_OF(enc), json_hex(&f->whole, c, "enc"));
    assert_ok(hpke_setup_receiver(&ours, &to, enc, info, receiver));
    assert_ok(hpke_setup_receiver(&ours, NULL, enc, info, &derived));
    check_context(f, c, sender);
    check_context(f, c, receiver);
    check_context(f, c, &derived);
}

static void
base_mode_seals_and_opens(void **state)
{
    struct fixture *f = *state;
    const struct json *c = base_case(f);
    const struct json *row = json_array(c, "encryptions")->first;
    struct hpke_context sender;
    struct hpke_context receiver;
    size_t count = 0;

    contexts(f, c, &sender, &receiver);
    for (; row != NULL; row = row->next, count++) {
        struct bytes pt = json_hex(&f->whole, row, "pt");
        struct bytes ct = json_hex(&f->whole, row, "ct");
        struct bytes aad = json_hex(&f->whole, row, "aad");
        uint8_t *out = arena_new(&f->whole, ct.len);

        assert_non_null(out);
        assert_int_equal(ct.len, pt.len + AEAD_TAG_LEN);
        sender.seq = json_number(row, "sequence_number");
        receiver.seq = sender.seq;
        assert_ok(hpke_context_seal(&sender, aad, pt, out));
        assert_bytes(((struct bytes){out, ct.len}), ct);
        assert_ok(hpke_context_open(&receiver, aad, ct, out));
        assert_bytes(((struct bytes){out, pt.len}), pt);
        assert_true(sender.seq == json_number(row, "sequence_number") + 1);
        assert_true(receiver.seq == sender.seq);
    }
    assert_int_equal(count, 6);
}

static void
base_mode_exports(void **state)
{
    struct fixture *f = *state;
    const struct json *c = base_case(f);
    const struct json *row = json_array(c, "exports")->first;
    struct hpke_context sender;
    struct hpke_context receiver;
    size_t count = 0;

    contexts(f, c, &sender, &receiver);
    for (; row != NULL; row = row->next, count++) {
        size_t len = json_number(row, "L");
        uint8_t *out = arena_new(&f->whole, len);

        assert_non_null(out);
        assert_ok(hpke_context_export(
            &receiver, json_hex(&f->whole, row, "exporter_context"), out, len));
        assert_bytes(((struct bytes){out, len}),
                     json_hex(&f->whole, row, "exported_value"));
    }
    assert_int_equal(count, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seeds_give_the_key_pairs, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(base_mode_seals_and_opens, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(base_mode_exports, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
