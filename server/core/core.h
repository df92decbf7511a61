/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The private shapes of the relay's core. Nothing here is truth about a
 * channel: what is in memory grows with connections, not with channels. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/queue.h"
#include "crypto/dh.h"
#include "relay/relay.h"
#include "transport/link.h"
#include "wire/event.h"
#include "wire/request.h"

#include "batch.h"
#include "pace.h"
#include "prefix.h"
#include "replay.h"
#include "topic.h"

enum {
    /* ms: from the upgrade to HELLO; what strangers may take is the web
     * server's business (transport/decoy.h) */
    CORE_HANDSHAKE_MS = 10 * 1000,

    /* ms: without a byte until we ping, and from the ping until we give up:
     * with some room for a machine that is busy both are within the 90 s by
     * which a pulled cable is noticed */
    CORE_SILENCE_MS = 40 * 1000,
    CORE_PONG_MS = 35 * 1000,

    /* bytes of memory that parts of requests, messages and frames may take of
     * all sessions together; over it those go that have been at it longest */
    CORE_HELD_MAX = 32 * 1024 * 1024,

    /* with more than so many strangers at the door the oldest are closed at
     * CORE_HANDSHAKE_MS: a web server with few places does it, too */
    CORE_STRANGERS_EASY = 64,

    /* ms: a stranger is given so long before it has to make room for another */
    CORE_STRANGER_MS = 1000,

    /* watches of all sessions together, over which a session gets only few:
     * some 200 bytes each */
    CORE_WATCHES_EASY = 128 * 1024,
    CORE_WATCHES_FEW = 8,

    /* per session: more is refused */
    CORE_WATCHES = 256,
    CORE_WANTS = 256,

    /* requests of one session at a time, and pings and pieces of messages, if
     * there are more: those of others come in between */
    CORE_FRAMES_EACH = 32,

    /* per session: enough is under way, read no more */
    CORE_OPS_MARK = 256,
    CORE_BYTES_MARK = 2 * 1024 * 1024,

    /* bytes pending for one session, over which records are not pushed */
    CORE_PENDING_MARK = 2 * LIMIT_FRAME,

    /* bytes pending for all sessions, over which nothing is pushed either: the
     * watchers get it from the store, a few at a time, when there is less */
    CORE_PENDING_ALL = 64 * 1024 * 1024,

    /* bytes of memory that is lent from link to link, over which it is freed */
    CORE_SPARE_MAX = 64 * 1024,

    /* loads of one session in one batch: others are served in between */
    CORE_LOADS_EACH = 2,

    /* bytes that may wait for one session beside the link's own pending */
    CORE_OUT_MAX = 4 * 1024 * 1024 + LINK_OUT_MAX
};

/*  GREETING --hello--> OPEN --(bye, a fault, too late)--> CLOSED
 * A session is GREETING from the accepted connection on, and CLOSED until its
 * last bytes were handed out. */
enum session_state {
    SESSION_GREETING,
    SESSION_OPEN,
    SESSION_CLOSED,
    SESSION_STATES
};

/* Which of the relay's clocks a session hangs on. */
enum session_clock {
    CLOCK_HEAD, /* these three: still HTTP */
    CLOCK_BODY,
    CLOCK_KEPT,
    CLOCK_GREETING,
    CLOCK_HEARD,
    CLOCK_PINGED,
    CLOCKS
};

/* A token bucket: how much may still be done, refilled with time. */
struct bucket {
    uint64_t at_ms; /* of the last look */
    uint64_t room;  /* thousandths */
};

struct session {
    uint64_t id;
    struct link *link;         /* NULL until the first byte */
    struct buf out;            /* what the link had to say at once */
    struct prefix *prefix;     /* NULL: not limited */
    struct queue_node clock;   /* in r->clocks[clock_kind] */
    struct queue_node dirty;   /* in r->ahead or r->dirty: something may have to
                                  leave */
    struct queue_node asking;  /* in r->asking: wants, and may have them */
    struct queue_node midway;  /* in r->midway: holds part of something */
    struct queue_node put_off; /* in r->put_off: has said more than was read */
    struct queue wants;
    struct watch **watches; /* watch_count of them, by tag */
    struct queue due;       /* watches with fresh records to be written */
    uint64_t clock_ms;      /* when it was hung there */
    uint64_t body_ms;       /* when the body that a stranger sends began */
    struct bucket commits;
    uint32_t bytes_under_way; /* in batches */
    uint32_t held;            /* bytes that the link holds */
    uint32_t pending;         /* session_pending_len(), as it is in r's sum */
    uint32_t due_bytes;       /* of records, on all of due */
    uint16_t ops_under_way;
    uint16_t want_count;
    uint16_t watch_count;
    uint16_t watch_cap;
    uint8_t state;      /* enum session_state; only session_turn() assigns */
    uint8_t clock_kind; /* enum session_clock */
    bool clogged;
    bool ahead;    /* while in r->dirty or r->ahead: which */
    bool more_due; /* some watch of it has more_due */
    bool asks;     /* what leaves next asks the peer whether it is there */
};

/* A reader that wants to be told. */
struct watch {
    struct queue_node in_topic;
    struct queue_node due; /* in session->due */
    struct session *session;
    struct topic *topic;
    struct want *want; /* the load that waits to be asked for, or NULL */
    uint64_t serial; /* never reused: a load under way may outlive the watch */
    uint64_t after;  /* the reader has, or is due, all up to here */
    uint64_t due_from; /* first number that is due, while in due */
    uint32_t tag;
    uint32_t credit;
    bool answered; /* the first RECORDS is out */
    bool loading;  /* a want of it is waiting or at the store */
    bool stuck;    /* the next record is larger than the credit */
    bool more_due; /* tell "there is more" when sending next */
};

/* A load that has not been put into a batch yet. */
struct want {
    struct queue_node in_session;
    struct relay_load load;
    struct watch *watch; /* NULL: an answer to a request */
    uint32_t tag;
};

struct relay {
    struct relay_config config;
    struct decoy_page page;   /* of the config, as links read it */
    struct dh_secret *secret; /* in guarded memory */
    struct dh_public pub;
    struct map sessions;
    uint64_t last_id; /* of sessions */
    uint64_t last_serial;
    struct queue clocks[CLOCKS];
    struct queue ahead; /* sessions that are told of what was stored just now */
    struct queue dirty; /* the others: one of each leaves in turn */
    struct queue asking;
    struct queue midway;
    struct queue put_off;
    struct queue fresh;  /* topics with records that were stored just now */
    struct arena kept;   /* holds those records */
    struct buf spare;    /* lent to the link whose turn it is */
    struct buf gathered; /* a message of a bundle that is being made */
    uint64_t held;       /* bytes of all sessions */
    uint64_t pending;    /* the same */
    uint64_t due;        /* bytes of fresh records, due to all sessions */
    uint32_t strangers;  /* sessions that are GREETING */
    struct topic_table topics;
    struct prefix_table prefixes;
    struct replay replay;
    struct batch batches[2];
    unsigned filling;             /* which of them is being filled */
    bool storing;                 /* the other is at the store */
    struct pace pace;             /* how many operations a batch should hold, */
    struct pace_loads pace_loads; /* and loads */
    struct arena scratch;         /* one request */
    struct buf event;             /* one event being written */
    struct buf send;              /* what relay_next_send() handed out */
    struct session *spent; /* freed at the next call: its last send is out */
    uint32_t sweep_hour;
    uint64_t sweep_due_ms;
    bool sweeping;          /* a SWEEP is in a batch */
    uint32_t sweep_rows;    /* of the next one; 0: there was none yet */
    uint64_t swept_from_ms; /* when the last one was handed over */
    bool stopping;
    bool ahead_left; /* the last that left was one of r->ahead */
    uint64_t watch_count;
    struct relay_counters counters;
};

/* --- relay.c ------------------------------------------------------------- */

struct session *relay_session(const struct relay *r, uint64_t id);

/* --- session.c ----------------------------------------------------------- */

MUST_USE enum err session_new(struct relay *r,
                              struct prefix *prefix,
                              struct relay_now now,
                              struct session **out);

/* Takes it out of everything and frees it at once. */
void session_free(struct relay *r, struct session *s);

void session_read(struct relay *r,
                  struct session *s,
                  struct bytes in,
                  struct relay_now now);

/* Goes on with a session that was put off. */
void session_go_on(struct relay *r, struct session *s, struct relay_now now);

/* The only assignment of a state. */
void session_turn(struct relay *r, struct session *s, enum session_state to);

/* CLOSED, politely: what was answered still leaves. */
void session_close(struct relay *r, struct session *s);

/* Something has to leave. */
void session_mark(struct relay *r, struct session *s);

/* And it tells of something that has just been stored. Whoever waits for that
 * has waited for the disk, and does not wait again for all those who ask for
 * little and often. */
void session_mark_ahead(struct relay *r, struct session *s);

/* Adds one event. A session that cannot take it is closed. */
void session_tell(struct relay *r, struct session *s, const struct event *ev);
void session_tell_pieces(struct relay *r,
                         struct session *s,
                         const struct bytes *pieces,
                         size_t piece_count);
void session_refuse(struct relay *r,
                    struct session *s,
                    uint32_t tag,
                    enum refusal reason,
                    uint32_t retry_after_s);

/* Bytes that wait for its turn to send, in the link or sealed. */
size_t session_pending_len(const struct session *s);

/* After these became more or fewer: keeps r->pending true. */
void session_reckon(struct relay *r, struct session *s);

/* Hangs it on a clock. */
void session_hang(struct relay *r,
                  struct session *s,
                  enum session_clock kind,
                  uint64_t now_ms);

/* --- session_states.c ---------------------------------------------------- */

/* One row of the table; ERR_TURN where there is none. Any error closes the
 * session. */
typedef enum err handler(struct relay *r,
                         struct session *s,
                         const struct request *q,
                         struct relay_now now);

MUST_USE enum err session_dispatch(struct relay *r,
                                   struct session *s,
                                   const struct request *q,
                                   struct relay_now now);

handler on_hello, on_append, on_read, on_watch, on_credit, on_unwatch, on_leave,
    on_empty, on_card_put, on_card_get, on_blob_put, on_blob_get, on_ping;

/* --- answers to what the store did; s is there and not CLOSED ----------------
 */

typedef void op_answer(struct relay *r,
                       struct session *s, /* NULL: gone meanwhile */
                       const struct batch_op *ctx,
                       const struct relay_op *op,
                       const struct relay_op_result *res);
op_answer append_answer, leave_answer, empty_answer, card_answer, blob_answer;

/* Copies bytes into the batch that is being filled; false: s was refused. */
bool op_copy(struct relay *r,
             struct session *s,
             uint32_t tag,
             struct bytes in,
             struct bytes *out);

/* Queues an operation for s, or refuses. What it borrows must be in the batch;
 * len counts as under way until it is stored. */
void op_queue(struct relay *r,
              struct session *s,
              uint32_t tag,
              const struct relay_op *op,
              size_t len);

/* The refusal that tells of a verdict. */
void answer_verdict(struct relay *r,
                    struct session *s,
                    uint32_t tag,
                    enum relay_verdict v);

/* --- wants.c: loads on their way to a batch ------------------------------- */

/* ERR_FULL at the cap, ERR_MEMORY. */
MUST_USE enum err want_add(struct relay *r,
                           struct session *s,
                           const struct relay_load *load,
                           uint32_t tag,
                           struct watch *watch);
void wants_free(struct session *s);

/* The one of a watch that ends, if it waits here: not to be asked for, and not
 * to pile up. */
void wants_drop(struct relay *r, struct watch *w);

/* The session may have its wants (again), or may not. */
void wants_turn(struct relay *r, struct session *s);

/* Moves wants into the batch as far as its budget goes. */
void wants_fill(struct relay *r, struct batch *b, struct relay_now now);

/* Answers a load that came back. */
void load_answer(struct relay *r,
                 const struct batch_load *ctx,
                 const struct relay_load *load,
                 const struct relay_load_result *res);

/* --- watches.c: those of a session ---------------------------------------- */

/* NULL: it has none of that tag. */
struct watch *watch_by_tag(const struct session *s, uint32_t tag);

/* One of a tag that it has none of yet. ERR_MEMORY. */
MUST_USE enum err watches_add(struct session *s, struct watch *w);
void watches_take(struct session *s, const struct watch *w);

/* --- on_watch.c ---------------------------------------------------------- */

void watch_free(struct relay *r, struct watch *w);

/* Looks at what a watch needs next: a load, a MORE, or nothing. */
void watch_step(struct relay *r, struct watch *w);

/* What was pushed from that number on, of so many bytes, was not: the watch is
 * behind again. It must not be loading. */
void watch_unpush(struct relay *r, struct watch *w, uint64_t from, size_t len);

/* A new record: to caught-up watchers themselves, to others that there is more.
 */
void watch_push(struct relay *r,
                const uint8_t id[static LIMIT_ID],
                uint64_t number,
                enum record_kind kind,
                struct bytes bytes);

/* --- fresh.c: what was stored just now, on its way to watchers ------------ */

enum { FRESH_HEAD_MAX = 48 }; /* four numbers, three lengths, their fields */

struct fresh_record {
    struct queue_node in_topic;
    uint64_t number;
    struct bytes bytes;
    enum record_kind kind;
    uint8_t head_len;
    /* the event between its tag and the record's bytes; made when it is first
     * written, because it tells the highest number of the place: nobody may be
     * told less than what was acknowledged to them before */
    uint8_t head[FRESH_HEAD_MAX];
};

/* Keeps a record of the batch that came back, until fresh_end(). False: no
 * memory; who watches reads it from the store. */
bool fresh_add(struct relay *r,
               struct topic *p,
               uint64_t number,
               enum record_kind kind,
               struct bytes bytes);

/* Its event without the tag: the head, which is made now, and the bytes. */
MUST_USE enum err fresh_pieces(struct relay *r,
                               const struct topic *p,
                               struct fresh_record *f,
                               struct bytes pieces[static 2]);

/* Whether a frame more still fits into a room that has so many bytes of frames
 * in it. Into an empty one it does: whatever is longer is cut. */
bool
fresh_fits(size_t before, const struct bytes pieces[static 3], size_t room);

/* Writes all that is due to a session into its link, which is OPEN, when it is
 * its turn to send. Whole messages go on to out. */
void fresh_write(struct relay *r, struct session *s, struct buf *out);

/* Nothing is due to the session any more: it counts for nothing. */
void fresh_settle(struct relay *r, struct session *s);

/* Nothing is fresh any more; what is still due waits in the links, where it
 * counts as pending. */
void fresh_end(struct relay *r);

/* --- bundle.c: what all who watch a place are due alike ------------------- */

/* Whether a watch is due all that is fresh in its place, and its session
 * nothing else, and it has been gathered, which is tried now. */
bool
bundle_serves(struct relay *r, const struct session *s, const struct watch *w);

/* Seals it for that session. */
MUST_USE enum err
bundle_write(const struct session *s, const struct watch *w, struct buf *out);

/* Before the memory of what is fresh ends. */
void bundle_end(struct topic *p);

/* --- on_watch.c, the rest ------------------------------------------------ */

/* A page for a watch. */
void watch_page(struct relay *r,
                struct session *s,
                struct watch *w,
                const struct relay_load_result *res);

/* Writes the MOREs that are due into the link. */
void watch_tell_more(struct relay *r, struct session *s);

/* RECORDS with all of a page. */
void tell_records(struct relay *r,
                  struct session *s,
                  uint32_t tag,
                  const struct relay_load_result *res);

/* --- tokens.c ------------------------------------------------------------ */

/* The id of the place that these tokens open; each knows its own token and the
 * other's hash (wire/request.h). */
void tokens_place(const struct place *p, uint8_t id[static LIMIT_ID]);
void tokens_writer(const uint8_t write_token[static LIMIT_ID],
                   const uint8_t read_hash[static LIMIT_ID],
                   uint8_t id[static LIMIT_ID]);
void tokens_mailbox(const uint8_t read_token[static LIMIT_ID],
                    uint8_t id[static LIMIT_ID]);

/* --- retention.c --------------------------------------------------------- */

/* The hour up to which things count as expired. */
uint32_t retention_hour(const struct relay *r, struct relay_now now);

/* The hour from which lifetimes are counted. */
uint32_t retention_base(const struct relay *r, struct relay_now now);

/* Puts a SWEEP into the batch when it is due. */
void retention_fill(struct relay *r, struct batch *b, struct relay_now now);
void retention_answer(struct relay *r,
                      const struct relay_op_result *res,
                      struct relay_now now);

/* --- quota.c ------------------------------------------------------------- */

/* Whether the peer may write this much now; if not, it has been refused. */
bool quota_write(struct relay *r,
                 struct session *s,
                 uint32_t tag,
                 size_t len,
                 struct relay_now now);
bool quota_commit(struct relay *r,
                  struct session *s,
                  uint32_t tag,
                  struct relay_now now);
/* For letters, cards and blobs, which anyone may leave. */
bool quota_leave(struct relay *r,
                 struct session *s,
                 uint32_t tag,
                 size_t len,
                 struct relay_now now);

#endif
