/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What two people read to each other (docs/PROTOCOL.md section 5.6): words of
 * five letters built by rule, 16 bits each, so that there is no table to
 * translate. */
#ifndef CLIENT_CORE_VERIFY_H
#define CLIENT_CORE_VERIFY_H

#include "base/buf.h"
#include "client/client.h"

enum { VERIFY_GROUP_WORDS = 8, VERIFY_KNOCK_WORDS = 3 };

/* Appends one word for each two bytes of in (an even number), separated by
 * spaces. Errors stick in out. */
void verify_words(struct bytes in, enum client_script script, struct buf *out);

/* Eight words of a group's epoch: equal exactly for members who agree about all
 * that the epoch authenticator covers. */
void verify_group(struct bytes group_id,
                  struct bytes epoch_authenticator,
                  enum client_script script,
                  struct buf *out);

/* Three words of a knock, equal on both sides; ends with a NUL. ERR_MEMORY. */
MUST_USE enum err verify_knock(const uint8_t id[static 16],
                               struct bytes key_package,
                               char out[static 64]);

#endif
