/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows, as the rules in judge_*.c see them, whatever keeps them. Everything
 * between begin and commit is one transaction. The rules are written once,
 * above this line; an engine only finds, puts and drops rows.
 *
 * Every function may give ERR_DISK (durability is unknown from now on) and
 * ERR_MEMORY; those that write also ERR_FULL (no room on the disk), after which
 * only rollback makes sense. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "base/bytes.h"
#include "base/err.h"
#include "relay/relay.h"

#include "job.h"

/* A channel or mailbox. live_* count what has not expired. */
struct place_row {
    int64_t key; /* the engine's; 0: not there yet */
    uint8_t id[LIMIT_ID];
    enum relay_place_kind kind;
    bool damaged;     /* its check does not hold, or it is gone (key is 0): only
                       * from record_expired */
    uint64_t last;    /* highest number ever given */
    uint64_t commits; /* COMMIT records ever accepted */
    uint64_t live_count;
    uint64_t live_bytes;
    uint64_t live_commits;
    uint64_t live_commit_bytes;
    uint32_t expires_hour;
};

/* A record or letter, or what is left of one. */
struct record_row {
    int64_t key; /* the engine's, in what it gives */
    uint64_t number;
    enum relay_record_kind kind;
    uint32_t expires_hour; /* of the stub when it is one */
    uint32_t stub_hour;
    bool stub;
    bool damaged; /* its check does not hold */
    uint8_t hash[LIMIT_ID];
    struct bytes bytes; /* none in a stub; borrowed until the next call */
};

/* A card without bytes has expired; its version is remembered for a while. */
struct card_row {
    uint8_t id[LIMIT_ID];
    uint64_t version;
    uint32_t expires_hour;
    uint32_t forget_hour;
    struct bytes bytes;
};

struct blob_row {
    uint8_t id[LIMIT_ID];
    uint32_t expires_hour;
    struct bytes bytes;
};

/* Sums that quotas need, kept by the rules, begun by the engine. */
struct totals {
    uint64_t blob_bytes;
    uint64_t card_bytes;
    uint64_t card_count;
    uint64_t letter_bytes; /* live */
    uint64_t letter_count;
    uint64_t mailbox_count;
    uint64_t place_count; /* mailboxes among them */
};

/* Where a census is. */
struct census_walk {
    unsigned table; /* the engine's own numbering, from 0 */
    int64_t key;
    uint64_t number;
    uint64_t rows; /* seen */
    bool done;
};

struct engine;
struct engine_backup;
struct store_quota;

struct engine_kind {
    enum err (*begin)(struct engine *e);
    enum err (*commit)(struct engine *e); /* ERR_OK: durable */
    void (*rollback)(struct engine *e);

    /* ERR_NOT_FOUND; ERR_AUTH: its check does not hold */
    enum err (*place_get)(struct engine *e,
                          const uint8_t id[static LIMIT_ID],
                          struct place_row *out);
    /* One that is there. */
    enum err (*place_put)(struct engine *e, const struct place_row *p);

    /* The record or stub of that hash: number and kind of out are set.
     * ERR_NOT_FOUND. */
    enum err (*record_find)(struct engine *e,
                            const struct place_row *p,
                            const uint8_t hash[static LIMIT_ID],
                            struct record_row *out);
    /* A new record, and its place, which counts it already (judge_count): an
     * engine may leave the place's row as it was, since the record tells what
     * is to be counted. Sets the place's key when it was 0. */
    enum err (*record_add)(struct engine *e,
                           struct place_row *p,
                           const struct record_row *row);
    /* Takes out a record as record_get or record_expired just gave it; a stub
     * that lives until stub_hour stays unless that is 0. Its place is to be put
     * afterwards. */
    enum err (*record_drop)(struct engine *e,
                            const struct place_row *p,
                            const struct record_row *row,
                            uint32_t stub_hour);
    /* One record alone; ERR_NOT_FOUND. */
    enum err (*record_get)(struct engine *e,
                           const struct place_row *p,
                           uint64_t number,
                           struct record_row *out);
    /* Any record that has expired by hour, and its place. ERR_NOT_FOUND. */
    enum err (*record_expired)(struct engine *e,
                               uint32_t hour,
                               struct place_row *p,
                               struct record_row *out);

    /* Records and, in channels, stubs after a number in their order:
     * begin, next until ERR_NOT_FOUND, end. */
    enum err (*page_begin)(struct engine *e,
                           const struct place_row *p,
                           uint64_t after);
    enum err (*page_next)(struct engine *e, struct record_row *out);
    void (*page_end)(struct engine *e);

    /* By the first prefix_len bytes of its id. ERR_NOT_FOUND, ERR_AUTH. bytes
     * is borrowed until the next call. */
    enum err (*card_get)(struct engine *e,
                         const uint8_t *id,
                         size_t prefix_len,
                         struct card_row *out);
    enum err (*card_put)(struct engine *e, const struct card_row *row);
    enum err (*blob_get)(struct engine *e,
                         const uint8_t id[static LIMIT_ID],
                         struct blob_row *out);
    enum err (*blob_put)(struct engine *e, const struct blob_row *row);

    /* At most rows_max stubs, cards, blobs or places that end by hour; *room is
     * lessened by what was dropped, totals are mended. Cards first lose their
     * bytes, at forget_hour the rest. */
    enum err (*sweep_rest)(struct engine *e, uint32_t hour, uint32_t *room);

    enum err (*sweep_hour_put)(struct engine *e, uint32_t hour);

    /* Bytes in use. */
    uint64_t (*size)(const struct engine *e);

    /* Outside a transaction: what the last one left to be done, if anything,
     * so that its answers need not wait for it; the next begin does it
     * otherwise. ERR_DISK. */
    enum err (*tidy)(struct engine *e);

    /* Outside a transaction: leaves no copy of dropped rows in any log, and
     * takes up again what relieve gave away. */
    enum err (*truncate)(struct engine *e);

    /* The disk is full. shrink: makes room by copying a log of so many pages or
     * more into the database, *shrunk when there is some. relieve: gives up the
     * ballast, a little room for dropping rows. Both outside a transaction. */
    enum err (*shrink)(struct engine *e, int pages, bool *shrunk);
    void (*relieve)(struct engine *e);

    /* So little room is left that it is for dropping rows alone. */
    bool (*tight)(struct engine *e);

    /* Adds up the next rows, at most rows_max, outside a transaction; the walk
     * begins zeroed. ERR_AUTH. */
    enum err (*census)(struct engine *e,
                       unsigned rows_max,
                       struct census_walk *walk,
                       struct relay_census *out);

    /* backup.h. begin: ERR_UNSUPPORTED, ERR_FULL, ERR_DISK. step: *done when
     * the copy is whole, durable and has its name, progress
     * then says its length in both. end: also undoes one that is not. */
    enum err (*backup_begin)(struct engine *e,
                             const uint8_t *key,
                             struct engine_backup **out);
    enum err (*backup_step)(struct engine_backup *b, bool *done);
    void (*backup_progress)(const struct engine_backup *b,
                            struct store_progress *out);
    void (*backup_end)(struct engine_backup *b);
    /* ERR_DISK: what was left to be done failed; nothing stored is lost. */
    enum err (*close)(struct engine *e);
};

/* First member of every engine. quota is the store's: an engine that counts
 * again after a crash needs its hours. */
struct engine {
    const struct engine_kind *kind;
    const struct store_quota *quota;
    struct totals totals;
    uint32_t sweep_hour;
};

#endif
