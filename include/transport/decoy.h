/* SPDX-License-Identifier: Apache-2.0 */
/* The ordinary web server that everybody meets who is no client of ours: nginx
 * with one static page, its version hidden. It reads requests as that reads
 * them and answers byte for byte what that answers. PROTOCOL.md section 2.3;
 * tests/e2e/probe.sh asks both the same. */
#ifndef TRANSPORT_DECOY_H
#define TRANSPORT_DECOY_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
    /* requests answered on one connection: keepalive_requests */
    DECOY_REQUESTS_MAX = 1000,

    /* bytes of a body that is read and thrown away: client_max_body_size */
    DECOY_BODY_MAX = 1024 * 1024,

    /* ms: from accept, or from the first byte of a later request, to the end of
     * its head: client_header_timeout */
    DECOY_HEAD_MS = 60 * 1000,

    /* ms: without a request after an answer: keepalive_timeout */
    DECOY_KEEP_MS = 75 * 1000,

    /* ms: between two pieces of a body, and for all of it: lingering_timeout,
     * lingering_time */
    DECOY_BODY_MS = 5 * 1000,
    DECOY_BODY_ALL_MS = 30 * 1000
};

struct decoy_page {
    struct bytes body;   /* HTML; the same for everyone */
    uint64_t modified_s; /* Unix time of its file, before the year 10000 */
};

enum decoy_status {
    DECOY_OK,
    DECOY_PART,         /* 206 */
    DECOY_SAME,         /* 304 */
    DECOY_BAD,          /* 400 */
    DECOY_NONE,         /* 404 */
    DECOY_METHOD,       /* 405 */
    DECOY_CONDITION,    /* 412 */
    DECOY_LARGE_BODY,   /* 413 */
    DECOY_LARGE_TARGET, /* 414 */
    DECOY_RANGE,        /* 416 */
    DECOY_LARGE_FIELDS, /* nginx's own 494, which goes out as a 400 */
    DECOY_CODING,       /* 501 */
    DECOY_VERSION,      /* 505 */
    DECOY_STATUSES
};

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
    DECOY_FIELDS
};

/* One request, judged. Borrows from the bytes that it was read from. */
struct decoy_request {
    enum decoy_status status; /* without conditions and ranges */
    size_t len;               /* of the head; behind it: body, next request */
    uint64_t body_len;
    struct bytes fields[DECOY_FIELDS]; /* b is NULL: not there */
    uint8_t minor;                     /* HTTP/1.minor */
    bool bare;                         /* HTTP/0.9: the answer has no head */
    bool head;                         /* HEAD: the answer has no body */
    bool chunked;                      /* the body is; body_len says nothing */
    bool keep;                         /* the connection stays */
};

/* Reads the request that in begins with.
 *
 * ERR_NOT_FOUND  it may yet become one, come again with more. Not from
 *                LIMIT_UPGRADE bytes on: then it is too large. */
MUST_USE enum err decoy_read(struct bytes in, struct decoy_request *out);

/* Appends the whole answer. now_ms is Unix time, before the year 10000. Errors
 * stick in out. False: the connection ends with it (as nginx does after a 412,
 * which says that it stays). */
bool decoy_answer(const struct decoy_request *request,
                  const struct decoy_page *page,
                  uint64_t now_ms,
                  struct buf *out);

/* A body on its way past us. */
struct decoy_body {
    uint64_t left; /* bytes of the body, or of this chunk */
    uint8_t state; /* of the chunked coding */
    bool chunked;
    bool under_way;
};

void decoy_body_begin(struct decoy_body *b, const struct decoy_request *r);

/* Moves in past what belongs to the body.
 *
 * ERR_NOT_FOUND  in is used up, more is to come; with ERR_OK the body is over
 * ERR_MALFORMED  the chunked coding is broken */
MUST_USE enum err decoy_body_skip(struct decoy_body *b, struct bytes *in);

#endif
