/* SPDX-License-Identifier: Apache-2.0 */
/* What a sealed letter holds after HPKE has opened it (docs/PROTOCOL.md section
 * 4). */
#ifndef WIRE_LETTER_H
#define WIRE_LETTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

enum letter_kind {
    LETTER_KNOCK,    /* to a door: let me in */
    LETTER_ASK,      /* to a desk: help me */
    LETTER_WELCOME,  /* to a reply mailbox: you are in */
    LETTER_TALK,     /* either way before a decision: a text */
    LETTER_DECLINED, /* to a reply mailbox, when the admin chose to say it */
    LETTER_KINDS
};

enum {
    LETTER_KEY_PACKAGES_MAX = 4,   /* in an ASK: one for each claimer in turn */
    LETTER_KEY_PACKAGE_MAX = 1024, /* bytes of one */
    LETTER_WELCOME_BLOBS_MAX = 8,
    LETTER_LANGUAGE_MAX = 8, /* bytes: a BCP 47 tag such as "ru" */
    LETTER_MAC_LEN = 32
};

enum urgency { URGENCY_NORMAL = 1, URGENCY_TODAY = 2, URGENCY_NOW = 3 };

/* Where to answer: a mailbox and the HPKE key to seal to. */
struct reply_to {
    uint8_t mailbox[LIMIT_ID];
    uint8_t hpke_key[LIMIT_ID];
};

struct letter {
    enum letter_kind kind;
    uint8_t id[16]; /* random; the same in each copy and in what answers it */
    union {
        struct {
            struct bytes name;        /* UTF-8, LIMIT_NAME */
            struct bytes reason;      /* UTF-8, LIMIT_TEXT, may be empty */
            struct bytes key_package; /* MLSMessage */
            struct reply_to reply;
            uint8_t mac[LETTER_MAC_LEN]; /* under the link's secret, over id
                                          * and key_package */
        } knock;
        struct {
            struct bytes text;     /* UTF-8, 1 .. LIMIT_TEXT */
            struct bytes language; /* LETTER_LANGUAGE_MAX */
            enum urgency urgency;
            struct bytes key_packages[LETTER_KEY_PACKAGES_MAX];
            size_t key_package_count; /* 1 .. max */
            struct reply_to reply;
            uint8_t mac[LETTER_MAC_LEN];
        } ask;
        struct {
            struct bytes welcome; /* MLSMessage; empty when it is in blobs */
            struct {
                uint8_t hash[LIMIT_ID];
                uint8_t key[LIMIT_ID];
            } blobs[LETTER_WELCOME_BLOBS_MAX]; /* its pieces in order */
            size_t blob_count;
        } welcome;
        struct {
            struct bytes text;
            struct reply_to reply;
        } talk;
        struct {
            struct bytes reason;
        } declined;
    };
};

/* As request_write() and request_read(). */
MUST_USE enum err letter_write(const struct letter *in, struct buf *out);
MUST_USE enum err
letter_read(struct bytes in, struct arena *a, struct letter *out);

#endif
