/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says to a relay: one request in one frame (docs/PROTOCOL.md
 * section 3). Plain structs; no protobuf type leaves lib/wire.
 *
 * Every request carries a tag of the client's choice, not 0; each is answered
 * by exactly one event with the same tag, except WATCH, whose tag also marks
 * what is pushed later, and CREDIT, which is not answered. */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

enum request_kind {
    REQUEST_HELLO,   /* must be first */
    REQUEST_APPEND,  /* a record to a channel */
    REQUEST_READ,    /* one page of a channel or mailbox */
    REQUEST_WATCH,   /* pushes from a channel or mailbox */
    REQUEST_CREDIT,  /* more pushes may come on a watch */
    REQUEST_UNWATCH, /* the end of a watch */
    REQUEST_LEAVE,   /* a letter into a mailbox */
    REQUEST_EMPTY,   /* letters out of a mailbox */
    REQUEST_CARD_PUT,
    REQUEST_CARD_GET,
    REQUEST_BLOB_PUT,
    REQUEST_BLOB_GET,
    REQUEST_PING,
    REQUEST_KINDS
};

enum record_kind { RECORD_MESSAGE = 1, RECORD_COMMIT = 2 };

/* A log that can be read. A channel's id is
 * hash_id("pristan channel", H(read_token), H(write_token)); a reader sends
 * read_token and the hash of write_token. A mailbox's id is hash_id("pristan
 * mailbox", H(read_token)); other_hash is all zero. H(x) is hash_id("pristan
 * token", x). */
enum place_kind { PLACE_CHANNEL = 1, PLACE_MAILBOX = 2 };
struct place {
    enum place_kind kind;
    uint8_t read_token[LIMIT_ID];
    uint8_t other_hash[LIMIT_ID];
};

enum { REQUEST_EMPTY_MAX = 64 }; /* numbers in one EMPTY */

struct request {
    uint32_t tag;
    enum request_kind kind;
    union {
        struct {
            uint32_t version; /* 1 */
        } hello;
        struct {
            uint8_t write_token[LIMIT_ID];
            uint8_t read_hash[LIMIT_ID]; /* H(read_token) */
            enum record_kind kind;
            uint64_t expect_commits; /* COMMIT records that the channel holds */
            struct bytes record;     /* 1 .. LIMIT_RECORD bytes */
        } append;
        struct {
            struct place place;
            uint64_t after;  /* the last number that the reader has */
            uint32_t credit; /* bytes of records that may come */
        } read, watch;
        struct {
            uint32_t watch;  /* tag of the WATCH */
            uint32_t credit; /* bytes to add */
        } credit;
        struct {
            uint32_t watch;
        } unwatch;
        struct {
            uint8_t mailbox[LIMIT_ID];
            struct bytes letter; /* 1 .. LIMIT_LETTER bytes */
        } leave;
        struct {
            uint8_t read_token[LIMIT_ID];
            uint64_t numbers[REQUEST_EMPTY_MAX];
            size_t number_count; /* 1 .. REQUEST_EMPTY_MAX */
        } empty;
        struct {
            struct bytes card; /* as in wire/card.h */
        } card_put;
        struct {
            uint8_t prefix[16]; /* first 16 bytes of the card's id */
        } card_get;
        struct {
            struct bytes blob; /* 1 .. LIMIT_BLOB bytes */
        } blob_put;
        struct {
            uint8_t hash[LIMIT_ID]; /* hash_id("pristan blob", blob) */
        } blob_get;
    };
};

/* Appends the encoding. ERR_USE when a field is out of its range, ERR_MEMORY,
 * ERR_TOO_LARGE. */
MUST_USE enum err request_write(const struct request *in, struct buf *out);

/* Parses and checks every range; unknown fields and kinds are refused. What is
 * bytes in out borrows from the arena. ERR_MALFORMED, ERR_MEMORY (arena
 * budget), ERR_TOO_LARGE. */
MUST_USE enum err
request_read(struct bytes in, struct arena *a, struct request *out);

#endif
