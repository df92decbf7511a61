/* SPDX-License-Identifier: Apache-2.0 */
/* The little of HTTP/1.1 (RFC 9112) that an upgrade and a decoy need. */
#ifndef LIB_TRANSPORT_HTTP_H
#define LIB_TRANSPORT_HTTP_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

/* The length of a head: start line, fields and the empty line, whose lines may
 * end in CR LF or LF. 0 while the empty line is not there. */
size_t http_head_len(struct bytes in);

/* Takes one line off, without its end. False when there is no whole line. Only
 * CR LF ends one: a lone CR or LF makes *bad true. */
bool http_line_next(struct bytes *rest, struct bytes *line, bool *bad);

/* ERR_MALFORMED: not "HTTP/1.x NNN ...". status is 100 to 999. */
MUST_USE enum err http_status_line_read(struct bytes line, unsigned *status);

/* tchar of RFC 9110 section 5.6.2 */
bool http_is_token(uint8_t c);

bool http_is_digit(uint8_t c);

/* What a hexadecimal digit is worth; -1: it is none. */
int http_digit(uint8_t c);

struct http_field {
    struct bytes name; /* token characters */
    struct bytes
        value; /* without the white space around it, no controls but tab */
};

/* ERR_MALFORMED: no colon, a name that is no token, a folded line, a control
 * character. */
MUST_USE enum err http_field_read(struct bytes line, struct http_field *out);

/* Letter case aside; lower is in lower case. */
bool http_equal(struct bytes a, const char *lower);

/* True when the comma-separated list has that token, letter case aside. */
bool http_list_has(struct bytes list, const char *lower);

#endif
