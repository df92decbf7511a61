/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Those who want in, as the admins' clients see them (docs/PROTOCOL.md 5.7). */
#ifndef CLIENT_CORE_KNOCKS_H
#define CLIENT_CORE_KNOCKS_H

#include "hooks.h"
#include "modules.h"

enum { KNOCKS_MAX = 256 };

/* A decision is remembered as long as a repeated letter may come. */
#define KNOCKS_KEPT_MS (8 * 24 * UINT64_C(3600000))

struct knock {
    struct queue_node node;
    struct client_id id; /* the letter's */
    struct client_id group;
    struct client_id link; /* it came through; not always one of ours */
    struct buf encoded;    /* letter_write() */
    struct arena arena;
    struct letter letter; /* in the arena */
    uint64_t at_ms;
    bool decided;
    bool silently;   /* if we decline */
    bool told_by_us; /* not stored: our decision is under way */
    char code_words[64];
};

/* A letter in a door's mailbox. */
MUST_USE enum err knocks_arrived(struct client *c, struct arrived *in);
/* KNOCK and KNOCK_DECISION in the log. */
MUST_USE enum err
knocks_content(struct client *c, struct group *g, const struct heard *h);
MUST_USE enum err knocks_added(struct client *c,
                               struct group *g,
                               const struct client_id *id,
                               struct bytes welcome);
uint32_t knocks_waiting(const struct client *c, const struct group *g);

MUST_USE enum err
knocks_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err knocks_start(struct client *c);
MUST_USE enum err knocks_gone(struct client *c, struct group *g);
void knocks_free(struct client *c);

#endif
