/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cards that links point at (docs/PROTOCOL.md section 5.1): made by whoever
 * keeps the door or desk, opened by whoever has the link. No state. */
#ifndef CLIENT_CORE_CARDS_H
#define CLIENT_CORE_CARDS_H

#include "base/buf.h"
#include "crypto/sign.h"
#include "transport/uri.h"
#include "wire/card.h"

/* Six days, not the seven that a relay allows: a day for clocks that differ. */
#define CARDS_LIFETIME_MS     (6 * 24 * UINT64_C(3600000))
#define CARDS_LIFETIME_MAX_MS (7 * 24 * UINT64_C(3600000))
/* A reader's clock may be wrong by so much before a good card is refused. */
#define CARDS_SLACK_MS (24 * UINT64_C(3600000))

struct cards_plan {
    const struct sign_secret *key;
    const uint8_t *secret; /* URI_SECRET_LEN bytes: the link's */
    uint64_t version;      /* higher than that of the last card */
    uint64_t now_ms;       /* since 1970 */
    uint64_t lifetime_ms;  /* 1 hour .. CARDS_LIFETIME_MAX_MS */
    struct card_body body;
};

/* Appends the whole card, its body sealed for holders of the link. ERR_USE for
 * a lifetime out of range, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err cards_make(const struct cards_plan *in, struct buf *out);

/* hash_id("pristan card", key). */
void cards_id(const struct sign_public *key, uint8_t id[static LIMIT_ID]);

struct cards_opened {
    struct sign_public key;
    uint64_t version;
    uint64_t expires_ms;
    struct card_body body; /* title borrowed from plain */
};

/* Judges what a relay gave for a link, in this order (E-14):
 *
 *  card   the first 16 bytes of the id in the link
 *  floor  the highest version seen of this card, 0: none
 *  plain  owns the opened body; emptied first
 *
 * ERR_MALFORMED  does not parse, or lives longer than a card may
 * ERR_AUTH       another key than the link names, a bad signature, or a body
 * that the link's secret does not open ERR_CONFLICT   older than floor
 * ERR_EXPIRED    by our clock, with slack
 * ERR_MEMORY */
MUST_USE enum err cards_open(struct bytes in,
                             const uint8_t card[static 16],
                             const uint8_t secret[static URI_SECRET_LEN],
                             uint64_t floor,
                             uint64_t now_ms,
                             struct buf *plain,
                             struct cards_opened *out);

#endif
