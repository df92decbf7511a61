/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cases of one desk: a pure fold over the volunteers' log, equal on every
 * member's screen (docs/PROTOCOL.md section 5.4). Decided by what is in the log
 * and by nothing else: no clock, no randomness, no I/O.
 *
 *     NEW --claim--> CLAIMED --close--> CLOSED --reopen--> NEW
 *      ^               |  ^ claim after the lease, handover
 *      +----release----+--+
 */
#ifndef CLIENT_CORE_CASES_H
#define CLIENT_CORE_CASES_H

#include "base/buf.h"
#include "wire/content.h"

#define CASES_LEASE_MS (15 * UINT64_C(60000))
/* A sender's clock may be ahead of the case's own times by so much: how long a
 * message lives. What is later counts as this late. */
#define CASES_AHEAD_MS (14 * 24 * UINT64_C(3600000))

enum {
    CASES_MAX = CONTENT_CASES_MAX,
    CASES_LATER_MAX = 512,     /* events kept until the snapshot comes */
    CASES_PART_MAX = 48 * 1024 /* bytes of cases in one snapshot */
};

/* Where in the log something stands. */
struct cases_place {
    uint64_t epoch;
    uint64_t number;
};

struct cases_item {
    struct content_case c; /* bytes borrowed from own; state always valid */
    struct cases_place at; /* of its CASE; zero when from a snapshot */
    bool settled;          /* a snapshot has told about it */
    bool dirty;            /* differs from its row */
    struct buf own;
};

/* What happens to a case. kind CLAIM .. NOTE, or CONTENT_KINDS: `sender` is not
 * a member any more (case_id is not looked at). */
struct cases_event {
    enum content_kind kind;
    uint8_t case_id[CONTENT_ID_LEN];
    uint8_t sender[CONTENT_ID_LEN];
    uint8_t to[CONTENT_ID_LEN]; /* HANDOVER */
    uint64_t sent_ms;
    bool admin; /* the sender, at that place */
    struct cases_place at;
};

struct cases {
    struct cases_item *items[CASES_MAX]; /* by number, ascending */
    size_t count;
    uint32_t last_number;
    struct cases_place last; /* of the last that was folded */
    bool waiting;            /* we are new here: a snapshot may come */
    bool dirty; /* last_number, waiting or later differ from their row */
    struct cases_event *later; /* what happened since we joined */
    size_t later_count;
};

enum cases_outcome {
    CASES_NOTHING, /* no such case, not allowed, or no effect */
    CASES_CLAIMED, /* by the sender, who had it not */
    CASES_LOST,    /* the claim came second */
    CASES_RENEWED, /* the lease is longer */
    CASES_RELEASED,
    CASES_HANDED,
    CASES_CLOSED,
    CASES_REOPENED,
    CASES_NOTED
};

/* waiting: we have just joined; cases that were open before are told to us. */
void cases_init(struct cases *cs, bool waiting);
void cases_free(struct cases *cs);

/* NULL when there is none. */
struct cases_item *
cases_find(const struct cases *cs, const uint8_t id[static CONTENT_ID_LEN]);

/* Would cases_add() take another one? */
bool cases_have_room(const struct cases *cs);

/* A CASE of the log; it gets the next number. When the table is full the oldest
 * closed case makes room: its id is in dropped, which is zero otherwise.
 * ERR_EXISTS: the same id again, ignore; ERR_FULL: all are open; ERR_MEMORY. */
MUST_USE enum err cases_add(struct cases *cs,
                            const struct content_case *in,
                            struct cases_place at,
                            uint8_t dropped[static CONTENT_ID_LEN],
                            struct cases_item **out);

/* *item is set unless there is no such case; *before is who had it. ERR_MEMORY.
 */
MUST_USE enum err cases_apply(struct cases *cs,
                              const struct cases_event *ev,
                              enum cases_outcome *outcome,
                              struct cases_item **item,
                              uint8_t before[static CONTENT_ID_LEN]);

/* Who is gone has nothing any more: releases every case of ev->sender (kind
 * CONTENT_KINDS). ERR_MEMORY. */
MUST_USE enum err
cases_member_gone(struct cases *cs, const struct cases_event *ev);

/* A SNAPSHOT, from an admin: what it says about a case of which no snapshot has
 * told yet becomes its state as of the snapshot's place; what came later in the
 * log is applied again. No effect unless waiting. ERR_MEMORY. */
MUST_USE enum err cases_adopt(struct cases *cs, const struct content *snapshot);

/* The next part of a snapshot: cases from the highest number down, as many as
 * fit CASES_PART_MAX. *at starts at 0; out has room for CASES_MAX. Borrowed. 0
 * when there are no more. */
size_t cases_part(const struct cases *cs, size_t *at, struct content_case *out);

/* No snapshot is awaited any more. */
void cases_settle(struct cases *cs);

/* The key package for the present claim; ERR_FULL when all are used. */
MUST_USE enum err
cases_key_package(const struct cases_item *item, struct bytes *out);

/* True when the claim still holds at now_ms by the reader's clock; for
 * display, and for what a client offers to do. */
bool cases_held(const struct cases_item *item, uint64_t now_ms);

/* Rows of the store. ERR_MEMORY; ERR_MALFORMED, ERR_EXISTS, ERR_FULL. */
MUST_USE enum err
cases_item_write(const struct cases_item *item, struct buf *out);
MUST_USE enum err cases_item_load(struct cases *cs, struct bytes in);
MUST_USE enum err cases_write(const struct cases *cs, struct buf *out);
MUST_USE enum err cases_load(struct cases *cs, struct bytes in);

#endif
