/* SPDX-License-Identifier: Apache-2.0 */
/* PublicMessage (RFC 9420 section 6.2). */
#ifndef MLS_PUBLIC_MESSAGE_H
#define MLS_PUBLIC_MESSAGE_H

#include "framed_content.h"

struct mls_public_message {
    struct mls_authenticated_content ac; /* wire format PUBLIC_MESSAGE */
    struct bytes membership_tag;         /* a member's only, else empty */
};

/* in is the body of the MLSMessage. ERR_MALFORMED. */
MUST_USE enum err
mls_public_message_read(struct bytes in, struct mls_public_message *out);

/* Appends the body, without the header of MLSMessage. */
void
mls_public_message_write(const struct mls_public_message *m, struct buf *out);

/* Application data is never allowed here (section 6). ERR_MALFORMED. For a
 * member: the tag must hold, ERR_AUTH. ERR_MEMORY. */
MUST_USE enum err mls_public_message_check(const struct mls_public_message *m,
                                           const struct mls_secret *membership,
                                           struct bytes context);

/* Appends the whole MLSMessage around a signed content of ours. membership is
 * used for members, and may be NULL for others. ERR_USE for application data,
 * ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_public_message_protect(const struct mls_authenticated_content *ac,
                           const struct mls_secret *membership,
                           struct bytes context,
                           struct buf *out);

#endif
