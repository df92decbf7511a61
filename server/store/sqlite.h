/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The private shapes of the SQLite store: one exclusive connection, its
 * prepared statements, the ballast. docs/STORAGE.md. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "base/buf.h"
#include "gather.h"
#include "judge.h"
#include "tail.h"

enum {
    SQLITE_PATH_MAX = 4096,
    SQLITE_CHECK_LEN = 8, /* bytes of a row's check */

    /* frames in the log after which it is copied into the database at the
     * latest; settling the tail begins when three quarters are there */
    SQLITE_CHECKPOINT_FRAMES = 1000,
    SQLITE_CHECKPOINT_LEAST = 32,

    /* what a sweep leaves behind: more than are in some pages */
    SQLITE_LEFT_MAX = 256
};

/* No record has a later key: more than are ever given out, and so few that
 * counting on from the last goes well. */
#define SQLITE_KEY_MAX (INT64_MAX / 2)

enum statement {
    ST_BEGIN,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_PAGE_COUNT,
    ST_FREE_COUNT,
    ST_TURN_PUT,
    ST_PLACE_GET,
    ST_PLACE_AT,
    ST_PLACE_INSERT,
    ST_PLACE_UPDATE,
    ST_RECORD_FIND,
    ST_STUB_FIND,
    ST_RECORD_PUT,
    ST_RECORD_GET,
    ST_RECORD_AT,
    ST_RECORD_DROP,
    ST_NUMBERED_PUT,
    ST_NUMBERED_DROP,
    ST_MARKED_PUT,
    ST_MARKED_DROP,
    ST_DUE_PUT,
    ST_DUE_DROP,
    ST_DUE_FIRST,
    ST_STUB_PUT,
    ST_RECORD_PAGE,
    ST_STUB_PAGE,
    ST_TAIL_LOAD,
    ST_SETTLED_GET,
    ST_SETTLED_PUT,
    ST_CARD_GET,
    ST_CARD_PUT,
    ST_BLOB_GET,
    ST_BLOB_PUT,
    ST_STUBS_SWEEP,
    ST_CARD_FADING,
    ST_CARD_DROP,
    ST_CARDS_SWEEP,
    ST_BLOB_ENDING,
    ST_BLOB_DROP,
    ST_PLACE_ENDING,
    ST_PLACE_DROP,
    ST_NUMBERED_END,
    ST_MARKED_END,
    ST_HOUR_PUT,
    ST_HOUR_GET,
    ST_TOTALS,
    ST_MAILBOX_TOTALS,
    ST_WALK_PLACES,
    ST_WALK_RECORDS,
    ST_WALK_STUBS,
    ST_WALK_CARDS,
    ST_WALK_BLOBS,
    STATEMENTS
};

/* Where a database is among its transactions: sqlite_turn.c. */
struct sqlite_turn {
    uint8_t id[16]; /* of the database */
    uint64_t turn;
    uint8_t nonce[8];
    uint8_t before[8]; /* nonce of the turn before */
};

/* An entry of the list by hours. */
struct sqlite_due {
    int64_t hour;
    int64_t key;
};

struct engine_sqlite {
    struct engine engine; /* first */
    sqlite3 *db;
    struct gather gather;
    sqlite3_stmt *st[STATEMENTS];
    struct place_row page_place;
    struct record_row next_live; /* the merge of a page: 0 number: none */
    struct record_row next_stub;
    bool page_live; /* that statement has more */
    bool page_stubs;
    int64_t page_tail; /* key of the next one in the tail; 0: none */
    uint64_t size; /* bytes in use when the transaction began, and put since */
    struct tail tail;
    bool tail_lost;   /* it is to be read again, which has failed */
    bool settle_late; /* the last transaction did not fit on the disk: the next
                       * writes nothing that can wait */
    int64_t begun;    /* the tail's next key when the transaction began */
    struct sqlite_due due_at;                    /* found last */
    struct sqlite_due due_after;                 /* goes on after this one */
    struct sqlite_due due_left[SQLITE_LEFT_MAX]; /* until a sweep has ended:
                                                  * what cannot be taken out */
    size_t due_left_count;
    bool opened; /* to its end */
    bool dead;   /* a sync has failed: nothing more is written */
    struct sqlite_turn turn;
    struct sqlite_turn next_turn; /* of the transaction under way */
    bool mark_due;                /* the next transaction takes it along */
    bool unmarked;                /* the log has some after its last mark */
    sqlite3_int64 changes;        /* of rows, when it began */
    int log_frames;               /* set by the log's hook after each commit */
    bool read_only;               /* nothing is written */
    bool log_found;               /* before it was opened */
    bool log_noted;  /* the database itself says that there is one */
    bool log_copied; /* all of these are in the database */
    bool copy_due;   /* it is long: to be copied before the next transaction */
    uint64_t ballast_bytes;
    bool ballast_held;
    uint64_t free_bytes; /* in the database, when a transaction last began */
    int log_frames_max;
    struct engine_backup *backup; /* under way, or NULL */
    char folder[SQLITE_PATH_MAX];
    char path[SQLITE_PATH_MAX];
    char ballast[SQLITE_PATH_MAX];
};

static inline struct engine_sqlite *
engine_sqlite(struct engine *e)
{
    return (struct engine_sqlite *)(void *)e;
}

/* --- sqlite_statements.c ---------------------------------------------------
 */

/* What SQLite said, in the house's words: AUTH stands for "what is stored is
 * damaged". */
enum err sqlite_err(int rc);

/* Of what is in the file nothing is carried out, and no row is longer than
 * ours. ERR_UNSUPPORTED: SQLite cannot. */
MUST_USE enum err sqlite_distrust(sqlite3 *db);

MUST_USE enum err sqlite_prepare(struct engine_sqlite *s);
void sqlite_finalize(struct engine_sqlite *s);

/* Ends all cursors: none may be open over a commit or a checkpoint. */
void sqlite_reset(struct engine_sqlite *s);

/* Binds in order from 1; a statement that fails to bind fails at its step. */
struct binder {
    sqlite3_stmt *st;
    int at;
    int rc;
};
struct binder sqlite_bind(struct engine_sqlite *s, enum statement which);
void bind_u64(struct binder *b, uint64_t v);
void
bind_bytes(struct binder *b, struct bytes v); /* borrowed until the reset */

/* Runs to the end and resets; for what gives no row. */
MUST_USE enum err sqlite_run(struct binder *b);

/* The first row, or ERR_NOT_FOUND (then it is reset). */
MUST_USE enum err sqlite_first(struct binder *b);

/* A column's value. A wrong type or length gives 0 or no bytes, which the row's
 * check does not let pass. */
uint64_t column_u64(sqlite3_stmt *st, int i);
struct bytes column_bytes(sqlite3_stmt *st, int i);
void column_id(sqlite3_stmt *st, int i, uint8_t out[static LIMIT_ID]);

/* --- how a row is read -------------------------------------------------------
 * PLACE_COLUMNS from column i on, the others from 0 on; bytes are SQLite's
 * until the next step; damaged is set by the row's check. */

#define PLACE_COLUMNS                                                          \
    "p.key, p.id, p.kind, p.last, p.commits, p.live_count, p.live_bytes, "     \
    "p.live_commits, p.live_commit_bytes, p.expires_hour, p.chk"
#define RECORD_BODY                                                            \
    "r.kind, r.expires_hour, r.stub_hour, r.hash, r.chk, r.bytes, r.key"
#define RECORD_COLUMNS "r.number, " RECORD_BODY ", r.place"
#define STUB_COLUMNS   "number, kind, expires_hour, 0, hash, chk"
#define CARD_COLUMNS   "id, version, expires_hour, forget_hour, chk, bytes"
#define BLOB_COLUMNS   "id, expires_hour, chk, bytes"

enum { RECORD_PLACE = 8 }; /* where RECORD_COLUMNS have it */

void sqlite_read_place(sqlite3_stmt *st, int i, struct place_row *p);
void sqlite_read_record(sqlite3_stmt *st,
                        int64_t place,
                        bool stub,
                        struct record_row *row);
void sqlite_read_card(sqlite3_stmt *st, struct card_row *out, bool *damaged);
void sqlite_read_blob(sqlite3_stmt *st, struct blob_row *out, bool *damaged);

/* Every row of a database. ERR_AUTH: it cannot be read to its end, or *damaged
 * rows of it do not hold; ERR_MEMORY. */
MUST_USE enum err
sqlite_verify_rows(sqlite3 *db, uint64_t *rows, uint64_t *damaged);

/* --- sqlite_check.c --------------------------------------------------------
 */

/* The check of a row: of its numbers in a fixed order, its id or hash, its
 * bytes. */
struct check {
    uint8_t b[SQLITE_CHECK_LEN];
};
struct check check_place(const struct place_row *p);
struct check check_record(int64_t place, const struct record_row *row);

/* Of a record: the check, its hash and its bytes belong together. Rows from
 * before version 3 have a check over their bytes. */
bool check_record_holds(int64_t place,
                        const struct record_row *row,
                        struct bytes got);
struct check check_card(const struct card_row *row);
struct check check_blob(const struct blob_row *row);
bool check_holds(const struct check *want, struct bytes got);

/* --- schema.c ----------------------------------------------------------------
 */

/* Makes the tables when there are none, before there is a log; otherwise looks
 * whose they are. Begins with the lock. ERR_BUSY; ERR_UNSUPPORTED: later, or
 * not ours. */
MUST_USE enum err schema_open(sqlite3 *db);

/* Brings an older one up to date, each step a transaction. Sets turn. */
MUST_USE enum err schema_migrate(struct engine_sqlite *s);

/* Whether the database is a relay's, of a version and in pages that we know,
 * and has just the tables of it and what the statement more makes.
 * ERR_UNSUPPORTED; ERR_MALFORMED: other tables, or they cannot be read. */
MUST_USE enum err schema_check(sqlite3 *db, const char *more);

/* --- sqlite_turn.c ---------------------------------------------------------
 */

/* The first mark, with a new id, in whatever transaction is open. */
MUST_USE enum err sqlite_turn_begin(sqlite3 *db);

/* The same for tables that come from elsewhere; of version 1 they have none. */
MUST_USE enum err sqlite_turn_renew(sqlite3 *db);

/* The mark after the one that is stored, in whatever transaction is open. */
MUST_USE enum err sqlite_turn_follow(sqlite3 *db);

/* The next mark, to be committed with what it stands for. */
MUST_USE enum err sqlite_turn_next(struct engine_sqlite *s);

/* It was. */
void sqlite_turn_done(struct engine_sqlite *s);

/* Before anything is written: does the log belong to the database? Sets turn.
 * ERR_DENIED: it does not. A database of version 1 has no marks. */
MUST_USE enum err sqlite_turn_check(struct engine_sqlite *s);

/* Opening went so far and gave e. ERR_DENIED: what is damaged is the log's,
 * since the database can be read without it; otherwise e. */
MUST_USE enum err sqlite_turn_blame(const struct engine_sqlite *s, enum err e);

/* --- sqlite_log.c ------------------------------------------------------------
 */

/* Before the database is opened, with the log's path. Sets log_found.
 * ERR_DENIED: there should be a log and is none; ERR_MEMORY. */
MUST_USE enum err sqlite_log_check(struct engine_sqlite *s, const char *log);

/* While a database is open that is refused for what it is: removes the empty
 * log that SQLite made beside it, which would speak for one that is put there.
 */
void sqlite_log_unmake(const struct engine_sqlite *s);

/* Opens a database alone, to be read, whatever lies beside it; nothing is made
 * or locked. *db is the caller's to close also on an error. */
MUST_USE enum err sqlite_open_alone(const char *path, sqlite3 **db);

/* When it is open: sets log_noted. */
MUST_USE enum err sqlite_log_load(struct engine_sqlite *s);

/* Before each transaction; does something before the first. A full disk is no
 * error. */
MUST_USE enum err sqlite_log_note(struct engine_sqlite *s);

/* In a copy, which has none. */
MUST_USE enum err sqlite_log_forget(sqlite3 *db);

/* Before an open database is closed, while statements can be run: notes that
 * there is no log any more, or leaves it alone. */
MUST_USE enum err sqlite_log_end(struct engine_sqlite *s);

/* --- sqlite_tail.c -----------------------------------------------------------
 */

/* Fills the tail with what is not settled, and counts what is not counted in
 * its place's row. *more: there is more than it holds. With sums the totals
 * count it too. */
MUST_USE enum err
sqlite_tail_load(struct engine_sqlite *s, bool sums, bool *more);

/* When a database was opened: reads the tail and settles it, unless the disk is
 * full. */
MUST_USE enum err sqlite_tail_open(struct engine_sqlite *s);

/* After a rollback: the tail as the database has it. */
MUST_USE enum err sqlite_tail_again(struct engine_sqlite *s);

/* --- sqlite_settle.c ---------------------------------------------------------
 */

/* Within a transaction: all that can wait is written. ERR_FULL. */
MUST_USE enum err sqlite_settle_all(struct engine_sqlite *s);

/* At the end of a transaction that changes something: a slice of it, when there
 * is much. */
MUST_USE enum err sqlite_settle_some(struct engine_sqlite *s);

/* Outside a transaction, before the log is copied or the database closed:
 * settles everything and ends the log with a mark, if something is to be done.
 * On a full disk, or where a list cannot be read, nothing is, which costs
 * nothing but the order of things. */
MUST_USE enum err sqlite_settle_now(struct engine_sqlite *s);

/* --- sqlite_disk.c -----------------------------------------------------------
 */

/* Whether the log is so long that it should be copied into the database. */
bool sqlite_log_long(const struct engine_sqlite *s);

/* Copies the log into the database. *copied: all of it. */
MUST_USE enum err sqlite_checkpoint(struct engine_sqlite *s, bool *copied);
enum err sqlite_tidy(struct engine *e);
enum err sqlite_truncate(struct engine *e);
enum err sqlite_shrink(struct engine *e, int pages, bool *shrunk);
void sqlite_relieve(struct engine *e);
bool sqlite_tight(struct engine *e);
void sqlite_ballast(struct engine_sqlite *s);
uint64_t sqlite_file_bytes(const struct engine_sqlite *s);

/* --- sqlite_backup.c ---------------------------------------------------------
 */

/* The table of a backup that a database does not have. */
#define BACKUP_KEY_TABLE "relay_key"
#define BACKUP_KEY_MAKE                                                        \
    "CREATE TABLE " BACKUP_KEY_TABLE "(key BLOB NOT NULL) STRICT"

/* Gives up a backup under way and its file: batches need the room. */
void sqlite_backup_ruin(struct engine_sqlite *s);

/* Removes what is left of an unfinished backup, and a whole one that nobody
 * came for. */
void sqlite_backup_tidy(const struct engine_sqlite *s, bool at_start);

/* --- files.c -----------------------------------------------------------------
 */

/* folder/name into out. False: too long. */
bool file_path(char out[static SQLITE_PATH_MAX],
               const char *folder,
               const char *name);

/* Makes an empty file, 0600, over what is there. ERR_FULL, ERR_DISK. */
MUST_USE enum err file_make(const char *path);

/* --- as in engine.h ----------------------------------------------------------
 */

/* --- sqlite_place.c --------------------------------------------------------
 */

/* Writes the rows of places that are due. */
MUST_USE enum err sqlite_places_write(struct engine_sqlite *s);

/* Writes the row of one that is held. */
MUST_USE enum err
sqlite_place_write(struct engine_sqlite *s, struct tail_place *p);

/* The one with a key, as its row is in the table. ERR_NOT_FOUND. */
MUST_USE enum err
sqlite_place_at(struct engine_sqlite *s, int64_t key, struct place_row *out);

/* A new one. Sets key. */
MUST_USE enum err
sqlite_place_insert(struct engine_sqlite *s, struct place_row *p);
enum err sqlite_place_get(struct engine *e,
                          const uint8_t id[static LIMIT_ID],
                          struct place_row *out);
enum err sqlite_place_put(struct engine *e, const struct place_row *p);

/* --- sqlite_records.c, sqlite_page.c ---------------------------------------
 */

/* The record with a key of the tail, which ought to be that of a number in a
 * place; it stays open: bytes are borrowed until the next use. ERR_NOT_FOUND.
 */
MUST_USE enum err sqlite_record_at(struct engine_sqlite *s,
                                   int64_t place,
                                   uint64_t number,
                                   int64_t key,
                                   struct record_row *out);
enum err sqlite_record_find(struct engine *e,
                            const struct place_row *p,
                            const uint8_t hash[static LIMIT_ID],
                            struct record_row *out);
enum err sqlite_record_add(struct engine *e,
                           struct place_row *p,
                           const struct record_row *row);
enum err sqlite_record_drop(struct engine *e,
                            const struct place_row *p,
                            const struct record_row *row,
                            uint32_t stub_hour);
enum err sqlite_record_get(struct engine *e,
                           const struct place_row *p,
                           uint64_t number,
                           struct record_row *out);
void sqlite_due_begin(struct engine_sqlite *s); /* with the first again */
enum err sqlite_record_expired(struct engine *e,
                               uint32_t hour,
                               struct place_row *p,
                               struct record_row *out);
enum err
sqlite_page_begin(struct engine *e, const struct place_row *p, uint64_t after);
enum err sqlite_page_next(struct engine *e, struct record_row *out);
void sqlite_page_end(struct engine *e);
enum err sqlite_card_get(struct engine *e,
                         const uint8_t *id,
                         size_t prefix_len,
                         struct card_row *out);
enum err sqlite_card_put(struct engine *e, const struct card_row *row);
enum err sqlite_blob_get(struct engine *e,
                         const uint8_t id[static LIMIT_ID],
                         struct blob_row *out);
enum err sqlite_blob_put(struct engine *e, const struct blob_row *row);
enum err sqlite_sweep_rest(struct engine *e, uint32_t hour, uint32_t *room);
enum err sqlite_sweep_hour_put(struct engine *e, uint32_t hour);
enum err sqlite_census(struct engine *e,
                       unsigned rows_max,
                       struct census_walk *walk,
                       struct relay_census *out);
enum err sqlite_backup_begin(struct engine *e,
                             const uint8_t *key,
                             struct engine_backup **out);
enum err sqlite_backup_step(struct engine_backup *b, bool *done);
void sqlite_backup_progress(const struct engine_backup *b,
                            struct store_progress *out);
void sqlite_backup_end(struct engine_backup *b);
MUST_USE enum err sqlite_load_totals(struct engine_sqlite *s);

#endif
