/* SPDX-License-Identifier: Apache-2.0 */
/* Transcript hashes (RFC 9420 section 8.2). */
#ifndef MLS_TRANSCRIPT_H
#define MLS_TRANSCRIPT_H

#include "mls/types.h"

/* confirmed[n] from interim[n-1] (empty before the first commit of a group made
 * without one) and the ConfirmedTranscriptHashInput of the commit: wire format,
 * encoded FramedContent, signature. */
void mls_transcript_confirmed(struct bytes interim_before,
                              enum mls_wire_format wire_format,
                              struct bytes framed_content,
                              struct bytes signature,
                              uint8_t out[static MLS_HASH_LEN]);

/* interim[n] from confirmed[n] (empty at epoch 0) and the confirmation tag. */
void mls_transcript_interim(struct bytes confirmed,
                            struct bytes confirmation_tag,
                            uint8_t out[static MLS_HASH_LEN]);

#endif
