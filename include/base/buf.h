/* SPDX-License-Identifier: Apache-2.0 */
/* Owned bytes that grow up to a hard limit and are wiped when freed. The error
 * is sticky: after one failed append nothing more is added, and buf_end()
 * tells.
 *
 *     struct buf out = buf_limited(LIMIT_MLS_MESSAGE);
 *     buf_u16(&out, version);
 *     buf_opaque(&out, group_id);
 *     e = buf_end(&out);
 *     ...
 *     buf_free(&out);
 *
 * The integers are big-endian (TLS presentation language, RFC 8446 section 3);
 * buf_opaque is opaque<V> of RFC 9420 section 2.1.2. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/bytes.h"
#include "base/err.h"

struct buf {
    uint8_t *b;
    size_t len;
    size_t cap;
    size_t max;   /* inclusive limit of len */
    enum err err; /* sticky */
};

/* An empty buffer that may hold at most max bytes. Owns nothing yet. */
struct buf buf_limited(size_t max);

/* Wipes and frees; afterwards the buffer is empty, with the same limit and no
 * error. */
void buf_free(struct buf *b);

/* Wipes the content and forgets the error, keeps the memory. */
void buf_reset(struct buf *b);

/* What is in it; borrowed until the next change. */
struct bytes buf_bytes(const struct buf *b);

/* ERR_OK, ERR_MEMORY, or ERR_TOO_LARGE when the limit would have been passed
 * (also an opaque longer than 2^30-1 bytes). */
MUST_USE enum err buf_end(const struct buf *b);

/* Makes later failures of appends impossible up to extra more bytes. */
MUST_USE enum err buf_reserve(struct buf *b, size_t extra);

void buf_append(struct buf *b, struct bytes in);
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_zero(struct buf *b, size_t count);

/* The shortest variable-length header of section 2.1.2 for len. */
void buf_varint(struct buf *b, size_t len);

/* Header and content. */
void buf_opaque(struct buf *b, struct bytes in);

/* A vector whose content is written between the two calls:
 *     size_t mark = buf_vector_begin(&out);
 *     ... append ...
 *     buf_vector_end(&out, mark);
 * The header is put in front at the end; vectors may be nested. */
size_t buf_vector_begin(struct buf *b);
void buf_vector_end(struct buf *b, size_t mark);

/* count zero bytes appended for the caller to fill in; NULL when the buffer has
 * failed. Dead at the next change of the buffer. */
MUST_USE uint8_t *buf_space(struct buf *b, size_t count);

/* The same, but with whatever was in that memory before: for a caller that
 * writes all of it, or truncates. */
MUST_USE uint8_t *buf_extend(struct buf *b, size_t count);

/* Keeps the first len bytes (len <= what is there) and wipes the rest. */
void buf_truncate(struct buf *b, size_t len);

/* Removes the first count bytes (count <= len). */
void buf_consume(struct buf *b, size_t count);

#endif
