/* SPDX-License-Identifier: Apache-2.0 */
/* Frames in the byte stream that Noise transport messages carry: u32 length |
 * payload, and zeros after the last one of a flush so that what leaves has one
 * of a few sizes. PROTOCOL.md section 2.5. */
#ifndef TRANSPORT_FRAME_H
#define TRANSPORT_FRAME_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"

enum {
    FRAME_HEAD_LEN = 4,

    /* bytes of a whole Noise message, its tag counted; what is longer goes into
     * several of them */
    FRAME_UNIT = 16 * 1024 + 256,
    FRAME_TAG_LEN = 16,
    FRAME_UNIT_ROOM = FRAME_UNIT - FRAME_TAG_LEN
};

/* Appends one frame made of the pieces to a plaintext. ERR_USE: no bytes;
 * ERR_TOO_LARGE: over LIMIT_FRAME; ERR_FULL: out would be longer than max,
 * which is at most out's limit; ERR_MEMORY. On an error out is as it was. */
MUST_USE enum err frame_write(const struct bytes *pieces,
                              size_t piece_count,
                              size_t max,
                              struct buf *out);

/* The length that len bytes of frames are padded to: each of the size classes
 * 256, 1280, 2560, 4352, 8448 and FRAME_UNIT less a tag, or a multiple of
 * FRAME_UNIT_ROOM. Either equal to len or at least FRAME_HEAD_LEN longer, so
 * that padding is told from a cut header. 0 for 0. */
size_t frame_padded_len(size_t len);

/* The reading side. Zeroed memory is not enough: init. Holds no memory between
 * frames. */
struct frame_reader {
    struct buf partial; /* of a frame that spans Noise messages */
    uint32_t need;      /* its whole length; 0 while the header is read */
    uint8_t head[FRAME_HEAD_LEN];
    uint8_t head_len;
    bool given; /* partial was handed out and is over with */
};

void frame_reader_init(struct frame_reader *r);
void frame_reader_free(struct frame_reader *r);

/* Takes the next frame out of the stream.
 *
 *  plain  the rest of one Noise message; advanced past what was used, and empty
 * when ERR_NOT_FOUND frame  borrowed from plain's memory or from r, until the
 * next call on r
 *
 * ERR_NOT_FOUND  plain is used up: go on with the next Noise message
 * ERR_TOO_LARGE  a length over LIMIT_FRAME
 * ERR_MALFORMED  padding that is not zero
 * ERR_MEMORY     after any of the last three r is only good for
 * frame_reader_free() */
MUST_USE enum err
frame_next(struct frame_reader *r, struct bytes *plain, struct bytes *frame);

#endif
