/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The outer seal around each MLSMessage (docs/PROTOCOL.md 4.3): a
 * PrivateMessage shows group id, epoch and content type to whoever carries it;
 * an envelope shows one of five sizes.
 *
 *     record = nonce[24] || XChaCha20-Poly1305(plain)
 *     plain  = uint32 length || message || zeros
 *     AAD    = "Pristan envelope 1" || channel id || record kind */
#ifndef CLIENT_CORE_ENVELOPE_H
#define CLIENT_CORE_ENVELOPE_H

#include "core.h"

enum { ENVELOPE_OVERHEAD = AEAD_XNONCE_LEN + AEAD_TAG_LEN + 4 };
static_assert(LIMIT_MLS_MESSAGE + ENVELOPE_OVERHEAD <= LIMIT_RECORD,
              "the largest message fits the largest envelope");

/* Appends the record. ERR_TOO_LARGE over LIMIT_MLS_MESSAGE; ERR_MEMORY. */
MUST_USE enum err envelope_seal(const struct channel *ch,
                                enum record_kind kind,
                                struct bytes message,
                                struct buf *out);

/* Appends the message. ERR_AUTH: not of this channel or kind (D-14, E-21);
 * ERR_MALFORMED: its size, length or padding; ERR_MEMORY. */
MUST_USE enum err envelope_open(const struct channel *ch,
                                enum record_kind kind,
                                struct bytes record,
                                struct buf *out);

#endif
