/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that more than one room has to agree on, each with unit and reason. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <assert.h>

enum {
    /* bytes: the largest envelope, and so the largest record on a channel */
    LIMIT_RECORD = 256 * 1024,

    /* bytes: an MLSMessage that still fits an envelope: its overhead is a
     * version byte, a nonce, a tag and a length (see client/core/envelope.c) */
    LIMIT_MLS_MESSAGE = LIMIT_RECORD - 64,

    /* bytes: content inside one MLS application message */
    LIMIT_CONTENT = 64 * 1024,

    /* bytes: a frame carries one request or event: a record and its header */
    LIMIT_FRAME = LIMIT_RECORD + 1024,

    /* bytes: one sealed letter in a mailbox */
    LIMIT_LETTER = 16 * 1024,

    /* bytes: the body of a card */
    LIMIT_CARD_BODY = 4 * 1024,

    /* bytes: one blob chunk */
    LIMIT_BLOB = 64 * 1024,

    /* bytes: one Noise transport message (Noise section 3) */
    LIMIT_NOISE_MESSAGE = 65535,

    /* bytes: an HTTP upgrade request or its answer, all headers */
    LIMIT_UPGRADE = 2048,

    /* members of one group */
    LIMIT_MEMBERS = 1024,

    /* bytes of UTF-8: a text, a display name, a group's title */
    LIMIT_TEXT = 8 * 1024,
    LIMIT_NAME = 64,
    LIMIT_TITLE = 128,

    /* bytes: hash, id, token and key length everywhere */
    LIMIT_ID = 32
};

static_assert(LIMIT_RECORD < LIMIT_FRAME, "a record travels in a frame");
static_assert(LIMIT_CONTENT < LIMIT_MLS_MESSAGE, "content fits a message");

#endif
