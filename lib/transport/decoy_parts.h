/* SPDX-License-Identifier: Apache-2.0 */
/* What the web server is made of. */
#ifndef LIB_TRANSPORT_DECOY_PARTS_H
#define LIB_TRANSPORT_DECOY_PARTS_H

#include "base/limits.h"
#include "transport/decoy.h"

struct decoy_start {
    struct bytes method;
    struct bytes target; /* from the path's slash on; empty: "/" */
    uint8_t minor;
    bool bare; /* no version: HTTP/0.9 */
};

/* The request line, from *at on, which is moved behind it. ERR_NOT_FOUND: more
 * is needed; ERR_MALFORMED; ERR_UNSUPPORTED: HTTP/2 and above. */
MUST_USE enum err
decoy_start_read(struct bytes in, size_t *at, struct decoy_start *out);

struct decoy_path {
    uint8_t b[LIMIT_UPGRADE];
    size_t len;
};

/* The path of a target: percent signs, slashes and dots resolved.
 * ERR_MALFORMED: leads above the root, or is coded badly. */
MUST_USE enum err decoy_path_read(struct bytes target, struct decoy_path *path);

/* The fields, from *at on up to and with the empty line; each is judged as soon
 * as it is there. ERR_NOT_FOUND, ERR_MALFORMED. */
MUST_USE enum err
decoy_fields_read(struct bytes in, size_t *at, struct decoy_request *out);

/* True when text has word, letter case aside if fold. */
bool decoy_has(struct bytes text, const char *word, bool fold);

/* IMF-fixdate of RFC 9110 section 5.6.7. */
void decoy_date(struct buf *out, uint64_t unix_s);

/* The same backwards, from 1970 on. ERR_MALFORMED. */
MUST_USE enum err decoy_date_read(struct bytes in, uint64_t *unix_s);

/* Digits in decimal. ERR_MALFORMED: something else, or too many. */
MUST_USE enum err decoy_number(struct bytes text, uint64_t *out);

void decoy_etag(struct buf *out, const struct decoy_page *page);

/* What conditions and ranges make of DECOY_OK. from and to (exclusive) are set
 * for DECOY_PART. */
enum decoy_status decoy_condition(const struct decoy_request *r,
                                  const struct decoy_page *page,
                                  size_t *from,
                                  size_t *to);

#endif
