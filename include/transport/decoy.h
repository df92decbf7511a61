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
#include "transport/http_text.h"

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

/* One request, judged; nothing is left of its bytes. */
struct decoy_request {
    uint64_t body_len;
    size_t from;              /* DECOY_PART: where it begins in the page */
    size_t to;                /* and where it ends, exclusive */
    enum decoy_status status; /* without conditions and ranges */
    enum decoy_status found;  /* what these, or a bad body, make of DECOY_OK */
    uint8_t minor;            /* HTTP/1.minor */
    bool bare;                /* HTTP/0.9: the answer has no head */
    bool head;                /* HEAD: the answer has no body */
    bool chunked;             /* the body is; body_len says nothing */
    bool go_on;               /* Expect: 100-continue */
    bool padded;              /* by a browser that hides short error pages */
    bool keep;                /* the connection stays */
};

/* The path of a target, as it comes in. */
struct decoy_path {
    uint8_t segment[11]; /* the last one; longer ones are none of ours */
    uint8_t len;         /* of it, up to one more than fits */
    uint8_t digits;      /* of a percent sign that are still awaited */
    uint8_t code;        /* what they say so far */
    uint16_t depth;      /* segments before it */
    bool over;           /* a query has begun */
    bool bad;            /* leads above the root, or is coded badly */
};

/* The value of a field, as it comes in. */
struct decoy_value {
    struct http_text text; /* of it, or of an element of its list */
    uint64_t from;         /* numbers of a range; to also of a length */
    uint64_t to;
    size_t part_from; /* the range that stands */
    size_t part_to;
    uint16_t len;    /* without the blanks around it */
    uint16_t blanks; /* the last so many, which may be those behind it */
    uint8_t field;
    uint8_t step;  /* of its grammar */
    uint8_t parts; /* ranges that stand */
    bool found;    /* what it is searched for */
    bool other;    /* what else it is searched for */
    bool bad;
};

/* What the fields have said. */
struct decoy_said {
    uint16_t seen; /* a bit for each field that was there */
    uint8_t connection;
    uint8_t coding;
    uint8_t range;
    bool length_bad;
    bool old_agent;  /* to which no connection is kept after a POST */
    bool match;      /* If-Match holds, and so on */
    bool none_match; /* If-None-Match names the page */
    bool since_same; /* If-Modified-Since names its time */
    bool unmodified;
    bool range_stands; /* If-Range */
};

/* The head of a request, read as it comes in, in memory that does not grow with
 * it. As long a head is taken as nginx takes with its usual settings, which
 * reads it into one buffer of 1 KiB and up to four of 8 KiB; a line must fit
 * into one of these, and there are 1,000 fields at most. */
struct decoy_head {
    struct decoy_request request; /* set when the head is whole */
    struct decoy_path path;
    struct decoy_value value;
    struct decoy_said said;
    struct http_text name; /* of the method, of a field */
    uint16_t room;         /* bytes left in nginx's present buffer */
    uint16_t line;         /* bytes of the present line */
    uint16_t fields;       /* so many are over; odd ones do not count */
    uint8_t buffers;       /* large ones that are in use */
    uint8_t step;          /* of the grammar; 0: between two lines */
    uint8_t method;
    uint8_t place; /* what the path leads to */
    bool begun;    /* a byte has come */
    bool in_fields;
    bool odd; /* the field's name has characters that are passed over */
};

void decoy_head_begin(struct decoy_head *h);

/* Reads on, and moves in past what belongs to the head. page may be another, or
 * say something else, with each call: conditions are judged by that one which
 * is there when their line ends.
 *
 * ERR_NOT_FOUND  in is used up, and it may yet become a request. With ERR_OK
 *                the head is over, and so is every call until the next begin */
MUST_USE enum err decoy_head_read(struct decoy_head *h,
                                  const struct decoy_page *page,
                                  struct bytes *in);

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
