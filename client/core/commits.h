/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commits: which one counts, and ours (docs/PROTOCOL.md 4.5 to 4.7).
 *
 * An intent stays until a commit that fulfils it is in the log. A commit of
 * ours is PENDING from when it is stored until the log has decided: its bytes
 * are sent again as they are, and are dropped when another commit has won. */
#ifndef CLIENT_CORE_COMMITS_H
#define CLIENT_CORE_COMMITS_H

#include "core.h"

enum { COMMITS_AAD_LEN = 8 + CONTENT_HEAD_LEN };

struct pending {
    struct buf record;
    uint8_t hash[LIMIT_ID];
    struct buf welcome;
    struct buf staged;                  /* mls_staged_save_pending() */
    uint64_t serials[CORE_INTENTS_MAX]; /* of the intents that it fulfils */
    size_t serial_count;
};

/* May a commit by that leaf count in the present epoch of g? Everybody decides
 * alike, from what everybody has (design 5): the sender is an admin; it is
 * built on our log; adds and removals of others by value, updates and one's own
 * removal by reference; nobody changes credential or name in an update;
 * settings, members and names of the next epoch are as they must be.
 *
 *  s     a staged COMMIT, REMOVED or LOCKED_OUT, from anyone
 *  aad   its authenticated data
 *
 * ERR_DENIED: void, for ever. ERR_MEMORY. */
MUST_USE enum err commits_judge(const struct group *g,
                                const struct mls_staged *s,
                                struct mls_leaf_index sender,
                                struct bytes aad);

/* A proposal by itself: one's own update or removal, once. ERR_DENIED. */
MUST_USE enum err
commits_judge_proposal(const struct group *g, const struct mls_staged *s);

/* A staged commit of somebody else, from the log. Takes s. counted: false when
 * it is void. */
MUST_USE enum err commits_theirs(struct client *c,
                                 struct group *g,
                                 struct mls_staged *s,
                                 bool *counted);

/* Our own pending commit has come back in the log. */
MUST_USE enum err
commits_ours(struct client *c, struct group *g, bool *counted);

/* Makes and sends what is due. */
MUST_USE enum err
commits_run(struct client *c, struct group *g, struct line *l);

/* Is there anything to do by a commit, now or soon? */
bool commits_waiting(const struct group *g);

/* The answer to the APPEND of our commit. */
MUST_USE enum err commits_event(struct client *c,
                                struct group *g,
                                struct line *l,
                                const struct event *ev);

/* Sets commit_ms when proposals of others wait and we are an admin. */
void commits_look(const struct client *c, struct group *g);

/* A new epoch: another's commit has won, or ours. */
MUST_USE enum err commits_epoch(struct client *c, struct group *g);

MUST_USE enum err
commits_drop(struct client *c, struct group *g, enum notice_code code);
void commits_clear(struct group *g);

/* --- commits_rows.c --- */
MUST_USE enum err intents_new(struct group *g,
                              enum intent_kind kind,
                              uint64_t act,
                              struct intent **out);
void intents_free(struct group *g, struct intent *in);
MUST_USE enum err
intents_save(struct client *c, struct group *g, const struct intent *in);
/* Frees it and removes its row. */
MUST_USE enum err
intents_forget(struct client *c, struct group *g, struct intent *in);
struct intent *intents_by_serial(const struct group *g, uint64_t serial);

MUST_USE enum err
commits_load_intent(struct group *g, uint64_t serial, struct bytes value);
/* Rows are all there. ERR_MALFORMED. */
MUST_USE enum err commits_start(struct group *g);
MUST_USE enum err commits_save_pending(struct client *c, struct group *g);
MUST_USE enum err commits_forget_pending(struct client *c, struct group *g);
MUST_USE struct pending *commits_new_pending(void);
void commits_free_pending(struct group *g);

/* The first one for NULL; NULL after the last. */
struct intent *intents_next(const struct group *g, const struct intent *in);

/* --- commits_want.c --- */
/* Ends one that nobody will fulfil. */
MUST_USE enum err intents_fail(struct client *c,
                               struct group *g,
                               struct intent *in,
                               enum notice_code code);
/* Ends those that make no sense in the present epoch. */
MUST_USE enum err intents_prune(struct client *c, struct group *g);

/* --- commits_make.c --- */
/* STABLE -> PENDING with a commit of all that is wanted, if one can be made. */
MUST_USE enum err commits_make(struct client *c, struct group *g);

/* We can follow this group no further. */
MUST_USE enum err commits_lock_out(struct client *c,
                                   struct group *g,
                                   struct mls_leaf_index sender);

#endif
