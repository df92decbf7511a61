/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay without socket, file, clock, thread or outward callback. A driver's
 * turn:
 *
 *     relay_feed_...()*                        what happened
 *     while (relay_next_send(r, &send))   what leaves now
 *         write send.data to send.conn; close it when send.close
 *     batch = relay_take(r, now);              what must be stored
 *     if (batch != NULL)
 *         store it (another thread may), and when it is durable
 *         relay_feed_stored(r, &results, now)
 *     a timer at relay_deadline(r), then relay_feed_tick()
 *
 * What is sent has been stored: an answer appears in relay_next_send() only
 * after relay_feed_stored(). While a batch is out, what is fed fills the next
 * one. When storing fails the core is freed and nothing more is sent.
 *
 * Connections are named by ids that the core gives out and never reuses; calls
 * for ids that are gone are ignored. */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "relay/batch.h"

struct relay;

struct relay_now {
    uint64_t mono_ms; /* never goes back; drives timers and rates */
    uint64_t wall_ms; /* since 1970; only for expiry, to the hour */
};

enum { RELAY_PREFIX_LEN = 8 };

struct relay_config {
    const uint8_t *secret; /* 32 bytes, X25519; copied by relay_new() */
    struct bytes page;     /* HTML for whoever is no client of ours; borrowed */
    uint64_t page_s;       /* when it was last changed, Unix time */
    uint32_t sweep_hour;   /* where the store's last sweep ended, 0: never */
    uint32_t conn_max;     /* connections at the same time */
    /* lifetimes in hours, each at least 1 */
    uint32_t message_hours;
    uint32_t commit_hours;
    uint32_t stub_hours; /* from the append on, as all of them */
    uint32_t letter_hours;
    uint32_t blob_hours;
};

/* 14 days, 60, 60, 3, 7; 20,000 connections. Key and page are left empty. */
void relay_config_default(struct relay_config *c);

/* ERR_USE for a lifetime of 0 or no key; ERR_MEMORY. */
MUST_USE enum err relay_new(const struct relay_config *c,
                            struct relay_now now,
                            struct relay **out);
void relay_free(struct relay *r);

/* Takes the page and the lifetimes of c over; what is there already keeps the
 * lifetime that it has. ERR_USE as above, and then nothing changes. */
MUST_USE enum err
relay_configure(struct relay *r, const struct relay_config *c);

/* --- what happens -------------------------------------------------------- */

/* A connection was accepted. prefix stands for the coarse address it came
 * from: a keyed hash whose key the driver changes every ten minutes; all zero:
 * not to be limited. ERR_FULL: no more connections, close it; ERR_DENIED: too
 * many from there just now, close it; ERR_MEMORY. */
MUST_USE enum err
relay_feed_opened(struct relay *r,
                  const uint8_t prefix[static RELAY_PREFIX_LEN],
                  struct relay_now now,
                  uint64_t *conn);

/* The driver's key has changed: from now on prefix stands for where that
 * connection comes from. Whoever keeps connections for long would otherwise
 * have a new set of them with each key. */
void relay_feed_moved(struct relay *r,
                      uint64_t conn,
                      const uint8_t prefix[static RELAY_PREFIX_LEN],
                      struct relay_now now);

/* When there are as many connections as may be: ends one that has not said
 * HELLO, the oldest, and if it was there for a second at least. False: there is
 * none. It leaves with the next relay_next_send(). */
bool relay_make_room(struct relay *r, struct relay_now now);

/* Bytes came in, at most 64 KiB in one call. */
void relay_feed_bytes(struct relay *r,
                      uint64_t conn,
                      struct bytes in,
                      struct relay_now now);

/* Who says very much at once is read in pieces, between which others have their
 * turn: goes on with the one that has waited for longest and tells which that
 * was. To be called at least once in each turn. False: nobody waits.
 * relay_holds() is true for those who do; what is fed to one nevertheless waits
 * for no turn. */
bool relay_go_on(struct relay *r, struct relay_now now, uint64_t *conn);

/* Whether anybody waits for relay_go_on(). */
bool relay_waits(const struct relay *r);

/* Whether somebody could be read for from the store: true after relay_take()
 * while too much waits to be sent. It is to be called again then. */
bool relay_wants(const struct relay *r);

/* What was given to the connection could not be written at once: from now until
 * relay_feed_drained() nothing is pushed to it. */
void relay_feed_clogged(struct relay *r, uint64_t conn);
void relay_feed_drained(struct relay *r, uint64_t conn);

/* The other side is gone. Does not follow a send with close. */
void relay_feed_closed(struct relay *r, uint64_t conn);

/* The batch taken last is durable. results is borrowed for the call; the batch
 * is dead afterwards. */
void relay_feed_stored(struct relay *r,
                       const struct relay_results *results,
                       struct relay_now now);

void relay_feed_tick(struct relay *r, struct relay_now now);

/* --- what follows from it ------------------------------------------------ */

/* True while no more bytes should be read from a connection: it has enough
 * under way, is clogged, was stopped in the middle, or the batch is full. To be
 * asked after each relay_feed_bytes(), and again for those that were held after
 * each relay_go_on(), relay_feed_stored() and relay_take(). */
bool relay_holds(const struct relay *r, uint64_t conn);

/* Whether it has shaken hands and said HELLO: before that it is any stranger,
 * and what it sends may be the dearest there is. */
bool relay_knows(const struct relay *r, uint64_t conn);

struct relay_send {
    uint64_t conn;
    struct bytes data; /* borrowed until the next call on the core; may be
                        * empty when close is set */
    bool close;        /* close when data is out; the id is gone already */
    bool asks;         /* the peer has to show that it is there: note how much
                        * it has taken so far, for relay_next_silent() */
};

/* False: nothing left. All that is pending for a connection comes as one piece.
 */
bool relay_next_send(struct relay *r, struct relay_send *out);

/* The next connection whose peer was asked and has had its time; false: none.
 * Before each tick, which closes those. relay_feed_taking() answers for it: one
 * that has taken bytes since it was asked, or since the last time, may be
 * behind a slow line, where neither question nor answer has come through
 * yet, and gets as long again; any other is closed. */
bool
relay_next_silent(const struct relay *r, struct relay_now now, uint64_t *conn);
void relay_feed_taking(struct relay *r,
                       uint64_t conn,
                       bool taking,
                       struct relay_now now);

/* The next batch for the store, or NULL: nothing to store, or one is out. It is
 * borrowed until relay_feed_stored() and must not be changed. */
const struct relay_batch *relay_take(struct relay *r, struct relay_now now);

/* When to feed a tick at the latest (mono_ms); UINT64_MAX: never. */
uint64_t relay_deadline(const struct relay *r);

/* Orderly stop: no new connections, nothing more is read, nor from those who
 * wait for relay_go_on(); what was read is still stored and answered, then
 * every connection is closed. Go on with the turn until relay_idle(). */
void relay_stop(struct relay *r);

/* Nothing under way at the store and nothing to send. */
bool relay_idle(const struct relay *r);

/* Bytes of records that are due to watchers and not handed out yet: what a
 * relay_feed_stored() now would have to copy, or somewhat more, where one of
 * several watches of a session has ended. */
uint64_t relay_due_len(const struct relay *r);

/* Whether there is something that the next batch would store. */
bool relay_waiting(const struct relay *r);

enum { RELAY_REFUSALS = 10 };

/* Counters since the start, none of which belongs to any one peer. */
struct relay_counters {
    uint64_t conns;    /* open now */
    uint64_t sessions; /* of them, past the handshake */
    uint64_t watches;  /* now */
    uint64_t appended; /* records that were stored */
    uint64_t letters;
    uint64_t pushed;  /* records to watchers without being asked */
    uint64_t refused; /* events REFUSED */
    uint64_t refused_for[RELAY_REFUSALS]; /* by reason, as on the wire */
    uint64_t decoys;         /* connections answered as a web server */
    uint64_t damaged;        /* rows of the store whose check did not hold */
    uint32_t sweep_hour;     /* where the last sweep ended, 0: never */
    bool storage_full;       /* the last write was refused for it */
    uint32_t clock_ahead_h;  /* hours by which the clock is further than
                              * the sweep dares to follow */
    uint32_t clock_behind_h; /* hours by which the clock is behind it */
};
void relay_get_counters(const struct relay *r, struct relay_counters *out);

/* --- what it holds ------------------------------------------------------- */

/* Sums over a store, see store_census(). */
struct relay_census_class {
    uint64_t count;
    uint64_t bytes;
    uint32_t first_hour; /* earliest and latest expiry; 0 when count is 0 */
    uint32_t last_hour;
};
struct relay_census {
    uint64_t channels;
    uint64_t mailboxes;
    struct relay_census_class messages;
    struct relay_census_class commits;
    struct relay_census_class stubs;
    struct relay_census_class letters;
    struct relay_census_class cards;
    struct relay_census_class blobs;
    uint32_t sweep_hour;
    uint64_t file_bytes; /* of database and log */
};

enum relay_language { RELAY_ENGLISH, RELAY_RUSSIAN };

/* Appends in plain words all that the relay holds. Errors stick in out. */
void relay_what_i_know(const struct relay_census *census,
                       uint32_t hour_now,
                       enum relay_language language,
                       struct buf *out);

#endif
