/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A group's desk: its card, its intake, its cases (docs/PROTOCOL.md 5.3
 * to 5.5). Every group but a conversation has one of these, whether its desk is
 * open or not. */
#ifndef CLIENT_CORE_DESK_H
#define CLIENT_CORE_DESK_H

#include "cases.h"
#include "hooks.h"
#include "modules.h"

/* An old intake key opens what was sealed to it while the card changed. */
#define DESK_OLD_KEY_MS (48 * UINT64_C(3600000))

enum {
    DESK_ARRIVALS_MAX = 256, /* letters that are not yet cases */
    DESK_DELAY_MS = 1500, /* at most, before a letter is told to the others */
    DESK_RETRY_MS = 5000
};

struct desk {
    struct queue_node node;
    struct client_id id; /* local: of the line of the intake, and of the link */
    struct client_id group;
    bool known; /* the log has told of a desk */
    bool open;
    uint8_t card_key[LIMIT_ID];
    uint8_t secret[URI_SECRET_LEN];
    struct buf title;
    bool ours; /* we have the card's key */
    struct keeper keeper;
    struct cases cases;
    /* not stored */
    uint64_t act;          /* waits for the card */
    struct queue arrivals; /* struct arrival: desk_intake.c */
    size_t arrival_count;
    uint64_t leases_told_ms; /* leases that ended before have been told */
};

/* NULL when there is none. */
struct desk *
desk_of_group(const struct client *c, const struct client_id *group);
struct desk *desk_by_id(const struct client *c, const struct client_id *id);
/* The desk that has this case. */
struct desk *desk_of_case(const struct client *c,
                          const struct client_id *case_id,
                          struct cases_item **item);
struct desk *desk_next(const struct client *c, const struct desk *d);
MUST_USE enum err
desk_get(struct client *c, struct group *g, struct desk **out);

/* --- desk.c: rows, card, intake key --------------------------------------- */

MUST_USE enum err desk_save(struct client *c, struct desk *d);
/* Mailbox and key of the present epoch; the old ones end (5.3.5). */
MUST_USE enum err
desk_rotate(struct client *c, struct desk *d, struct group *g);
/* The card as things stand, if it is due and ours. */
MUST_USE enum err desk_publish(struct client *c, struct desk *d);
/* What CONTENT_DESK or a snapshot says. */
MUST_USE enum err desk_set(struct client *c,
                           struct desk *d,
                           struct group *g,
                           const uint8_t card_key[static LIMIT_ID],
                           const uint8_t secret[static URI_SECRET_LEN],
                           struct bytes title,
                           bool open);

MUST_USE enum err desk_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err
desk_load_case(struct client *c, struct bytes id, struct bytes in);
/* Cases find their desks. ERR_MALFORMED. */
MUST_USE enum err desk_start(struct client *c);
MUST_USE enum err desk_live(struct client *c, struct line *l);
MUST_USE enum err
desk_event(struct client *c, const struct op *op, const struct event *ev);
bool desk_busy(const struct client *c, const struct client_id *owner);
bool desk_idle(const struct client *c);
uint64_t desk_deadline(const struct client *c);
MUST_USE enum err desk_tick(struct client *c);
MUST_USE enum err desk_gone(struct client *c, struct group *g);
void desk_free(struct client *c);

size_t desk_link_count(const struct client *c);
MUST_USE enum err
desk_link_info(const struct client *c, size_t i, struct client_link_info *out);
MUST_USE enum err desk_link_text(const struct client *c,
                                 const struct client_id *id,
                                 bool qr,
                                 struct buf *out);
MUST_USE enum err desk_revoke(struct client *c,
                              const struct client_id *id,
                              struct client_now now,
                              uint64_t *act);

/* --- desk_log.c: what the group's log says ---------------------------------
 */

MUST_USE enum err
desk_content(struct client *c, struct group *g, const struct heard *h);
MUST_USE enum err desk_epoch(struct client *c,
                             struct group *g,
                             const struct epoch_change *change);
/* Leases that have run out are told. */
MUST_USE enum err desk_leases(struct client *c, struct desk *d);
uint64_t desk_lease_deadline(const struct client *c, const struct desk *d);

/* --- desk_intake.c: letters that become cases -------------------------------
 */

MUST_USE enum err desk_arrived(struct client *c, struct arrived *in);
/* The case is in the log: its letters are done with. */
MUST_USE enum err desk_arrival_done(struct client *c,
                                    struct desk *d,
                                    const uint8_t case_id[static 16]);
/* It had no room, and had no effect: its letter stays and is told again. */
void desk_arrival_again(const struct client *c,
                        const struct desk *d,
                        const uint8_t case_id[static 16]);
MUST_USE enum err desk_intake_tick(struct client *c, struct desk *d);
uint64_t desk_intake_deadline(const struct client *c, const struct desk *d);
void desk_arrivals_free(struct desk *d);

#endif
