/* SPDX-License-Identifier: Apache-2.0 */
/* PrivateMessage (RFC 9420 section 6.3). */
#ifndef MLS_PRIVATE_MESSAGE_H
#define MLS_PRIVATE_MESSAGE_H

#include "framed_content.h"
#include "secret_tree.h"

enum { MLS_REUSE_GUARD_LEN = 4, MLS_SENDER_DATA_SAMPLE = 32 };

/* As it stands on the wire; borrowed. */
struct mls_private_message {
    struct bytes group_id;
    uint64_t epoch;
    enum mls_content_type type;
    struct bytes authenticated_data;
    struct bytes encrypted_sender_data;
    struct bytes ciphertext;
};

/* in is the body of the MLSMessage. ERR_MALFORMED. */
MUST_USE enum err
mls_private_message_read(struct bytes in, struct mls_private_message *out);
/* Appends the body. */
void
mls_private_message_write(const struct mls_private_message *m, struct buf *out);

/* SenderData (section 6.3.2). */
struct mls_sender_data {
    struct mls_leaf_index leaf;
    uint32_t generation;
    uint8_t reuse_guard[MLS_REUSE_GUARD_LEN];
};

/* Key and nonce for the sender data; sample is the first min(32, length) bytes
 * of the ciphertext. */
void mls_sender_data_key(const struct mls_secret *sender_data,
                         struct bytes ciphertext,
                         struct mls_message_key *out);

/* ERR_AUTH, ERR_MALFORMED, ERR_MEMORY. Whether the leaf exists and is not blank
 * is for the caller to check, before any key is derived for it. */
MUST_USE enum err
mls_private_message_open_sender(const struct mls_private_message *m,
                                const struct mls_secret *sender_data,
                                struct mls_sender_data *out);

/* Opens the content with the key of the sender's generation.
 *
 *  plain  reset; then holds what out borrows: FramedContent and the rest
 *  out    wire format PRIVATE_MESSAGE, sender MEMBER; its signature is still to
 * be verified
 *
 * ERR_AUTH, ERR_MALFORMED (content, or padding that is not zero), ERR_MEMORY.
 */
MUST_USE enum err
mls_private_message_open(const struct mls_private_message *m,
                         const struct mls_sender_data *sender,
                         const struct mls_message_key *key,
                         struct buf *plain,
                         struct mls_authenticated_content *out);

/* How a message is sealed. */
struct mls_private_seal {
    const struct mls_secret *sender_data;
    const struct mls_message_key *key;
    uint32_t generation;
    size_t padding; /* zero bytes */
};

/* Appends the whole MLSMessage around a signed content of ours (sender MEMBER).
 * ERR_USE for another sender, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_private_message_protect(const struct mls_authenticated_content *ac,
                            const struct mls_private_seal *how,
                            struct buf *out);

#endif
