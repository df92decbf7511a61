/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations with newcomers, on the volunteer's side (docs/PROTOCOL.md 5.3):
 * which group of two belongs to which case. */
#ifndef CLIENT_CORE_TALKS_H
#define CLIENT_CORE_TALKS_H

#include "desk.h"

enum { TALKS_MAX = 128 };

/* Activity in a conversation renews the lease, but not with each word. */
#define TALKS_RENEW_MS (3 * UINT64_C(60000))

struct talk {
    struct queue_node node;
    struct client_id case_id;
    struct client_id desk_group; /* the volunteers' */
    struct client_id group;      /* the conversation */
    struct reply_to reply;
    /* the first answer waits here until the newcomer is in */
    struct buf first;
    struct client_id first_id;
    bool opening;
    uint64_t act; /* of the first answer; not stored */
    uint64_t renewed_ms;
};

/* The conversation that we can use for the case, NULL. */
struct talk *
talks_find(const struct client *c, const struct client_id *case_id);

/* Answers: in the conversation, which is made first when there is none. Not
 * fatal: ERR_FULL, ERR_TURN (the first is still on its way), ERR_NOT_FOUND (no
 * key package is left). */
MUST_USE enum err talks_answer(struct client *c,
                               struct desk *d,
                               struct group *g,
                               struct cases_item *item,
                               struct bytes text,
                               struct client_id *id,
                               uint64_t act);

/* Says goodbye in the conversation, if there is one. */
MUST_USE enum err
talks_bye(struct client *c, const struct client_id *case_id, struct bytes text);

/* We have said something in that group. */
MUST_USE enum err talks_said(struct client *c, struct group *g);

MUST_USE enum err talks_added(struct client *c,
                              struct group *g,
                              const struct client_id *case_id,
                              struct bytes welcome);
MUST_USE enum err talks_not_added(struct client *c,
                                  const struct client_id *case_id,
                                  enum notice_code code);
MUST_USE enum err
talks_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err talks_gone(struct client *c, struct group *g);
void talks_free(struct client *c);

#endif
