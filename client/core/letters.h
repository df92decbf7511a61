/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Letters as they lie in a mailbox: HPKE to the mailbox's key, padded so that
 * the size tells nothing (docs/PROTOCOL.md section 5.2). No state.
 *
 *     sealed = enc[32] || HPKE ciphertext, 1, 4 or 16 KiB in all
 *     plain  = struct { opaque letter<V>; zeros } */
#ifndef CLIENT_CORE_LETTERS_H
#define CLIENT_CORE_LETTERS_H

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/dh.h"
#include "transport/uri.h"
#include "wire/letter.h"

/* What a mailbox is for; bound into the seal, so that a letter for one is
 * nothing in another. */
enum letters_purpose { LETTERS_DOOR = 1, LETTERS_DESK, LETTERS_REPLY };

/* Appends the sealed letter. ERR_USE as letter_write(), ERR_TOO_LARGE when it
 * does not fit 16 KiB, ERR_AUTH for a bad key, ERR_MEMORY. */
MUST_USE enum err letters_seal(enum letters_purpose purpose,
                               const struct reply_to *to,
                               const struct letter *in,
                               struct buf *out);

/* Opens one. mailbox is where it lay. What out holds borrows from the arena.
 * ERR_AUTH (not for this key, purpose or mailbox), ERR_MALFORMED, ERR_MEMORY.
 */
MUST_USE enum err letters_open(enum letters_purpose purpose,
                               const uint8_t mailbox[static LIMIT_ID],
                               const struct dh_secret *key,
                               struct bytes sealed,
                               struct arena *a,
                               struct letter *out);

/* Fills in the MAC of a KNOCK or ASK: under a key from the link's secret, over
 * kind, id, reply address and key packages. Others have none. */
MUST_USE enum err
letters_mac_set(const uint8_t secret[static URI_SECRET_LEN], struct letter *in);

/* ERR_AUTH when it does not hold: whoever wrote it has not our link. */
MUST_USE enum err letters_mac_check(const uint8_t secret[static URI_SECRET_LEN],
                                    const struct letter *in);

#endif
