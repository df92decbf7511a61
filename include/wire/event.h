/* SPDX-License-Identifier: Apache-2.0 */
/* What a relay says to a client: one event in one frame (docs/PROTOCOL.md
 * section 3). Plain structs; no protobuf type leaves lib/wire. */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include "wire/request.h"

enum event_kind {
    EVENT_HELLO,    /* answers HELLO */
    EVENT_APPENDED, /* answers APPEND and LEAVE: durable */
    EVENT_CONFLICT, /* answers APPEND: another number of commits */
    EVENT_RECORDS,  /* answers READ; answers WATCH; pushed on a watch */
    EVENT_MORE,     /* pushed on a watch that is out of credit or behind */
    EVENT_DONE,     /* answers UNWATCH, EMPTY, CARD_PUT, BLOB_PUT, PING */
    EVENT_CARD,     /* answers CARD_GET */
    EVENT_BLOB,     /* answers BLOB_GET */
    EVENT_REFUSED,  /* answers anything */
    EVENT_KINDS
};

enum refusal {
    REFUSED_NOT_FOUND = 1, /* no such card or blob */
    REFUSED_FULL,          /* this channel's, mailbox's or pool's quota */
    REFUSED_STORAGE,       /* the relay's disk is full */
    REFUSED_TOO_LARGE,
    REFUSED_RATE,    /* try again after retry_after_s */
    REFUSED_OLD,     /* a card of the same or a later version is there */
    REFUSED_EXPIRED, /* a card that has expired or lives too long */
    REFUSED_INVALID, /* a card's signature; a request that makes no sense now */
    REFUSED_VERSION, /* HELLO: not spoken here */
    REFUSED_REASONS
};

/* One record or letter. When it has expired only its hash is left. */
struct event_record {
    uint64_t number; /* from 1, without gaps in a channel; in a mailbox emptied
                      * numbers are missing */
    enum record_kind kind;
    bool expired;
    struct bytes bytes; /* the record, or 32 bytes of hash when expired */
};

enum { EVENT_RECORDS_MAX = 1024 };

struct event {
    uint32_t tag;
    enum event_kind kind;
    union {
        struct {
            uint32_t version;
            uint32_t record_max; /* bytes */
            uint32_t letter_max;
            uint32_t message_days; /* how long records are kept */
        } hello;
        struct {
            uint64_t number;
            bool duplicate; /* these bytes were there already, with this number
                             */
        } appended;
        struct {
            uint64_t commits; /* that the channel holds */
            uint64_t last;    /* its highest number */
        } conflict;
        struct {
            struct event_record *records; /* ascending; in the arena */
            size_t record_count;
            uint64_t last; /* highest number in the place just now */
        } records;
        struct {
            uint64_t last;
        } more;
        struct {
            struct bytes card;
        } card;
        struct {
            struct bytes blob;
        } blob;
        struct {
            enum refusal reason;
            uint32_t retry_after_s; /* 0: no advice */
        } refused;
    };
};

/* As request_write() and request_read(). */
MUST_USE enum err event_write(const struct event *in, struct buf *out);
MUST_USE enum err
event_read(struct bytes in, struct arena *a, struct event *out);

/* For the relay's fan-out: the encoding of RECORDS with one record, in three
 * parts, of which only the first differs from reader to reader: the tag; the
 * head; the record's bytes. One after the other they are what event_write()
 * would give for {tag, RECORDS, last, one record}.
 *
 * event_write_tag() gives the length of what it wrote; the tag is not 0. The
 * head is appended. ERR_MEMORY, ERR_USE, ERR_TOO_LARGE. */
enum { EVENT_TAG_MAX = 6 };
size_t event_write_tag(uint32_t tag, uint8_t out[static EVENT_TAG_MAX]);
MUST_USE enum err event_write_record_head(uint64_t last,
                                          uint64_t number,
                                          enum record_kind kind,
                                          size_t record_len,
                                          struct buf *head);

#endif
