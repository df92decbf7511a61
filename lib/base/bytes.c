/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes. The C library's functions want valid pointers even for no
 * bytes, and ours may be NULL then. */
#include "base/bytes.h"

#include <string.h>

struct bytes
bytes_str(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.b, b.b, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.b, b.b, shorter) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

struct bytes
bytes_slice(struct bytes in, size_t offset, size_t len)
{
    if (offset >= in.len)
        return (struct bytes){NULL, 0};
    if (len > in.len - offset)
        len = in.len - offset;
    return (struct bytes){in.b + offset, len};
}

bool
bytes_all_zero(struct bytes in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.b[i] != 0)
            return false;
    return true;
}
