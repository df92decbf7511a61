/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* transcript-hashes.json */
#include "mls_vectors.h"

#include "lib/mls/framed_content.h"
#include "lib/mls/key_schedule.h"
#include "lib/mls/transcript.h"

void
vectors_check_transcript_hashes(struct arena *a, const struct json *c)
{
    struct mls_secret key = vector_secret(a, c, "confirmation_key");
    struct bytes in = json_hex(a, c, "authenticated_content");
    struct mls_authenticated_content ac;
    struct buf again = buf_limited(in.len);
    uint8_t confirmed[MLS_HASH_LEN];
    uint8_t interim[MLS_HASH_LEN];
    uint8_t tag[MLS_HASH_LEN];

    assert_ok(mls_authenticated_content_read(in, &ac));
    mls_authenticated_content_write(&ac, &again);
    assert_ok(buf_end(&again));
    assert_bytes(buf_bytes(&again), in);
    buf_free(&again);

    mls_transcript_confirmed(json_hex(a, c, "interim_transcript_hash_before"),
                             ac.wire_format, ac.encoded, ac.auth.signature,
                             confirmed);
    assert_bytes(BYTES_OF(confirmed),
                 json_hex(a, c, "confirmed_transcript_hash_after"));
    mls_key_schedule_confirmation_tag(&key, BYTES_OF(confirmed), tag);
    assert_bytes(BYTES_OF(tag), ac.auth.confirmation_tag);
    mls_transcript_interim(BYTES_OF(confirmed), ac.auth.confirmation_tag,
                           interim);
    assert_bytes(BYTES_OF(interim),
                 json_hex(a, c, "interim_transcript_hash_after"));
}
