/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One function for each family of published vectors: it checks one case, and
 * fails the cmocka test that it runs in when the case does not hold, or lacks
 * something. What a case needs lives in the arena. random_start() was called.
 */
#ifndef VECTORS_CHECKS_H
#define VECTORS_CHECKS_H

#include "support/json.h"

typedef void vectors_check(struct arena *a, const struct json *c);

vectors_check vectors_check_crypto_basics;
vectors_check vectors_check_deserialization;
vectors_check vectors_check_key_schedule;
vectors_check vectors_check_message_protection;
vectors_check vectors_check_messages;
vectors_check vectors_check_passive;
vectors_check vectors_check_psk_secret;
vectors_check vectors_check_secret_tree;
vectors_check vectors_check_transcript_hashes;
vectors_check vectors_check_tree_math;
vectors_check vectors_check_tree_operations;
vectors_check vectors_check_tree_validation;
vectors_check vectors_check_treekem;
vectors_check vectors_check_welcome;

vectors_check vectors_check_hpke;
vectors_check vectors_check_noise;

/* Wycheproof: a test, and the group that it stands in. */
typedef void vectors_check_grouped(struct arena *a,
                                   const struct json *group,
                                   const struct json *c);

vectors_check_grouped vectors_check_chacha20poly1305;
vectors_check_grouped vectors_check_ed25519;
vectors_check_grouped vectors_check_hkdf;
vectors_check_grouped vectors_check_hmac;
vectors_check_grouped vectors_check_x25519;
vectors_check_grouped vectors_check_xchacha20poly1305;

#endif
