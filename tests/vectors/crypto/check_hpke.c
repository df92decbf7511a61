/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HPKE vectors of RFC 9180 appendix A.2. Of the modes that we do not speak
 * only the key pairs are checked. */
#include "crypto/hpke.h"

#include <string.h>

#include "checks.h"
#include "support/check.h"

static void
check_pair(struct arena *a,
           const struct json *c,
           const char *ikm,
           const char *sk,
           const char *pk)
{
    struct dh_secret secret;
    struct dh_public pub;

    if (json_find(c, ikm) == NULL)
        return; /* a sender's key is only in modes 2 and 3 */
    hpke_derive_key_pair(json_hex(a, c, ikm), &secret, &pub);
    assert_bytes(BYTES_OF(secret.b), json_hex(a, c, sk));
    assert_bytes(BYTES_OF(pub.b), json_hex(a, c, pk));
}

static void
check_context(struct arena *a,
              const struct json *c,
              const struct hpke_context *got)
{
    assert_bytes(BYTES_OF(got->key.b), json_hex(a, c, "key"));
    assert_bytes(BYTES_OF(got->base_nonce), json_hex(a, c, "base_nonce"));
    assert_bytes(BYTES_OF(got->exporter_secret),
                 json_hex(a, c, "exporter_secret"));
    assert_true(got->seq == 0);
}

static void
fill(struct arena *a,
     const struct json *c,
     const char *name,
     uint8_t out[static DH_LEN])
{
    struct bytes key = json_hex(a, c, name);

    assert_int_equal(key.len, DH_LEN);
    memcpy(out, key.b, DH_LEN);
}

/* Both sides of the base case. */
static void
contexts(struct arena *a,
         const struct json *c,
         struct hpke_context *sender,
         struct hpke_context *receiver)
{
    struct bytes info = json_hex(a, c, "info");
    struct dh_secret ephemeral;
    struct dh_secret ours;
    struct dh_public to;
    struct hpke_context derived;
    uint8_t enc[HPKE_ENC_LEN];

    fill(a, c, "skEm", ephemeral.b);
    fill(a, c, "skRm", ours.b);
    fill(a, c, "pkRm", to.b);
    assert_ok(hpke_setup_sender_with(&to, info, &ephemeral, enc, sender));
    assert_bytes(BYTES_OF(enc), json_hex(a, c, "enc"));
    assert_ok(hpke_setup_receiver(&ours, &to, enc, info, receiver));
    assert_ok(hpke_setup_receiver(&ours, NULL, enc, info, &derived));
    check_context(a, c, sender);
    check_context(a, c, receiver);
    check_context(a, c, &derived);
}

static void
base_mode_seals_and_opens(struct arena *a, const struct json *c)
{
    const struct json *row = json_array(c, "encryptions")->first;
    struct hpke_context sender;
    struct hpke_context receiver;
    size_t count = 0;

    contexts(a, c, &sender, &receiver);
    for (; row != NULL; row = row->next, count++) {
        struct bytes pt = json_hex(a, row, "pt");
        struct bytes ct = json_hex(a, row, "ct");
        struct bytes aad = json_hex(a, row, "aad");
        uint8_t *out = arena_new(a, ct.len);

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
    assert_true(count > 0);
}

static void
base_mode_exports(struct arena *a, const struct json *c)
{
    const struct json *row = json_array(c, "exports")->first;
    struct hpke_context sender;
    struct hpke_context receiver;
    size_t count = 0;

    contexts(a, c, &sender, &receiver);
    for (; row != NULL; row = row->next, count++) {
        size_t len = json_number(row, "L");
        uint8_t *out = arena_new(a, len);

        assert_non_null(out);
        assert_ok(hpke_context_export(
            &receiver, json_hex(a, row, "exporter_context"), out, len));
        assert_bytes(((struct bytes){out, len}),
                     json_hex(a, row, "exported_value"));
    }
    assert_true(count > 0);
}

void
vectors_check_hpke(struct arena *a, const struct json *c)
{
    check_pair(a, c, "ikmE", "skEm", "pkEm");
    check_pair(a, c, "ikmR", "skRm", "pkRm");
    check_pair(a, c, "ikmS", "skSm", "pkSm"); /* in modes 2 and 3 */
    if (json_number(c, "mode") != 0)
        return;
    base_mode_seals_and_opens(a, c);
    base_mode_exports(a, c);
}
