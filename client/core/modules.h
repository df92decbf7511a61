/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the modules behind hooks.h share: rows, requests, lines, the mailboxes
 * that we read, the letters that we send and the cards that we keep. */
#ifndef CLIENT_CORE_MODULES_H
#define CLIENT_CORE_MODULES_H

#include "core.h"
#include "letters.h"
#include "wire/card.h"

/* First byte of a row's key; the rest is an id. */
enum module_row {
    ROW_ASK = 'A',
    ROW_BOX = 'B',
    ROW_CASE = 'C', /* desk id, case id */
    ROW_DESK = 'D',
    ROW_JOIN = 'J',
    ROW_KNOCK = 'K',
    ROW_LINK = 'L',
    ROW_MAIL = 'M',
    ROW_TALK = 'T'
};

enum { MODULES_ROW_VERSION = 1 };

/* Kinds of requests; the object is the id of what is asked for. */
enum module_op {
    OP_BOX_WATCH = OP_HOOKS, /* box */
    OP_BOX_READ,             /* box */
    OP_BOX_EMPTY,            /* box; nobody waits for it */
    OP_MAIL_LEAVE,           /* mail */
    OP_MAIL_BLOB,            /* mail; detail: which piece */
    OP_CARD_PUT,             /* link or desk; detail: version */
    OP_CARD_GET,             /* join or ask */
    OP_PARCEL                /* join or ask; detail: which piece */
};

/* Who is told about mail and about Adds. */
enum module_cookie {
    COOKIE_NONE,
    COOKIE_JOIN,  /* our knock is with the door */
    COOKIE_ASK,   /* our request is with the desk */
    COOKIE_KNOCK, /* somebody we let in */
    COOKIE_CASE   /* the newcomer of a case of ours */
};

struct hooks {
    struct queue boxes;
    struct queue mails;
    struct queue links;
    struct queue knocks;
    struct queue joins;
    struct queue asks;
    struct queue desks;
    struct queue talks;
    struct queue waits;
};

/* --- lines of the modules: hooks.c --------------------------------------- */

/* The owner's line is needed from now on. ERR_FULL. */
MUST_USE enum err modules_line(struct client *c,
                               const struct address *relay,
                               const struct client_id *owner,
                               struct line **out);

/* Drops the owner's line unless a group, mailbox, letter or card still needs
 * it. */
void modules_release(struct client *c, const struct client_id *owner);

/* A row of (prefix, id). */
MUST_USE enum err modules_write(struct client *c,
                                char prefix,
                                const struct client_id *id,
                                struct buf *row);
MUST_USE enum err
modules_remove(struct client *c, char prefix, const struct client_id *id);

/* Begins a row, and its reading. */
void modules_row(struct buf *out);
MUST_USE enum err modules_row_read(struct reader *r, struct bytes in);
void modules_id_read(struct reader *r, struct client_id *out);
void modules_id_write(struct buf *out, const struct client_id *id);

/* True for errors that an act may give back; others are fatal. */
bool modules_mild(enum err e);

/* --- acts that wait for the log: waits.c --------------------------------- */

struct wait {
    struct queue_node node;
    struct client_id content; /* id of what was posted */
    struct client_id group;
    enum content_kind kind;
    uint64_t act;
};

/* Posts content with a fresh id; the act ends when the log has decided. On a
 * mild error (ERR_FULL, ERR_TURN, ERR_USE) nothing was posted. */
MUST_USE enum err waits_post(struct client *c,
                             struct group *g,
                             struct content *content,
                             uint64_t act);
/* The act that posted this content, 0: none; forgets it. */
uint64_t waits_take(struct client *c, const uint8_t id[static CONTENT_ID_LEN]);
/* All of a group fail. */
MUST_USE enum err waits_fail(struct client *c,
                             const struct client_id *group,
                             enum notice_code code);
void waits_free(struct client *c);

/* --- mailboxes that we read: boxes.c -------------------------------------- */

enum box_kind { BOX_DOOR = 1, BOX_INTAKE, BOX_JOIN, BOX_ASK, BOX_KINDS };

enum { BOX_SEED_LEN = 64, BOXES_MAX = 512, BOX_CREDIT = 256 * 1024 };

struct box {
    struct queue_node node;
    struct client_id id;
    struct client_id owner; /* of the line: link, desk, join, ask */
    enum box_kind kind;
    struct address relay;
    uint8_t read_token[LIMIT_ID];
    struct dh_secret key;
    struct reply_to at; /* follows from the two above */
    uint64_t ends_ms;   /* wall; CORE_NEVER */
    /* not stored: what lies there is read again, what was dealt with is gone */
    uint64_t last;
    uint64_t seen;
    bool read; /* at least once on this line */
};

/* Makes, writes and watches one; seed decides token and key, NULL: random.
 * ERR_FULL. */
MUST_USE enum err boxes_new(struct client *c,
                            enum box_kind kind,
                            const struct address *relay,
                            const struct client_id *owner,
                            const uint8_t *seed,
                            struct box **out);
MUST_USE enum err boxes_write(struct client *c, const struct box *box);
MUST_USE enum err boxes_drop(struct client *c, struct box *box);
MUST_USE enum err
boxes_drop_all(struct client *c, const struct client_id *owner);
struct box *boxes_find(const struct client *c, const struct client_id *id);
/* The one of an owner that does not end, NULL. */
struct box *boxes_of(const struct client *c, const struct client_id *owner);
bool boxes_any(const struct client *c, const struct client_id *owner);
/* Every box of the owner ends at ends_ms, unless it ends before. */
MUST_USE enum err
boxes_retire(struct client *c, const struct client_id *owner, uint64_t ends_ms);

/* The letter with that number is done with. */
MUST_USE enum err
boxes_empty(struct client *c, const struct client_id *box, uint64_t number);

/* From hooks.c. */
MUST_USE enum err
boxes_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err boxes_start(struct client *c);
MUST_USE enum err boxes_live(struct client *c, struct line *l);
void boxes_lost(struct client *c, const struct line *l);
MUST_USE enum err boxes_event(struct client *c,
                              struct line *l,
                              const struct op *op,
                              const struct event *ev);
bool boxes_in_step(const struct client *c, const struct line *l);
uint64_t boxes_deadline(const struct client *c);
MUST_USE enum err boxes_tick(struct client *c);
void boxes_free(struct client *c);

/* What came in a mailbox. keep: it stays there, to be read again. */
struct arrived {
    const struct box *box;
    uint64_t number;
    const struct letter *letter; /* in the arena */
    bool keep;                   /* out */
};

/* --- letters that we send: mail.c ----------------------------------------- */

enum { MAILS_MAX = 512, MAIL_PIECES_MAX = LETTER_WELCOME_BLOBS_MAX };

struct mail {
    struct queue_node node;
    struct client_id id;
    struct client_id owner; /* of the line */
    struct address relay;
    uint8_t mailbox[LIMIT_ID];
    int cookie_kind;
    struct client_id cookie;
    struct buf sealed;
    struct buf pieces[MAIL_PIECES_MAX]; /* go first */
    size_t piece_count;
    /* not stored */
    uint32_t durable;       /* bit i: piece i is */
    uint64_t not_before_ms; /* mono */
};

struct mail_plan {
    const struct client_id *owner;
    const struct address *relay;
    const struct reply_to *to;
    enum letters_purpose purpose;
    struct letter *letter; /* a WELCOME that is too large goes in pieces */
    int cookie_kind;
    struct client_id cookie;
};

/* Seals, writes and sends it until it is durable. Not fatal: ERR_AUTH (the
 * address), ERR_TOO_LARGE, ERR_USE, ERR_FULL. */
MUST_USE enum err mail_leave(struct client *c, const struct mail_plan *in);
bool mail_any(const struct client *c, const struct client_id *owner);
MUST_USE enum err mail_load(struct client *c, struct bytes id, struct bytes in);
MUST_USE enum err mail_start(struct client *c);
MUST_USE enum err mail_live(struct client *c, struct line *l);
MUST_USE enum err mail_event(struct client *c,
                             struct line *l,
                             const struct op *op,
                             const struct event *ev);
uint64_t mail_deadline(const struct client *c);
MUST_USE enum err mail_tick(struct client *c);
/* Forgets what an owner has not sent yet. */
MUST_USE enum err
mail_drop_all(struct client *c, const struct client_id *owner);
void mail_free(struct client *c);

/* --- a Welcome in pieces: parcel.c ---------------------------------------- */

struct parcel {
    uint8_t hash[MAIL_PIECES_MAX][LIMIT_ID];
    uint8_t key[MAIL_PIECES_MAX][LIMIT_ID];
    size_t count; /* 0: none is awaited */
    size_t got;
    struct buf data;
};

/* Begins to fetch what the letter names over the owner's line. */
MUST_USE enum err parcel_begin(struct client *c,
                               struct parcel *p,
                               const struct client_id *owner,
                               const struct letter *letter);
/* Asks for the next piece (again). */
MUST_USE enum err
parcel_ask(struct client *c, struct parcel *p, const struct client_id *owner);
/* *whole: all is there. ERR_AUTH, ERR_NOT_FOUND: it will not come; not fatal.
 */
MUST_USE enum err parcel_take(struct parcel *p,
                              const struct event *ev,
                              uint64_t detail,
                              bool *whole);
void parcel_free(struct parcel *p);

/* --- cards that we keep: keeper.c ------------------------------------------
 */

struct keeper {
    struct sign_secret key;
    uint8_t secret[URI_SECRET_LEN];
    uint64_t version;  /* of the last that we made */
    uint64_t renew_ms; /* wall */
    bool due;          /* what lies at the relay is not what it should be */
    uint64_t not_before_ms; /* mono, not stored */
};

void keeper_new(struct keeper *k);
void keeper_public(const struct keeper *k, struct sign_public *out);
void keeper_write(const struct keeper *k, struct buf *out);
void keeper_read(struct reader *r, struct keeper *k);
void keeper_wipe(struct keeper *k);
/* Puts a card with this body, if it is due and the line is open. until_ms
 * (wall): no longer than that. The caller writes its row: the version has
 * changed. */
MUST_USE enum err keeper_put(struct client *c,
                             struct keeper *k,
                             const struct client_id *owner,
                             const struct card_body *body,
                             uint64_t until_ms);
/* The relay's answer. *done: the card is there. *code: why not, and it
 * will be tried again. */
void keeper_answer(struct client *c,
                   struct keeper *k,
                   const struct event *ev,
                   uint64_t detail,
                   bool *done,
                   enum notice_code *code);
/* mono */
uint64_t keeper_deadline(const struct client *c,
                         const struct keeper *k,
                         const struct client_id *owner);
/* What the card should say is not what it says: as soon as can be. */
void keeper_changed(struct keeper *k);

/* Wall time as a time for ticks. */
uint64_t modules_mono(const struct client *c, uint64_t wall_ms);

#endif
