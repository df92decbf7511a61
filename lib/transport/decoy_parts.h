/* SPDX-License-Identifier: Apache-2.0 */
/* What the web server is made of. */
#ifndef LIB_TRANSPORT_DECOY_PARTS_H
#define LIB_TRANSPORT_DECOY_PARTS_H

#include "transport/decoy.h"

enum decoy_method {
    DECOY_OTHER,
    DECOY_GET,
    DECOY_HEAD,
    DECOY_POST,
    DECOY_TRACE,
    DECOY_CONNECT
};

enum decoy_place { DECOY_NOWHERE, DECOY_ROOT, DECOY_INDEX };

/* One more byte of the request line. ERR_OK: it was the last; ERR_NOT_FOUND;
 * ERR_MALFORMED; ERR_UNSUPPORTED: HTTP/2 and above. */
MUST_USE enum err decoy_start_step(struct decoy_head *h, uint8_t c);

/* One more byte of a target, from the path's slash on: percent signs, slashes
 * and dots are resolved. */
void decoy_path_step(struct decoy_path *path, uint8_t c);

/* The target is over. ERR_MALFORMED: path->bad, also by what was missing. */
MUST_USE enum err
decoy_path_end(struct decoy_path *path, enum decoy_place *place);

/* One more byte of the fields; each is judged when its line ends. ERR_OK: the
 * empty line is over; ERR_NOT_FOUND; ERR_MALFORMED; ERR_TOO_LARGE: too many of
 * them. */
MUST_USE enum err decoy_fields_step(struct decoy_head *h,
                                    const struct decoy_page *page,
                                    uint8_t c);

/* Fields that change an answer. */
enum decoy_field {
    DECOY_HOST,
    DECOY_CONNECTION,
    DECOY_LENGTH,
    DECOY_ENCODING,
    DECOY_EXPECT,
    DECOY_AGENT,
    DECOY_IF_MATCH,
    DECOY_IF_NONE_MATCH,
    DECOY_IF_MODIFIED,
    DECOY_IF_UNMODIFIED,
    DECOY_IF_RANGE,
    DECOY_RANGES,
    DECOY_CONTENT_RANGE, /* of these two only how often */
    DECOY_AUTHORIZATION,
    DECOY_FIELDS /* any other */
};

/* in decoy_said */
enum decoy_connection { DECOY_BY_VERSION, DECOY_CLOSE, DECOY_KEEP };
enum decoy_coding { DECOY_PLAIN, DECOY_CHUNKED, DECOY_STRANGE };
enum decoy_range { DECOY_ALL, DECOY_ONE_PART, DECOY_NO_PART };

static inline bool
decoy_said_has(const struct decoy_said *said, enum decoy_field field)
{
    return (said->seen >> field & 1U) != 0;
}

/* A value of that field begins; bytes of it, the blanks before it aside; it is
 * over, and what it says is put down. ERR_MALFORMED: the request is. */
void decoy_value_begin(struct decoy_value *v, enum decoy_field field);
void decoy_value_step(struct decoy_value *v,
                      const struct decoy_page *page,
                      uint8_t c);
MUST_USE enum err decoy_value_end(struct decoy_value *v,
                                  const struct decoy_page *page,
                                  struct decoy_head *h);

/* One more byte of a decimal number. False: no digit, or more than INT64_MAX,
 * as in nginx; then it is as before. */
bool decoy_number_step(uint64_t *number, uint8_t c);

/* One more byte of a Range behind "bytes="; its end. */
void decoy_range_step(struct decoy_value *v, uint64_t size, uint8_t c);
enum decoy_range decoy_range_end(struct decoy_value *v, uint64_t size);

/* In decimal, at least width digits. */
void decoy_number(struct buf *out, uint64_t v, size_t width);

/* 28 to 31; month from 0. */
uint64_t decoy_month_days(uint64_t year, uint64_t month);

/* IMF-fixdate of RFC 9110 section 5.6.7. */
void decoy_date(struct buf *out, uint64_t unix_s);

/* Any form of that section backwards, from 1970 on. ERR_MALFORMED. */
MUST_USE enum err decoy_date_read(struct bytes in, uint64_t *unix_s);

/* The page's time and length in hexadecimal: 35 characters at most. */
void decoy_etag(struct http_text *out, const struct decoy_page *page);

/* What conditions and ranges make of DECOY_OK. */
enum decoy_status decoy_condition(const struct decoy_said *said);

#endif
