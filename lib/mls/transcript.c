/* SPDX-License-Identifier: Apache-2.0 */
/* Transcript hashes (RFC 9420 section 8.2). */
#include "transcript.h"

#include "labels.h"

static void
update_opaque(struct hash_sha256 *h, struct bytes in)
{
    uint8_t head[4];
    size_t n = mls_vector_header(head, in.len);

    hash_sha256_update(h, (struct bytes){head, n});
    hash_sha256_update(h, in);
}

void
mls_transcript_confirmed(struct bytes interim_before,
                         enum mls_wire_format wire_format,
                         struct bytes framed_content,
                         struct bytes signature,
                         uint8_t out[static MLS_HASH_LEN])
{
    struct hash_sha256 h;
    uint8_t format[2] = {0, (uint8_t)wire_format};

    hash_sha256_init(&h);
    hash_sha256_update(&h, interim_before);
    hash_sha256_update(&h, BYTES_OF(format));
    hash_sha256_update(&h, framed_content);
    update_opaque(&h, signature);
    hash_sha256_final(&h, out);
}

void
mls_transcript_interim(struct bytes confirmed,
                       struct bytes confirmation_tag,
                       uint8_t out[static MLS_HASH_LEN])
{
    struct hash_sha256 h;

    hash_sha256_init(&h);
    hash_sha256_update(&h, confirmed);
    update_opaque(&h, confirmation_tag);
    hash_sha256_final(&h, out);
}
