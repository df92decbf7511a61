/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What inbox.c, commits.c, outbox.c and client.c need of the groups beside what
 * core.h offers to all. */
#ifndef CLIENT_CORE_GROUPS_H
#define CLIENT_CORE_GROUPS_H

#include "core.h"
#include "hooks.h"

/*  JOINING --welcomed--> STABLE --committed--> PENDING
 *     |                  ^  |  |                 |  |
 *     |                  |  |  +----- decided ---+  |
 *     |                  |  |                       |
 *     |                  |  +--shut out--> LOCKED_OUT <--shut out-- PENDING
 *     |                  |                       |
 *     +--removed------> OUT <--removed-- (STABLE, PENDING)
 *     +--went---------> LEFT <--went---- (STABLE, PENDING, LOCKED_OUT) */
enum group_event {
    GROUP_WELCOMED,
    GROUP_COMMITTED, /* a commit of ours is stored, and about to be sent */
    GROUP_DECIDED,   /* the log has decided about it, or it was dropped */
    GROUP_SHUT_OUT,
    GROUP_REMOVED,
    GROUP_WENT,
    GROUP_EVENTS
};
bool
groups_next(enum group_phase from, enum group_event ev, enum group_phase *to);

/* The only assignment of a phase; false when the event means nothing now. */
bool groups_turn(struct group *g, enum group_event ev);

/* STABLE or PENDING: keys are there, and the log is followed. */
bool groups_active(const struct group *g);

/* g->mls is in a new epoch: settings, channel, confirmations, what waits. */
MUST_USE enum err groups_epoch_begin(struct client *c,
                                     struct group *g,
                                     const struct epoch_change *change);

/* The end of a group for us: nothing is sent or read any more. ev: SHUT_OUT,
 * REMOVED or WENT. */
MUST_USE enum err groups_end(struct client *c,
                             struct group *g,
                             enum group_event ev,
                             enum notice_code code);

/* A member was heard from in this epoch. */
MUST_USE enum err
groups_heard(struct client *c, struct group *g, struct mls_leaf_index leaf);
uint32_t groups_confirmed(const struct group *g);
bool groups_has_heard(const struct group *g, struct mls_leaf_index leaf);

/* Settings, members and names of an MLS group as we want them; the settings
 * borrow from mls. ERR_MALFORMED. */
MUST_USE enum err
groups_check(const struct mls_group *mls, struct settings *out);

/* A copy of the settings of g->mls into g. */
MUST_USE enum err groups_take_settings(struct group *g);

/* --- rows: groups_rows.c --- */

MUST_USE enum err
groups_load_row(struct client *c, struct bytes key, struct bytes value);
/* All rows are there. ERR_MALFORMED, ERR_UNSUPPORTED. */
MUST_USE enum err groups_start(struct client *c);
/* Writes what is dirty. */
MUST_USE enum err groups_save(struct client *c);
MUST_USE enum err groups_remove_rows(struct client *c, struct group *g);

MUST_USE enum err
groups_new(struct client *c, const struct client_id *id, struct group **out);
void groups_free(struct client *c, struct group *g);
void groups_free_all(struct client *c);

#endif
