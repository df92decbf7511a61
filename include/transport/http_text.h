/* SPDX-License-Identifier: Apache-2.0 */
/* A few characters of what comes in one by one: a name, a word, a date. */
#ifndef TRANSPORT_HTTP_TEXT_H
#define TRANSPORT_HTTP_TEXT_H

#include "base/bytes.h"

/* bytes: the longest name or value that means something to us is 38 long */
enum { HTTP_TEXT_MAX = 40 };

struct http_text {
    uint8_t b[HTTP_TEXT_MAX];
    uint8_t len; /* HTTP_TEXT_MAX: there may have been more, which is gone */
};

void http_text_reset(struct http_text *t);
void http_text_add(struct http_text *t, uint8_t c);

/* Borrowed until the next change. */
struct bytes http_text_bytes(const struct http_text *t);

/* Letter case aside; lower is in lower case and shorter than HTTP_TEXT_MAX. */
bool http_text_is(const struct http_text *t, const char *lower);

#endif
