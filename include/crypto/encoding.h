/* SPDX-License-Identifier: Apache-2.0 */
/* Hex, base64url without padding (RFC 4648 section 5) and base32 without
 * padding (section 6), constant in time for their length: keys pass through
 * here. */
#ifndef CRYPTO_ENCODING_H
#define CRYPTO_ENCODING_H

#include "base/buf.h"
#include "base/bytes.h"

/* Append the text form. Errors stick in out. */
void encoding_hex(struct buf *out, struct bytes in);
void encoding_base64url(struct buf *out, struct bytes in);
void encoding_base64(struct buf *out, struct bytes in); /* with padding */
void encoding_base32(struct buf *out, struct bytes in); /* upper case */

/* Append the bytes. ERR_MALFORMED for a foreign character, an impossible length
 * or bits that are not zero at the end; hex and base32 take both cases. Nothing
 * is appended on an error. ERR_MEMORY, ERR_TOO_LARGE from out. */
MUST_USE enum err encoding_unhex(struct buf *out, struct bytes in);
MUST_USE enum err encoding_unbase64url(struct buf *out, struct bytes in);
MUST_USE enum err encoding_unbase32(struct buf *out, struct bytes in);

#endif
