/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One function for each decoder of lib/mls: when in parses, appends to again
 * what is written from the parsed fields, and gives true. Written again is
 * everything, field by field: nothing is copied that the decoder looked into.
 */
#ifndef FUZZ_MLS_DECODE_H
#define FUZZ_MLS_DECODE_H

#include "lib/mls/framed_content.h"
#include "mls_encode.h"

typedef bool decode_function(struct bytes in, struct buf *again);

/* mls_decode_small.c */
decode_function decode_credential;
decode_function decode_extensions;
decode_function decode_required_capabilities;
decode_function decode_external_senders;
decode_function decode_leaf_node;
decode_function decode_parent_node;
decode_function decode_psk_id;
decode_function decode_group_context;
decode_function decode_group_secrets;

/* mls_decode_content.c: what is inside a message */
decode_function decode_proposal;
decode_function decode_commit;
decode_function decode_update_path;
decode_function decode_authenticated_content;
decode_function decode_sender_data; /* sealed first, opened by the library */
decode_function
    decode_private_content; /* the same; the first byte is its type */

/* mls_decode_message.c: the five wire formats without and with their header */
decode_function decode_public_message;
decode_function decode_private_message;
decode_function decode_welcome;
decode_function decode_group_info;
decode_function decode_message;

/* The body of a FramedContent that parsed, as it stands on the wire. */
void
encode_body(enum mls_content_type type, struct bytes body, struct buf *out);

/* A FramedContent, and what follows it. */
void
encode_content(const struct mls_authenticated_content *ac, struct buf *out);

#endif
