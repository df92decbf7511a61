/* SPDX-License-Identifier: Apache-2.0 */
/* One cursor over bytes from outside, with a sticky error. A failed reader
 * gives zeros and empty bytes and has nothing left, so loops end; nothing that
 * was read is used before reader_end() said ERR_OK. RFC 9420 section 2.1. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"
#include "base/err.h"

struct reader {
    struct bytes rest;
    bool failed;
};

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/* len bytes as they are, borrowed from the input. */
struct bytes reader_take(struct reader *r, size_t len);

/* len bytes copied to out, which is zeroed when the reader has failed. */
void reader_copy(struct reader *r, uint8_t *out, size_t len);

/* A variable-length header alone: prefix 11 and forms that are longer than
 * necessary fail (section 2.1.2). */
size_t reader_varint(struct reader *r);

/* opaque<V>: header and content, borrowed. */
struct bytes reader_opaque(struct reader *r);

/* optional<T>: the presence byte; anything but 0 and 1 fails. */
bool reader_optional(struct reader *r);

/* True while there is something left and nothing has failed; for loops over the
 * elements of a vector. */
bool reader_more(const struct reader *r);

/* Marks the reader as failed, for a value that is out of range. */
void reader_fail(struct reader *r);

/* ERR_MALFORMED when anything failed. */
MUST_USE enum err reader_check(const struct reader *r);

/* The same, and bytes left over are malformed too. */
MUST_USE enum err reader_end(const struct reader *r);

#endif
