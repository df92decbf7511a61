/* SPDX-License-Identifier: Apache-2.0 */
/* FramedContent, FramedContentAuthData and what is signed and tagged over them
 * (RFC 9420 sections 6 and 6.1). */
#ifndef MLS_FRAMED_CONTENT_H
#define MLS_FRAMED_CONTENT_H

#include "base/buf.h"
#include "base/reader.h"
#include "labels.h"
#include "mls/types.h"

struct mls_sender {
    enum mls_sender_type type;
    uint32_t index; /* MEMBER: leaf; EXTERNAL: place in external_senders */
};

/* Everything is borrowed. body is the encoded Proposal or Commit, or the
 * application data without its length. */
struct mls_framed_content {
    struct bytes group_id;
    uint64_t epoch;
    struct mls_sender sender;
    struct bytes authenticated_data;
    enum mls_content_type type;
    struct bytes body;
};

/* confirmation_tag is there for a commit only. */
struct mls_content_auth {
    struct bytes signature;
    struct bytes confirmation_tag;
};

/* AuthenticatedContent. encoded is the FramedContent as it was received or
 * made: what is hashed and signed is never encoded a second time. */
struct mls_authenticated_content {
    enum mls_wire_format wire_format;
    struct mls_framed_content content;
    struct bytes encoded;
    struct mls_content_auth auth;
};

/* Errors stick: unknown sender and content types, too. The body of a Proposal
 * or Commit is walked to find its end (its form is checked by that). */
void mls_framed_content_read(struct reader *r, struct mls_framed_content *out);
void
mls_framed_content_write(const struct mls_framed_content *c, struct buf *out);

/* A content type that we know; errors stick. */
enum mls_content_type mls_content_type_read(struct reader *r);

/* The body alone, by type: application data has a length in front. */
void mls_framed_body_read(struct reader *r,
                          enum mls_content_type type,
                          struct bytes *body);
void mls_framed_body_write(enum mls_content_type type,
                           struct bytes body,
                           struct buf *out);

/* FramedContentAuthData; type decides whether there is a tag. */
void mls_content_auth_read(struct reader *r,
                           enum mls_content_type type,
                           struct mls_content_auth *out);
void mls_content_auth_write(enum mls_content_type type,
                            const struct mls_content_auth *auth,
                            struct buf *out);

/* FramedContent and FramedContentAuthData; all of out but the wire format. */
void mls_framed_content_and_auth_read(struct reader *r,
                                      struct mls_authenticated_content *out);

/* AuthenticatedContent, as transcripts, references and the vectors use it. */
MUST_USE enum err
mls_authenticated_content_read(struct bytes in,
                               struct mls_authenticated_content *out);
void mls_authenticated_content_write(const struct mls_authenticated_content *ac,
                                     struct buf *out);

/* Appends FramedContentTBS. context is the encoded GroupContext of the
 * message's epoch; it goes in for members and for new members who commit. */
void mls_framed_content_tbs(const struct mls_authenticated_content *ac,
                            struct bytes context,
                            struct buf *out);

/* Signs as key; ac->auth.signature then borrows signature. ERR_MEMORY,
 * ERR_TOO_LARGE. */
MUST_USE enum err
mls_authenticated_content_sign(struct mls_authenticated_content *ac,
                               const struct sign_secret *key,
                               struct bytes context,
                               uint8_t signature[static SIGN_LEN]);

/* ERR_AUTH, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err
mls_authenticated_content_verify(const struct mls_authenticated_content *ac,
                                 const struct sign_public *key,
                                 struct bytes context);

/* membership_tag over FramedContentTBM (section 6.2). */
MUST_USE enum err mls_membership_tag(const struct mls_authenticated_content *ac,
                                     const struct mls_secret *membership,
                                     struct bytes context,
                                     uint8_t out[static MLS_HASH_LEN]);

/* ProposalRef (section 5.2). ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err mls_proposal_ref(const struct mls_authenticated_content *ac,
                                   uint8_t out[static MLS_HASH_LEN]);

#endif
