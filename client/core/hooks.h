/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How groups and lines tell links, joins, asks, desk and cases what happened.
 * Declared here, called by client.c, lines.c, inbox.c, groups.c and commits.c;
 * defined in hooks.c, which passes them on to those modules. Errors are fatal.
 */
#ifndef CLIENT_CORE_HOOKS_H
#define CLIENT_CORE_HOOKS_H

#include "core.h"

struct hooks;

MUST_USE enum err hooks_new(struct client *c); /* sets c->hooks */
void hooks_free(struct client *c);

/* A row whose key begins with a capital letter. ERR_MALFORMED, ERR_UNSUPPORTED.
 */
MUST_USE enum err
hooks_load_row(struct client *c, struct bytes key, struct bytes value);

/* All rows are there, groups too; lines may be asked for. */
MUST_USE enum err hooks_start(struct client *c);

/* The next time (mono) that hooks_tick() wants to be called at, CORE_NEVER. */
uint64_t hooks_deadline(const struct client *c);
MUST_USE enum err hooks_tick(struct client *c);

/* A line can be used: watch what must be watched, ask again what was not
 * answered. */
MUST_USE enum err hooks_line_live(struct client *c, struct line *l);
/* It is gone; it comes back by itself. code: why, CODE_NOT_THIS_RELAY or
 * CODE_RELAY_UNREACHABLE. */
MUST_USE enum err
hooks_line_lost(struct client *c, struct line *l, enum notice_code code);
/* The answer to a request with a kind from OP_HOOKS on. ev borrows from the
 * event arena. */
MUST_USE enum err hooks_event(struct client *c,
                              struct line *l,
                              const struct op *op,
                              const struct event *ev);
/* Has all been read that their places on this line held? */
bool hooks_in_step(const struct client *c, const struct line *l);
/* Is nothing of theirs under way? */
bool hooks_idle(const struct client *c);

/* Something in the group's log, once, in log order, our own too. */
struct heard {
    const struct content *content; /* in the content arena */
    struct client_id sender;       /* credential */
    struct mls_leaf_index leaf;
    bool self;
    uint64_t number; /* in the channel */
    uint64_t epoch;
    uint64_t at_ms; /* sent_ms, but not after now */
    uint64_t act;   /* self: of the post */
};
/* All kinds but CONFIRM and TEXT. */
MUST_USE enum err
hooks_content(struct client *c, struct group *g, const struct heard *h);

/* A new epoch has begun: by a commit, or we have joined. */
struct epoch_change {
    bool joined;    /* our first epoch here */
    bool ours;      /* by our own commit */
    uint32_t added; /* people who are new */
    uint32_t removed;
    bool by_leaf_known;
    struct mls_leaf_index by_leaf; /* who committed, in the new tree */
};
MUST_USE enum err
hooks_epoch(struct client *c, struct group *g, const struct epoch_change *e);

/* An INTENT_ADD has been won: this Welcome (an MLSMessage) may leave now. */
MUST_USE enum err hooks_added(struct client *c,
                              struct group *g,
                              const struct intent *in,
                              struct bytes welcome);
/* An INTENT_ADD makes no sense any more. */
MUST_USE enum err hooks_not_added(struct client *c,
                                  struct group *g,
                                  const struct intent *in,
                                  enum notice_code code);

/* client_say() has put something of ours into the outbox. */
MUST_USE enum err hooks_said(struct client *c, struct group *g);

/* The relay will not take the content with that id. */
MUST_USE enum err
hooks_refused(struct client *c, const struct client_id *content);

/* We are out of it (removed, left, locked out), or it is forgotten. */
MUST_USE enum err hooks_gone(struct client *c, struct group *g);

/* What client_group_info() says about desk, knocks and cases. */
void hooks_info(const struct client *c,
                const struct group *g,
                struct client_group_info *out);

#endif
