/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes: never freed through this, dead when their owner changes. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *b;
    size_t len;
};

/* All of an array. */
#define BYTES_OF(array) ((struct bytes){(array), sizeof(array)})

/* The characters of a C string without its end. */
struct bytes bytes_str(const char *s);

/* True when both have the same length and content. Not constant in time: for
 * secrets use secret_equal(). */
bool bytes_equal(struct bytes a, struct bytes b);

/* Order by content, then by length: <0, 0, >0. */
int bytes_compare(struct bytes a, struct bytes b);

/* len bytes from offset on, cut to what is there. */
struct bytes bytes_slice(struct bytes in, size_t offset, size_t len);

/* True when every byte is zero (also for no bytes). Not for secrets. */
bool bytes_all_zero(struct bytes in);

#endif
