/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One person's client without socket, file, clock or thread. It is fed with
 * what happens and with what the person does, asked for its batch, and told
 * whether that was stored:
 *
 *     client_new, client_load_row*, client_start
 *     feed* or acts*  ->  client_take  ->  store, send, show  -> client_release
 *
 * Times: now.mono_ms never goes back and drives timers; now.wall_ms is since
 * 1970 and only dates things. Everything that an act leads to comes as notices;
 * an act's number ends in exactly one NOTICE_ACT_DONE or NOTICE_ACT_FAILED.
 *
 * Acts refuse at once: ERR_USE (text not clean UTF-8, too long, empty),
 * ERR_NOT_FOUND (no such group, person, case ...), ERR_DENIED (not an admin;
 * not a member), ERR_TURN (not now: removed, locked out), ERR_FULL, ERR_MEMORY.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/batch.h"

struct client;

struct client_now {
    uint64_t mono_ms;
    uint64_t wall_ms;
};

/* --- life ---------------------------------------------------------------- */

MUST_USE enum err client_new(struct client **out);

/* Each row of the store once, in any order, before client_start().
 * ERR_MALFORMED, ERR_UNSUPPORTED (written by a later version), ERR_MEMORY. */
MUST_USE enum err
client_load_row(struct client *c, struct bytes key, struct bytes value);

/* All rows are there; dials what there is to dial unless offline. ERR_MALFORMED
 * when rows do not fit together. */
MUST_USE enum err
client_start(struct client *c, struct client_now now, bool offline);

/* Wipes. NULL is allowed. */
void client_free(struct client *c);

/* --- what happens -------------------------------------------------------- */

/* ERR_MEMORY and ERR_INTERNAL only: the core must then be thrown away and
 * opened again from the store. Ids of gone sessions are ignored. */
MUST_USE enum err client_feed_connected(struct client *c,
                                        uint64_t session,
                                        struct client_now now);
MUST_USE enum err client_feed_bytes(struct client *c,
                                    uint64_t session,
                                    struct bytes in,
                                    struct client_now now);
MUST_USE enum err
client_feed_closed(struct client *c, uint64_t session, struct client_now now);
MUST_USE enum err client_feed_tick(struct client *c, struct client_now now);

/* The batch, or NULL when there is nothing to do. Until client_release() it
 * stays valid, what is fed meanwhile fills the next one, and this gives NULL.
 */
const struct client_batch *client_take(struct client *c);

/* stored false: the core is of no use any more; client_free() it. */
void client_release(struct client *c, bool stored);

/* True when nothing is under way: every line in step, outbox empty, no act
 * open. For commands that do one thing and end. */
bool client_idle(const struct client *c);

/* --- groups -------------------------------------------------------------- */

enum client_group_kind { CLIENT_CIRCLE = 1, CLIENT_LOBBY, CLIENT_CASE };

enum client_group_state {
    CLIENT_STABLE,
    CLIENT_PENDING,    /* a commit of ours is under way */
    CLIENT_LOCKED_OUT, /* must be re-added */
    CLIENT_LEFT,       /* left by ourselves */
    CLIENT_OUT         /* removed */
};

struct client_group_info {
    struct client_id id;
    enum client_group_kind kind;
    enum client_group_state state;
    struct bytes title; /* borrowed until the next feed or act */
    uint64_t epoch;
    uint32_t members;
    uint32_t
        confirmed; /* members heard from in this epoch, ourselves included */
    uint64_t last_seq; /* of history */
    bool admin;        /* are we */
    uint32_t owners;   /* admins: the program nags when it is one */
    bool has_desk;
    struct bytes desk_title;
    bool in_step;             /* everything the relay had has been read */
    bool asker;               /* CASE: we are the newcomer */
    struct client_id case_id; /* CASE */
    uint32_t knocks;          /* that wait for a decision */
    uint32_t open_cases;
};
size_t client_group_count(const struct client *c);
MUST_USE enum err client_group_info(const struct client *c,
                                    size_t i,
                                    struct client_group_info *out);

/* By id, or ERR_NOT_FOUND. */
MUST_USE enum err client_group_find(const struct client *c,
                                    const struct client_id *id,
                                    struct client_group_info *out);

struct client_member {
    struct notice_person person;
    bool admin;
    bool confirmed; /* heard from in this epoch */
};
/* i from 0; ERR_NOT_FOUND past the end. */
MUST_USE enum err client_group_member(const struct client *c,
                                      const struct client_id *group,
                                      size_t i,
                                      struct client_member *out);

/* Eight pronounceable words for the present epoch, to be read to each other;
 * Latin or Cyrillic spelling. Appends. */
enum client_script { CLIENT_LATIN, CLIENT_CYRILLIC };
MUST_USE enum err client_group_code(const struct client *c,
                                    const struct client_id *group,
                                    enum client_script script,
                                    struct buf *out);

/* --- links --------------------------------------------------------------- */

enum client_link_kind {
    CLIENT_LINK_RELAY = 1, /* only where a relay is */
    CLIENT_LINK_JOIN,
    CLIENT_LINK_ASK,
    CLIENT_LINK_RETURN
};

/* What a link is for, before anything is done with it. ERR_MALFORMED: not a
 * pristan link; ERR_AUTH: mistyped or cut short; ERR_UNSUPPORTED: made by a
 * later version. The acts below give the same, and ERR_USE for a link of
 * another kind. */
MUST_USE enum err
client_link_kind(struct bytes link, enum client_link_kind *out);

/* --- acts ---------------------------------------------------------------- */

/* A new group of one on the relay of the given link (any kind). *id at once. */
MUST_USE enum err client_group_new(struct client *c,
                                   struct bytes relay_link,
                                   enum client_group_kind kind,
                                   struct bytes title,
                                   struct bytes own_name,
                                   struct client_now now,
                                   struct client_id *id,
                                   uint64_t *act);

/* A join link for a group; we must be an admin. The link works when the act is
 * done. uses 0: any number. lifetime_s at most 7 days is kept up by renewing
 * the card; 0: until revoked. link_text is appended. */
MUST_USE enum err client_link_new(struct client *c,
                                  const struct client_id *group,
                                  uint32_t uses,
                                  uint64_t lifetime_s,
                                  struct client_now now,
                                  struct client_id *id,
                                  struct buf *link_text,
                                  uint64_t *act);

struct client_link_info {
    struct client_id id;
    struct client_id group;
    bool ask;      /* the desk's, else a join link */
    uint32_t uses; /* allowed, 0 any */
    uint32_t used;
    uint64_t expires_ms; /* wall clock; 0 never */
    bool revoked;
};
size_t client_link_count(const struct client *c);
MUST_USE enum err client_link_info(const struct client *c,
                                   size_t i,
                                   struct client_link_info *out);
/* Appends the link as text, or in its QR spelling. */
MUST_USE enum err client_link_text(const struct client *c,
                                   const struct client_id *id,
                                   bool qr,
                                   struct buf *out);
MUST_USE enum err client_link_revoke(struct client *c,
                                     const struct client_id *id,
                                     struct client_now now,
                                     uint64_t *act);

/* Knock at a door. ERR_EXISTS while an earlier knock of ours waits there. Done
 * when the knock is durable in the door's mailbox; the answer comes later as
 * NOTICE_YOU_JOINED or NOTICE_DECLINED. */
MUST_USE enum err client_knock(struct client *c,
                               struct bytes link,
                               struct bytes own_name,
                               struct bytes reason,
                               struct client_now now,
                               uint64_t *act);

struct client_knock_info {
    struct client_id id;
    struct client_id group;
    struct bytes name;
    struct bytes reason;
    char code_words[64]; /* to compare by voice */
    uint64_t at_ms;
};
size_t client_knock_count(const struct client *c);
MUST_USE enum err client_knock_info(const struct client *c,
                                    size_t i,
                                    struct client_knock_info *out);
MUST_USE enum err client_knock_approve(struct client *c,
                                       const struct client_id *knock,
                                       struct client_now now,
                                       uint64_t *act);
MUST_USE enum err client_knock_decline(struct client *c,
                                       const struct client_id *knock,
                                       bool silently,
                                       struct client_now now,
                                       uint64_t *act);

/* Says something; *id marks it in the notices. Done when durable at the relay.
 */
MUST_USE enum err client_say(struct client *c,
                             const struct client_id *group,
                             struct bytes text,
                             struct client_now now,
                             struct client_id *id,
                             uint64_t *act);

MUST_USE enum err client_remove(struct client *c,
                                const struct client_id *group,
                                const struct client_id *person,
                                struct client_now now,
                                uint64_t *act);

/* Proposes our own removal; an admin's client commits it. The last member just
 * forgets the group. */
MUST_USE enum err client_leave(struct client *c,
                               const struct client_id *group,
                               struct client_now now,
                               uint64_t *act);

/* Fresh keys for ourselves: an admin commits, others propose. */
MUST_USE enum err client_refresh(struct client *c,
                                 const struct client_id *group,
                                 struct client_now now,
                                 uint64_t *act);

/* --- desk ---------------------------------------------------------------- */

/* Opens the group's desk (admin). Appends the ask link. */
MUST_USE enum err client_desk_open(struct client *c,
                                   const struct client_id *group,
                                   struct bytes title,
                                   struct client_now now,
                                   struct buf *link_text,
                                   uint64_t *act);
/* The card says "closed" from now on. */
MUST_USE enum err client_desk_close(struct client *c,
                                    const struct client_id *group,
                                    struct client_now now,
                                    uint64_t *act);
/* Appends the ask link of a group's desk; every member may hand it on. */
MUST_USE enum err client_desk_link(const struct client *c,
                                   const struct client_id *group,
                                   bool qr,
                                   struct buf *out);

/* The newcomer. Done when the request is durable in the desk's mailbox
 * (NOTICE_ASKED tells title and how many read). *group is where the answer will
 * be; it exists from now on (state PENDING until the first answer). */
MUST_USE enum err client_ask(struct client *c,
                             struct bytes link,
                             struct bytes text,
                             const char *language,
                             unsigned urgency, /* 1 normal, 2 today, 3 now */
                             struct client_now now,
                             struct client_id *group,
                             uint64_t *act);

enum client_case_state {
    CLIENT_CASE_NEW = 1,
    CLIENT_CASE_CLAIMED,
    CLIENT_CASE_CLOSED
};
struct client_case_info {
    struct client_id id;
    struct client_id group; /* of the volunteers */
    uint32_t number;        /* small, for people: from 1 in log order */
    enum client_case_state state;
    struct notice_person claimer;
    bool ours;
    struct client_id conversation; /* ours: the group with the newcomer; zero
                                    * before the first answer */
    struct bytes text;
    struct bytes language;
    unsigned urgency;
    uint64_t arrived_ms;
    uint64_t lease_ms; /* wall clock, until when the claim holds */
};
size_t client_case_count(const struct client *c);
MUST_USE enum err client_case_info(const struct client *c,
                                   size_t i,
                                   struct client_case_info *out);

/* Done when the log has decided: NOTICE_CASE_CLAIMED with who.self, or
 * ACT_FAILED CODE_CASE_TAKEN beside NOTICE_CLAIM_LOST. */
MUST_USE enum err client_case_claim(struct client *c,
                                    const struct client_id *case_id,
                                    struct client_now now,
                                    uint64_t *act);
MUST_USE enum err client_case_release(struct client *c,
                                      const struct client_id *case_id,
                                      struct client_now now,
                                      uint64_t *act);
MUST_USE enum err client_case_hand_over(struct client *c,
                                        const struct client_id *case_id,
                                        const struct client_id *person,
                                        struct client_now now,
                                        uint64_t *act);
/* Answers under the desk's name; the first answer makes the conversation. */
MUST_USE enum err client_case_answer(struct client *c,
                                     const struct client_id *case_id,
                                     struct bytes text,
                                     struct client_now now,
                                     struct client_id *id,
                                     uint64_t *act);
/* Among the volunteers only. */
MUST_USE enum err client_case_note(struct client *c,
                                   const struct client_id *case_id,
                                   struct bytes text,
                                   struct client_now now,
                                   uint64_t *act);
/* thanks may be empty; it goes to the newcomer. */
MUST_USE enum err client_case_close(struct client *c,
                                    const struct client_id *case_id,
                                    struct bytes thanks,
                                    struct client_now now,
                                    uint64_t *act);
MUST_USE enum err client_case_reopen(struct client *c,
                                     const struct client_id *case_id,
                                     struct client_now now,
                                     uint64_t *act);

#endif
