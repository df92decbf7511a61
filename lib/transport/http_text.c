/* SPDX-License-Identifier: Apache-2.0 */
/* Text that comes in one by one, as far as it can mean something. */
#include "transport/http_text.h"

#include <assert.h>
#include <string.h>

#include "http.h"

void
http_text_reset(struct http_text *t)
{
    t->len = 0;
}

void
http_text_add(struct http_text *t, uint8_t c)
{
    if (t->len < HTTP_TEXT_MAX)
        t->b[t->len++] = c;
}

struct bytes
http_text_bytes(const struct http_text *t)
{
    return (struct bytes){t->b, t->len};
}

bool
http_text_is(const struct http_text *t, const char *lower)
{
    assert(strlen(lower) < HTTP_TEXT_MAX);
    return http_equal(http_text_bytes(t), lower);
}
