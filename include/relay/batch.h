/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the relay's core asks of its store: a batch of conditional operations
 * and of loads, and what came of them. Values, not calls, so that the store may
 * live in another thread, another process or be another engine.
 *
 * Every condition (how many commits, is it a duplicate, what is the next
 * number, is there room) is judged inside the store's transaction and nowhere
 * else. A batch is one transaction: its operations take effect in their order
 * and all of them are durable before any of its results may be told to anyone.
 * Its loads see all of its operations.
 *
 * Hours are hours since 1970. A row with expires_hour e is there while the hour
 * is before e. */
#ifndef RELAY_BATCH_H
#define RELAY_BATCH_H

#include "base/bytes.h"
#include "base/limits.h"

/* The numbers are those of the wire and of the database: never changed. */
enum relay_place_kind { RELAY_CHANNEL = 1, RELAY_MAILBOX = 2 };
enum relay_record_kind {
    RELAY_MESSAGE = 1,
    RELAY_COMMIT = 2,
    RELAY_LETTER = 3 /* in mailboxes only; never on the wire */
};

enum relay_op_kind {
    RELAY_OP_APPEND,
    RELAY_OP_LEAVE,
    RELAY_OP_EMPTY,
    RELAY_OP_CARD,
    RELAY_OP_BLOB,
    RELAY_OP_SWEEP,
    RELAY_OP_KINDS
};

enum {
    /* numbers in one EMPTY */
    RELAY_EMPTY_MAX = 64,

    /* bytes: a page of records fits one frame, each with its head; the room
     * beside the largest record is for the event's own head */
    RELAY_PAGE_MAX = LIMIT_RECORD + 512,

    /* bytes that a record takes in an event beside its own */
    RELAY_RECORD_HEAD = 40,

    /* records of one page */
    RELAY_PAGE_RECORDS = 1024
};

/* APPEND  id: channel. In this order: the same bytes are there already (also
 *         when expired, while their stub is): DONE with their number and
 *         duplicate, or DIFFERS when they are there as another kind; the
 *         channel does not hold exactly expect_commits commits: CONFLICT; no
 *         room for this kind in the channel: FULL; otherwise the next number.
 * LEAVE   id: mailbox. Duplicate as above; FULL; the next number.
 * EMPTY   id: mailbox. Takes letters out; numbers that are not there are fine.
 *         Their hashes stay until the letter would have expired.
 * CARD    id: card. OLD unless version is higher than any that the store
 *         remembers; the very same card again is DONE.
 * BLOB    id: blob. Again: it lives until the later hour. FULL: the pool.
 * SWEEP   takes out what has expired by that hour, at most rows_max rows, but
 *         never goes on by more than a day from where the last sweep ended. */
struct relay_op {
    enum relay_op_kind kind;
    uint8_t id[LIMIT_ID];
    uint32_t expires_hour; /* of what is put there */
    union {
        struct {
            enum relay_record_kind kind;
            uint64_t expect_commits;
            uint8_t hash[LIMIT_ID]; /* hash_id("pristan record", bytes) */
            struct bytes bytes;
            uint32_t stub_hour; /* until when the hash is kept, at least */
        } append;
        struct {
            uint8_t hash[LIMIT_ID];
            struct bytes bytes;
        } leave;
        struct {
            const uint64_t *numbers;
            size_t number_count;
        } empty;
        struct {
            uint64_t version;
            struct bytes bytes;
        } card;
        struct {
            struct bytes bytes;
        } blob;
        struct {
            uint32_t hour;
            uint32_t rows_max;
            bool truncate; /* then leave no copy in the log either */
        } sweep;
    };
};

enum relay_verdict {
    RELAY_DONE,
    RELAY_DIFFERS,   /* the same bytes are there as another kind */
    RELAY_CONFLICT,  /* another number of commits */
    RELAY_FULL,      /* the quota of this place or pool */
    RELAY_STORAGE,   /* the disk, or the relay's share of it, is full */
    RELAY_OLD,       /* a card that is not newer */
    RELAY_NOT_FOUND, /* loads of cards and blobs */
    RELAY_DAMAGED    /* what is there cannot be read any more */
};

struct relay_op_result {
    enum relay_verdict verdict;
    bool duplicate;
    uint64_t number;  /* DONE of APPEND and LEAVE */
    uint64_t commits; /* APPEND, also on CONFLICT: held by the channel now */
    uint64_t last;    /* APPEND and LEAVE: the place's highest number now */
    uint32_t hour;    /* SWEEP: all that expired by this hour is out */
    bool more;        /* SWEEP: there is more to take out by its hour */
};

enum relay_load_kind { RELAY_LOAD_PAGE, RELAY_LOAD_CARD, RELAY_LOAD_BLOB };

/* PAGE  records of a place after a number, as many as fit into credit bytes,
 *       RELAY_PAGE_MAX and RELAY_PAGE_RECORDS. An expired record of a channel
 * is there with its hash while its stub is; letters are there or not. CARD  by
 * the first 16 bytes of id. BLOB  by id. */
struct relay_load {
    enum relay_load_kind kind;
    enum relay_place_kind place; /* PAGE */
    uint8_t id[LIMIT_ID];
    uint32_t hour;  /* what has expired by then is not given any more */
    uint64_t after; /* PAGE */
    uint32_t credit;
};

struct relay_record {
    uint64_t number;
    enum relay_record_kind kind;
    bool expired;       /* also when its bytes turned out to be damaged */
    struct bytes bytes; /* or 32 bytes of hash */
};

struct relay_load_result {
    enum relay_verdict verdict; /* DONE, NOT_FOUND, DAMAGED */
    const struct relay_record *records;
    size_t record_count;
    uint64_t last;      /* PAGE: the place's highest number, 0: no such place */
    bool complete;      /* PAGE: nothing more is there after these */
    struct bytes bytes; /* CARD, BLOB */
};

struct relay_batch {
    const struct relay_op *ops;
    size_t op_count;
    const struct relay_load *loads;
    size_t load_count;
};

/* One result for each operation and load, in their order. */
struct relay_results {
    const struct relay_op_result *ops;
    const struct relay_load_result *loads;
    size_t damaged; /* rows that were met and whose check does not hold */
    /* how long the operations took, and the loads; 0: not measured. The next
     * batches are made smaller where it is long */
    uint64_t took_us;
    uint64_t loads_us;
};

#endif
