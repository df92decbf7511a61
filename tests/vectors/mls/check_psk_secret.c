/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* psk_secret.json: 0 to 10 pre-shared keys combined. */
#include "mls_vectors.h"

#include "lib/mls/psk.h"

void
vectors_check_psk_secret(struct arena *a, const struct json *c)
{
    const struct json *psks = json_array(c, "psks");
    const struct json *v = psks->first;
    struct mls_secret s;
    uint16_t index = 0;

    mls_psk_secret_init(&s);
    for (; v != NULL; v = v->next) {
        struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                                .id = json_hex(a, v, "psk_id"),
                                .nonce = json_hex(a, v, "psk_nonce")};

        assert_ok(mls_psk_id_check(&id));
        assert_ok(mls_psk_secret_mix(&s, &id, json_hex(a, v, "psk"), index++,
                                     (uint16_t)psks->count));
    }
    assert_bytes(BYTES_OF(s.b), json_hex(a, c, "psk_secret"));
}
