/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The private shapes of the client's core, and what its files offer each other.
 *
 * Errors inside the core: what a function returns through `enum err` without a
 * further word is fatal (ERR_MEMORY, ERR_INTERNAL): the core is then of no use
 * and is opened again from the store. What a peer does wrong is dealt with
 * where it is seen and never comes out of a function. Everything in memory may
 * therefore change at once: nothing leaves before client_take() has written it
 * down, and a batch that is not stored takes the whole core with it. */
#ifndef CLIENT_CORE_CORE_H
#define CLIENT_CORE_CORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/queue.h"
#include "base/reader.h"
#include "client/client.h"
#include "crypto/aead.h"
#include "mls/group.h"
#include "transport/link.h"
#include "transport/uri.h"
#include "wire/content.h"
#include "wire/event.h"
#include "wire/request.h"
#include "wire/settings.h"

enum {
    CORE_GROUPS_MAX = 256,
    CORE_LINES_MAX = 512,
    CORE_OUTBOX_MAX = 1024, /* rows that wait in one group */
    CORE_INTENTS_MAX = 128, /* that wait in one group */
    CORE_ADDS_MAX = 16,     /* in one commit */

    /* s: whatever a relay advises, we come back by then */
    CORE_RETRY_MAX_S = 600,

    /* bytes: what one turn may gather in its arena */
    CORE_TURN_MAX = 256 * 1024 * 1024,

    /* bytes: one row of state (an epoch of LIMIT_MEMBERS members) */
    CORE_ROW_MAX = 4 * 1024 * 1024
};

#define CORE_NEVER UINT64_MAX

struct hooks;
struct pending;
struct group;

/* First byte of a row's key. Capital letters are the modules' of hooks.c. */
enum row_prefix {
    ROW_GROUP = 'g',    /* group id */
    ROW_EPOCH = 'e',    /* group id: MLS, changes with the epoch */
    ROW_MESSAGES = 'm', /* group id: MLS, changes with each message */
    ROW_OUTBOX = 'o',   /* group id, serial (u64) */
    ROW_INTENT = 'i',   /* group id, serial (u64) */
    ROW_PENDING = 'p'   /* group id: our commit under way */
};

/* Where a relay is. */
struct address {
    struct dh_public key;
    struct uri_endpoint endpoints[URI_ENDPOINTS_MAX];
    size_t endpoint_count;
};
void address_from_uri(const struct uri *in, struct address *out);
bool address_equal(const struct address *a, const struct address *b);
void address_write(const struct address *in, struct buf *out);
void address_read(struct reader *r, struct address *out); /* sticky, in r */

bool client_id_equal(const struct client_id *a, const struct client_id *b);
bool client_id_is_zero(const struct client_id *a);
struct client_id client_id_random(void);

/* --- the turn: turn.c --------------------------------------------------- */

struct turn {
    struct arena arena; /* what the lists point to */
    struct client_write *writes;
    struct client_history *history;
    struct client_send *sends;
    struct client_dial *dials;
    uint64_t *hangups;
    struct notice *notices;
    size_t write_cap, history_cap, send_cap, dial_cap, hangup_cap, notice_cap;
    struct client_batch batch;
};
void turn_init(struct turn *t);
void turn_free(struct turn *t);
void turn_reset(struct turn *t);
bool turn_is_empty(const struct turn *t);
/* The lists as a batch. */
const struct client_batch *turn_batch(struct turn *t, uint64_t deadline_ms);

/* All copy what they are given. */
MUST_USE enum err
turn_write(struct client *c, struct bytes key, struct bytes value);
MUST_USE enum err turn_remove(struct client *c, struct bytes key);
MUST_USE enum err turn_notice(struct client *c, const struct notice *n);
MUST_USE enum err
turn_send(struct client *c, uint64_t session, struct bytes data);
MUST_USE enum err
turn_dial(struct client *c, uint64_t session, const struct uri_endpoint *to);
MUST_USE enum err turn_hangup(struct client *c, uint64_t session);

/* Gives n its seq, writes it into the group's history and shows it. Expires
 * with the group's setting, counted from n->at_ms; keep: never. */
MUST_USE enum err
turn_history(struct client *c, struct group *g, struct notice *n, bool keep);

/* A row's key: prefix and up to two parts. */
struct row_key {
    uint8_t b[CLIENT_KEY_MAX];
    size_t len;
};
struct row_key row_key(char prefix, const struct client_id *id);
struct row_key
row_key_serial(char prefix, const struct client_id *id, uint64_t serial);
struct bytes row_key_bytes(const struct row_key *k);

/* --- acts: acts.c -------------------------------------------------------- */

/* Numbers from 1; 0 is "nobody waits". Open acts are counted: each must end in
 * one of the two, which ignore act 0. They end with the process, and are not
 * stored. */
uint64_t acts_new(struct client *c);
MUST_USE enum err acts_done(struct client *c, uint64_t act);
MUST_USE enum err
acts_failed(struct client *c, uint64_t act, enum notice_code code);

/* --- lines: lines.c ------------------------------------------------------ */

/* One session with a relay. One for each group, and one for each door, desk,
 * knock or request that waits, so that nothing ties them together (J-06).
 *
 *   OFFLINE --due--> DIALLING --connected--> GREETING --hello--> CATCHING_UP
 *      ^                 |                      |                 |      ^
 *      |                 |                      |         in step |      | more
 *      |                 |                      |                 v      |
 *      +--lost-----------+----------------------+----------------- LIVE -+ */
enum line_state {
    LINE_OFFLINE,
    LINE_DIALLING,
    LINE_GREETING,    /* upgrade, handshake, HELLO */
    LINE_CATCHING_UP, /* requests may be made from here on */
    LINE_LIVE,
    LINE_STATES
};

struct line {
    struct queue_node node; /* in c->lines */
    struct client_id owner; /* a group, door, desk, knock ... */
    struct address relay;
    enum line_state state; /* assigned by line_turn() alone */
    uint64_t session;      /* 0: none */
    struct link *link;
    struct buf out; /* what has to leave */
    struct queue ops;
    size_t op_count;
    uint32_t last_tag;
    size_t endpoint;   /* tried next */
    uint32_t failures; /* in a row */
    uint64_t due_ms;   /* OFFLINE: dial; else: give up, or ping when LIVE */
    bool pinged;
    enum notice_code told_code; /* why it is away; NONE: LIVE since */
    bool told_synced;
    bool doomed; /* dropped: freed at the end of the turn */
};

/* Who gets the answer to a request. */
enum op_kind {
    OP_HELLO = 1,
    OP_PING,
    OP_UNWATCH,
    OP_APPEND, /* outbox.c; detail: serial of the row, 0: the pending commit */
    OP_READ,   /* inbox.c: a page of the channel */
    OP_WATCH,  /* inbox.c: stays */
    OP_HOOKS = 16 /* from here on they are answered by hooks_event() */
};

struct op {
    struct queue_node node;
    uint32_t tag;
    int kind; /* enum op_kind, or one of hooks.h from OP_HOOKS on */
    struct client_id object;
    uint64_t detail;
    bool stays;  /* a watch: more than one answer */
    bool closed; /* its UNWATCH is under way: what comes is ignored */
};

/* The line of an owner to a relay; made (OFFLINE, due at once) when there is
 * none. ERR_FULL. */
MUST_USE enum err lines_get(struct client *c,
                            const struct address *relay,
                            const struct client_id *owner,
                            struct line **out);
struct line *lines_find(const struct client *c, const struct client_id *owner);

/* Nobody needs it any more: hangs up when the turn ends. */
void lines_drop(struct client *c, struct line *l);

/* True when requests may be made. */
bool lines_open(const struct line *l); /* NULL: false */

/* Fills in q->tag and adds the request; its answer goes to (kind, object,
 * detail). When the line is lost before the answer, nothing comes: whoever
 * waits asks again in hooks_line_live(). No effect on a line that is not open.
 */
MUST_USE enum err lines_request(struct client *c,
                                struct line *l,
                                struct request *q,
                                int kind,
                                const struct client_id *object,
                                uint64_t detail);

/* More may come on a watch. */
MUST_USE enum err lines_credit(struct client *c,
                               struct line *l,
                               const struct op *watch,
                               uint32_t credit);

/* The standing watch of that kind and object, NULL when there is none. */
struct op *
lines_watch(const struct line *l, int kind, const struct client_id *object);
/* Ends it. */
MUST_USE enum err
lines_unwatch(struct client *c, struct line *l, struct op *watch);

/* What is still to come for that kind and object is of no interest any more. */
void lines_ignore(struct line *l, int kind, const struct client_id *object);

/* True while an answer of that kind for that object is awaited. */
bool
lines_waiting(const struct line *l, int kind, const struct client_id *object);

/* --- channels: channel.c, envelope.c -------------------------------------- */

enum { CHANNEL_HEADS = 128, CHANNEL_OWN = 128 };

/* One epoch's log as far as we have read it (docs/PROTOCOL.md section 4). */
struct channel {
    uint8_t id[LIMIT_ID];
    uint8_t read_token[LIMIT_ID];
    uint8_t write_token[LIMIT_ID];
    struct aead_key envelope_key;
    uint64_t last;          /* number of the last record that we have */
    uint64_t commits;       /* COMMIT records among them */
    uint8_t head[LIMIT_ID]; /* h_last */
    /* the first bytes of h_i at [i % CHANNEL_HEADS] */
    uint8_t heads[CHANNEL_HEADS][CONTENT_HEAD_LEN];
    /* first bytes of the hashes of what we sent here: what is in the log and
     * not here was sent by a copy of us (F-04) */
    uint8_t own[CHANNEL_OWN][8];
    size_t own_count; /* ever; the slot is own_count % CHANNEL_OWN */
    uint64_t seen;    /* the highest number that the relay spoke of */
    uint32_t owed;    /* bytes that came on the watch, not credited yet */
    uint32_t voids;   /* records skipped */
    uint8_t alarmed;  /* alarms that were told: inbox_alarm_once() */
    uint64_t read_ms; /* our clock when we last had all that the relay had */
};

/* --- groups: groups.c ----------------------------------------------------- */

enum group_phase { /* see groups_states.c for table and drawing */
                   PHASE_JOINING, /* a request of ours: no Welcome yet */
                   PHASE_STABLE,
                   PHASE_PENDING,
                   PHASE_LOCKED_OUT,
                   PHASE_LEFT,
                   PHASE_OUT,
                   PHASES
};

struct group {
    struct queue_node node; /* in c->groups, in the order of joining */
    struct client_id id;
    struct address relay;
    uint64_t order;         /* of joining */
    enum group_phase phase; /* assigned by groups_turn() alone */
    struct mls_group *mls;  /* NULL while JOINING */
    struct channel channel;
    struct settings settings; /* of the epoch; borrows from settings_copy */
    struct buf settings_copy;
    uint64_t last_seq;   /* of history */
    uint64_t epoch;      /* also when mls is gone */
    bool asker;          /* we are the newcomer of this CASE */
    bool leaving;        /* our own removal is wanted */
    bool refreshing;     /* an Update of ours is wanted */
    bool cloned;         /* F-04: sends no more */
    bool confirm_due;    /* we have said nothing in this epoch yet */
    bool watched;        /* not stored: the watch was answered */
    uint64_t confirm_ms; /* mono: when to say so; CORE_NEVER */
    uint64_t commit_ms;  /* mono: when to commit what waits; CORE_NEVER */
    uint64_t send_ms;    /* mono: not before (a refusal said so) */
    uint64_t late_ms;    /* mono: when the relay owes us records for too long;
                          * CORE_NEVER */
    uint64_t act_new;    /* client_group_new() waits for the first step */
    uint8_t confirmed[LIMIT_MEMBERS / 8]; /* leaves heard from */
    struct queue outbox;                  /* struct post, by serial */
    struct queue intents;                 /* struct intent, by serial */
    uint64_t last_serial;
    size_t outbox_count;
    size_t intent_count;
    struct pending *pending;
    bool dirty; /* rows to write at the end of the turn */
    bool dirty_epoch;
    bool dirty_messages;
    bool loaded; /* from here on only while rows are loaded */
    struct buf load_epoch;
    struct buf load_messages;
    struct buf load_pending;
};

struct group *groups_find(const struct client *c, const struct client_id *id);

/* Makes a group of one, writes it, gets its line. The settings' admins are
 * filled in: we alone. *out is the client's. ERR_FULL, ERR_USE (title, name).
 */
MUST_USE enum err groups_create(struct client *c,
                                const struct address *relay,
                                const struct settings *settings,
                                struct bytes own_name,
                                struct group **out);

/* A place for a Welcome that is awaited (JOINING), which the view already
 * shows; title as settings.title. */
MUST_USE enum err groups_expect(struct client *c,
                                const struct address *relay,
                                enum group_kind kind,
                                struct bytes title,
                                struct group **out);

/* Takes what mls_group_join() gave; owned by the client afterwards, also on an
 * error. into: from groups_expect(), or NULL for a new one. Says
 * NOTICE_YOU_JOINED, calls hooks_epoch(). Not fatal: ERR_EXISTS (we are in that
 * group already, D-16), ERR_MALFORMED (its settings, members or names break our
 * rules), ERR_FULL. */
MUST_USE enum err groups_join(struct client *c,
                              const struct address *relay,
                              struct mls_group *mls,
                              struct group *into,
                              uint64_t act,
                              struct group **out);

/* Forgets it with all rows. */
MUST_USE enum err groups_forget(struct client *c, struct group *g);

bool groups_we_are_admin(const struct group *g);
bool groups_is_admin(const struct group *g, struct bytes credential);
struct client_id groups_own_id(const struct group *g);

/* Who somebody is; name borrowed until the next merge. An unknown credential
 * gives the id alone. */
struct notice_person
groups_person(const struct group *g, const struct client_id *credential);
struct notice_person
groups_person_at(const struct mls_group *mls, struct mls_leaf_index leaf);
bool groups_leaf_of(const struct mls_group *mls,
                    const struct client_id *credential,
                    struct mls_leaf_index *out);

/* ERR_OK when acts of ours may go out here at all, else what client.h says
 * (ERR_TURN). */
MUST_USE enum err groups_usable(const struct group *g);

/* --- identity.c ------------------------------------------------------------
 */

/* A key package of a fresh identity (J-05) for one group. */
MUST_USE enum err identity_key_package(struct bytes name,
                                       uint64_t wall_ms,
                                       struct buf *out,
                                       struct mls_key_package_secret *secret);

/* Judges the name in a leaf, the length of its credential: ours alone go in. */
MUST_USE enum err identity_check(struct bytes credential, struct bytes name);
MUST_USE enum err identity_check_key_package(struct bytes key_package,
                                             uint64_t wall_ms,
                                             struct client_id *credential,
                                             struct bytes *name);

/* --- outbox.c --------------------------------------------------------------
 */

/* Puts content into the group's outbox. id (when zero), sent_ms and head are
 * filled in. Stored now, sealed and sent in its turn, in order; act is done
 * when it is durable at the relay. What is not sent when the epoch ends is
 * sealed anew in the next. ERR_FULL, ERR_USE (content_write), ERR_TURN. */
MUST_USE enum err outbox_post(struct client *c,
                              struct group *g,
                              struct content *content,
                              uint64_t act);

/* --- commits.c --------------------------------------------------------------
 */

enum intent_kind {
    INTENT_ADD = 1,
    INTENT_REMOVE,
    INTENT_UPDATE,  /* a path for ourselves */
    INTENT_SETTINGS /* new settings */
};

/* What an admin wants done by a commit; tried until it is done or makes no
 * sense any more. */
struct intent {
    struct queue_node node;
    uint64_t serial;
    enum intent_kind kind;
    struct buf data;         /* ADD: key package; SETTINGS: encoding */
    struct client_id person; /* ADD, REMOVE: credential */
    struct reply_to reply;   /* ADD: where the Welcome goes */
    int cookie_kind;         /* ADD: for hooks_added(), not 0 */
    struct client_id cookie;
    uint64_t act; /* not stored */
    bool in_pending;
};

/* ERR_DENIED: we are no admin; ERR_FULL; ERR_EXISTS: that person is in or about
 * to be; ERR_USE, ERR_EXPIRED, ERR_AUTH, ERR_MALFORMED: the key package. When
 * it is won hooks_added() gets the Welcome, then the act is done. */
MUST_USE enum err commits_want_add(struct client *c,
                                   struct group *g,
                                   struct bytes key_package,
                                   const struct reply_to *reply,
                                   int cookie_kind,
                                   const struct client_id *cookie,
                                   uint64_t act);
MUST_USE enum err commits_want_remove(struct client *c,
                                      struct group *g,
                                      const struct client_id *person,
                                      uint64_t act);
MUST_USE enum err
commits_want_update(struct client *c, struct group *g, uint64_t act);
MUST_USE enum err commits_want_settings(struct client *c,
                                        struct group *g,
                                        const struct settings *settings,
                                        uint64_t act);

/* --- the client --------------------------------------------------------------
 */

struct client {
    struct queue groups;
    struct queue lines;
    uint64_t last_order;
    size_t group_count;
    size_t line_count;
    struct turn turns[2];
    unsigned filling; /* which of them */
    bool out;         /* the other is with the driver */
    struct client_now now;
    uint64_t last_session;
    uint64_t last_act;
    uint64_t open_acts;
    uint64_t told_deadline;
    bool started;
    bool offline;
    bool told_synced;           /* "every line is in step" */
    enum err broken;            /* fatal; nothing more leaves */
    struct arena event_arena;   /* one event */
    struct arena content_arena; /* one content */
    struct buf scratch;         /* one request, content, row */
    struct hooks *hooks;        /* state of the modules */
};

/* The beginning of each feed and act: ERR_MEMORY or ERR_INTERNAL when the core
 * is of no use any more. */
MUST_USE enum err client_enter(struct client *c, struct client_now now);

/* And its end: what is due is done; a fatal e breaks the core. Gives the error
 * for the caller. */
MUST_USE enum err client_exit(struct client *c, enum err e);

/* --- what people type: client_acts.c
 * ------------------------------------------ */

/* Clean text of min .. max bytes, else ERR_USE. */
MUST_USE enum err client_check_text(struct bytes in, size_t min, size_t max);

#endif
