/* SPDX-License-Identifier: Apache-2.0 */
/* What an MLS application message carries (docs/PROTOCOL.md sections 4 and 5).
 */
#ifndef WIRE_CONTENT_H
#define WIRE_CONTENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "wire/letter.h"

enum { CONTENT_ID_LEN = 16, CONTENT_HEAD_LEN = 16, CONTENT_CASES_MAX = 256 };

enum content_kind {
    CONTENT_CONFIRM, /* "I am in this epoch": the first of each member */
    CONTENT_TEXT,
    CONTENT_KNOCK,          /* a knock, shared among the admins' clients */
    CONTENT_KNOCK_DECISION, /* the first in the log counts */
    CONTENT_DESK,           /* the desk that this group runs */
    CONTENT_CASE,           /* a request that came to the desk */
    CONTENT_CASE_CLAIM,
    CONTENT_CASE_RELEASE,
    CONTENT_CASE_HANDOVER,
    CONTENT_CASE_ANSWERED, /* renews the lease; no text */
    CONTENT_CASE_CLOSE,
    CONTENT_CASE_REOPEN,
    CONTENT_CASE_NOTE,
    CONTENT_SNAPSHOT, /* for those who joined in this epoch */
    CONTENT_BYE,      /* in a conversation with a newcomer: it is over */
    CONTENT_KINDS
};

enum case_state { CASE_NEW = 1, CASE_CLAIMED = 2, CASE_CLOSED = 3 };

/* A request as it stands among the volunteers. */
struct content_case {
    uint8_t id[CONTENT_ID_LEN]; /* the letter's id */
    struct bytes text;
    struct bytes language;
    enum urgency urgency;
    struct bytes key_packages[LETTER_KEY_PACKAGES_MAX];
    size_t key_package_count;
    struct reply_to reply;
    uint64_t arrived_ms; /* when the first volunteer's client saw it */
    /* in a snapshot also: */
    enum case_state state;
    uint8_t claimer[CONTENT_ID_LEN]; /* credential, when CLAIMED */
    uint64_t lease_ms;               /* until when */
    uint32_t claims;                 /* that were won so far */
    uint32_t number; /* small, for people: its place in the log */
};

struct content {
    uint8_t id[CONTENT_ID_LEN]; /* random */
    uint64_t sent_ms;           /* the sender's clock, since 1970 */
    /* the last record of this channel that the sender had when it wrote */
    uint64_t head_number;
    uint8_t head[CONTENT_HEAD_LEN]; /* first bytes of the running head */
    enum content_kind kind;
    union {
        struct {
            struct bytes text;                /* UTF-8, 1 .. LIMIT_TEXT */
            uint8_t reply_to[CONTENT_ID_LEN]; /* all zero: none */
        } text;
        struct {
            struct bytes
                letter; /* the opened knock, as letter_write() made it */
            uint8_t link[CONTENT_ID_LEN]; /* which link it came through */
        } knock;
        struct {
            uint8_t knock[CONTENT_ID_LEN];
            bool approved;
        } knock_decision;
        struct {
            uint8_t card_key[LIMIT_ID]; /* public signing key */
            uint8_t secret[16];         /* of the ask link */
            struct bytes title;
            bool open;
        } desk;
        struct content_case case_new;
        struct {
            uint8_t case_id[CONTENT_ID_LEN];
            struct bytes text;          /* NOTE, CLOSE (may be empty) */
            uint8_t to[CONTENT_ID_LEN]; /* HANDOVER: credential */
        } on_case;                      /* CLAIM .. NOTE */
        struct {
            struct content_case *cases; /* in the arena */
            size_t case_count;
            uint64_t epoch;  /* the place in the log up to which */
            uint64_t number; /* this holds */
            bool has_desk;
            uint8_t card_key[LIMIT_ID];
            uint8_t secret[16];
            struct bytes title;
        } snapshot;
        struct {
            struct bytes text; /* may be empty */
        } bye;
    };
};

/* As request_write() and request_read(). */
MUST_USE enum err content_write(const struct content *in, struct buf *out);
MUST_USE enum err
content_read(struct bytes in, struct arena *a, struct content *out);

#endif
