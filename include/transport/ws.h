/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket (RFC 6455) as far as a link needs it: the upgrade on both sides
 * with bytes in its path, and binary messages. No extension, no subprotocol, no
 * text. */
#ifndef TRANSPORT_WS_H
#define TRANSPORT_WS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "transport/http_text.h"

enum {
    WS_KEY_LEN = 24,  /* Sec-WebSocket-Key as it is sent: base64 of 16 bytes */
    WS_PATH_MAX = 64, /* bytes of a path that are kept: ours has as many */
    WS_CONTROL_MAX = 125, /* bytes in a control frame (section 5.5) */
    WS_HEAD_MAX = 8       /* bytes of the longest header that we send */
};

/* A good upgrade request. */
struct ws_request {
    uint8_t path[WS_PATH_MAX]; /* after the first slash, as far as it fits */
    uint16_t path_len;         /* all of it */
    uint8_t key[WS_KEY_LEN];   /* for the answer */
};

/* One that comes in, of which nothing else is kept. */
struct ws_request_reader {
    struct ws_request request; /* set when it is whole */
    struct http_text text;     /* of a name, a value, an element of its list */
    uint16_t len;              /* bytes so far */
    uint16_t blanks;           /* behind the text, which may go on */
    uint16_t there;            /* a bit for each field that was there */
    uint8_t field;             /* whose value this is */
    uint8_t state;
    bool found; /* the list has what is looked for */
    uint8_t at; /* in a word that is expected */
    uint8_t err;
};

/* Appends "GET /<path> HTTP/1.1" and the headers of section 4.1 with a random
 * key, which is also put into key. Errors stick in out. */
void ws_request_write(struct bytes host,
                      struct bytes path,
                      struct buf *out,
                      uint8_t key[static WS_KEY_LEN]);

void ws_request_begin(struct ws_request_reader *r);

/* Judges what has come in so far, with all of in (section 4.2.1). Further
 * header fields are ignored, but a body is refused.
 *
 * ERR_NOT_FOUND  may become a good request: come again with more
 * ERR_MALFORMED  never will: another method or version, a needed field is
 *                missing, doubled or wrong, or something follows the empty line
 * ERR_TOO_LARGE  LIMIT_UPGRADE bytes and no end
 * The last two stay. */
MUST_USE enum err ws_request_read(struct ws_request_reader *r, struct bytes in);

/* Appends the 101 answer to a request with that key (section 4.2.2). Errors
 * stick. */
void ws_answer_write(const uint8_t key[static WS_KEY_LEN], struct buf *out);

/* Judges the answer to our request (section 4.1).
 *
 *  head_len  its length; what follows belongs to the first WebSocket frames
 *
 * ERR_NOT_FOUND  incomplete so far
 * ERR_AUTH       an HTTP answer that is neither 101 nor ERR_DENIED: an ordinary
 * web server ERR_DENIED     407, 429 or 5xx: something in front of it, or in
 * the way ERR_MALFORMED  not HTTP, or a 101 that does not fit our request
 * ERR_TOO_LARGE  LIMIT_UPGRADE bytes and no end */
MUST_USE enum err ws_answer_read(struct bytes in,
                                 const uint8_t key[static WS_KEY_LEN],
                                 size_t *head_len);

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1, /* never ours, always refused */
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

enum ws_side { WS_CLIENT, WS_SERVER }; /* a client masks what it sends */

/* Appends one unfragmented frame (section 5.2) from that side. Errors stick. */
void ws_frame_write(enum ws_side side,
                    enum ws_opcode opcode,
                    struct bytes payload,
                    struct buf *out);

/* The same in place, for a payload that is made after its header: room bytes
 * are WS_HEAD_MAX + len long. ws_frame_begin() gives where the payload goes,
 * the caller fills it, ws_frame_end() masks it. head_len is the length of the
 * header. */
struct ws_place {
    uint8_t *payload;
    size_t len;
    uint8_t mask[4];
    bool masked;
};
size_t ws_frame_head_len(enum ws_side side, size_t len);
void ws_frame_begin(enum ws_side side,
                    enum ws_opcode opcode,
                    size_t len,
                    uint8_t *room,
                    struct ws_place *place);
void ws_frame_end(const struct ws_place *place);

/* The reading side. Fragments of a message (section 5.4) are put together,
 * control frames may come between them. Memory grows with what was received,
 * never by a declared length, and none is held between messages. */
struct ws_reader {
    struct buf message;
    struct buf control;
    size_t left; /* bytes of the present frame's payload to come */
    uint8_t head[14];
    uint8_t head_len; /* bytes of head so far */
    uint8_t mask_at;  /* next byte of the mask */
    uint8_t opcode;   /* of the present frame */
    uint8_t from;     /* enum ws_side: whose frames these are */
    bool fin;         /* of the present frame */
    bool in_frame;    /* its header is complete */
    bool in_message;  /* a fragmented message is under way */
    uint8_t given;    /* opcode handed out and over with; 0: none */
};

struct ws_message {
    enum ws_opcode opcode; /* BINARY, CLOSE, PING or PONG */
    uint8_t *b;            /* may be changed by the caller, in place */
    size_t len;
};

void ws_reader_init(struct ws_reader *r, enum ws_side from);
void ws_reader_free(struct ws_reader *r);

/* Goes on through in, which is advanced past what was used, up to the next
 * whole message.
 *
 *  out  borrowed until the next call on r; at most LIMIT_NOISE_MESSAGE bytes
 *
 * ERR_NOT_FOUND  in is used up
 * ERR_MALFORMED  reserved bits or opcode, text, wrong masking, a length not in
 * its shortest form, a continuation of nothing, a message inside a message, a
 *                fragmented or long control frame, a bad close code
 * ERR_TOO_LARGE  a message over LIMIT_NOISE_MESSAGE
 * ERR_MEMORY     after any of the last three r is only good for
 * ws_reader_free() */
MUST_USE enum err
ws_reader_next(struct ws_reader *r, struct bytes *in, struct ws_message *out);

/* The same, and comes back with ERR_BUSY after a frame with which no message
 * ends, though in may have more. */
MUST_USE enum err
ws_reader_step(struct ws_reader *r, struct bytes *in, struct ws_message *out);

#endif
