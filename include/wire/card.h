/* SPDX-License-Identifier: Apache-2.0 */
/* A card: a small signed, versioned, expiring note at hash_id("pristan card",
 * key). TLS presentation language, because it is signed over:
 *
 *     struct {
 *         opaque key[32];        Ed25519
 *         uint64 version;
 *         uint64 expires_hour;   hours since 1970, exclusive
 *         opaque body<V>;        at most LIMIT_CARD_BODY bytes
 *         opaque signature[64];  over "Pristan card 1" and all before
 *     } */
#ifndef WIRE_CARD_H
#define WIRE_CARD_H

#include "base/buf.h"
#include "base/limits.h"

enum {
    CARD_SIGNATURE_LEN = 64,
    /* bytes of a whole card with an empty body, and with the longest one */
    CARD_MIN = LIMIT_ID + 8 + 8 + 1 + CARD_SIGNATURE_LEN,
    CARD_MAX = LIMIT_ID + 8 + 8 + 2 + LIMIT_CARD_BODY + CARD_SIGNATURE_LEN
};

struct card {
    uint8_t key[LIMIT_ID];
    uint64_t version;
    uint64_t expires_hour;
    struct bytes body; /* borrowed */
    uint8_t signature[CARD_SIGNATURE_LEN];
};

/* Appends the bytes to sign: the label, then all fields up to the body. */
MUST_USE enum err
card_write_signed_part(const struct card *in, struct buf *out);

/* Appends the whole card. ERR_TOO_LARGE, ERR_MEMORY. */
MUST_USE enum err card_write(const struct card *in, struct buf *out);

/* Parses; the signature is the caller's to verify, over what
 * card_write_signed_part() gives for out. ERR_MALFORMED, ERR_TOO_LARGE. */
MUST_USE enum err card_read(struct bytes in, struct card *out);

/* What the sealed body of a door's or desk's card says (XChaCha20-Poly1305
 * under a key from the link's secret: see client/core/cards.c). */
enum card_purpose { CARD_DOOR = 1, CARD_DESK = 2 };
struct card_body {
    enum card_purpose purpose;
    bool open;                  /* false: revoked, nobody answers any more */
    bool lobby;                 /* DOOR: of an open group */
    uint8_t mailbox[LIMIT_ID];  /* where to leave the letter */
    uint8_t hpke_key[LIMIT_ID]; /* to seal it to */
    struct bytes title;         /* UTF-8, at most LIMIT_TITLE bytes */
    uint32_t readers;           /* DESK: how many people can read, 0 unknown */
    uint64_t until_s; /* DOOR: no knock later than that (seconds since 1970);
                       * 0: no end. The card's own expiry is to the hour */
    uint8_t reader_digest[32]; /* of the members, to notice a change */
};
MUST_USE enum err card_body_write(const struct card_body *in, struct buf *out);
MUST_USE enum err card_body_read(struct bytes in, struct card_body *out);

#endif
