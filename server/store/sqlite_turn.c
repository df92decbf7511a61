/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which log belongs to which database (B-06). SQLite checks that a log is
 * whole, but not whose it is: one from another database, or an older one of the
 * same, would be laid over the tables page by page. So the first transaction of
 * each log, and the last before it is copied into the database, also write one
 * row, always in the same page: whose it is, how many such marks came before
 * it, a random number, and that of the mark before it. docs/STORAGE.md. */
#include "sqlite.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum {
    PAGE = 4096,
    LOG_HEAD = 32, /* of the log, SQLite's file format 4.1 */
    FRAME_HEAD = 24,
    AT_VERSION = 60, /* user_version in page 1 */
    CHECK_LEN = 8
};

static const uint8_t magic[8] = {'P', 'R', 'S', 't', 'u', 'r', 'n', '1'};

/* As it is stored. */
struct mark {
    uint8_t magic[sizeof magic];
    uint8_t id[16];
    uint8_t turn[8]; /* big-endian */
    uint8_t nonce[8];
    uint8_t before[8]; /* nonce of the turn before */
    uint8_t chk[CHECK_LEN];
};

static uint64_t
number(const uint8_t *b, size_t len)
{
    uint64_t v = 0;

    while (len-- > 0)
        v = v << 8 | *b++;
    return v;
}

static void
mark_check(const struct mark *m, uint8_t out[static CHECK_LEN])
{
    struct bytes part = {(const uint8_t *)m, sizeof *m - CHECK_LEN};
    uint8_t h[HASH_LEN];

    hash_id("pristan turn", &part, 1, h);
    memcpy(out, h, CHECK_LEN);
}

static struct mark
mark_of(const struct sqlite_turn *t)
{
    struct mark m;

    memcpy(m.magic, magic, sizeof magic);
    memcpy(m.id, t->id, sizeof m.id);
    for (int i = 0; i < 8; i++)
        m.turn[i] = (uint8_t)(t->turn >> (56 - 8 * i));
    memcpy(m.nonce, t->nonce, sizeof m.nonce);
    memcpy(m.before, t->before, sizeof m.before);
    mark_check(&m, m.chk);
    return m;
}

/* False: this is no mark, or a damaged one. */
static bool
mark_read(struct bytes in, struct sqlite_turn *out)
{
    struct mark m;
    uint8_t chk[CHECK_LEN];

    if (in.len < sizeof m)
        return false;
    memcpy(&m, in.b, sizeof m);
    mark_check(&m, chk);
    if (memcmp(m.magic, magic, sizeof magic) != 0 ||
        memcmp(m.chk, chk, sizeof chk) != 0)
        return false;
    memcpy(out->id, m.id, sizeof m.id);
    out->turn = number(m.turn, sizeof m.turn);
    memcpy(out->nonce, m.nonce, sizeof m.nonce);
    memcpy(out->before, m.before, sizeof m.before);
    return true;
}

/* The mark in a raw page. */
static bool
mark_find(const uint8_t page[static PAGE], struct sqlite_turn *out)
{
    for (size_t i = 0; i + sizeof(struct mark) <= PAGE; i++)
        if (page[i] == magic[0] &&
            mark_read((struct bytes){page + i, PAGE - i}, out))
            return true;
    return false;
}

static enum err
mark_store(sqlite3 *db, const char *sql, const struct sqlite_turn *t)
{
    struct mark m = mark_of(t);
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(st, 1, &m, sizeof m, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    sqlite3_finalize(st);
    return sqlite_err(rc);
}

enum err
sqlite_turn_begin(sqlite3 *db)
{
    struct sqlite_turn t = {.turn = 1};

    random_bytes(t.id, sizeof t.id);
    random_bytes(t.nonce, sizeof t.nonce);
    return mark_store(db, "INSERT OR REPLACE INTO turn(key, mark) VALUES(1, ?)",
                      &t);
}

static enum err read_root(sqlite3 *db, int64_t *root);

enum err
sqlite_turn_renew(sqlite3 *db)
{
    int64_t root;
    enum err e = read_root(db, &root);

    if (e == ERR_NOT_FOUND)
        return ERR_OK; /* of version 1 */
    return e == ERR_OK ? sqlite_turn_begin(db) : e;
}

static struct sqlite_turn
turn_after(const struct sqlite_turn *t)
{
    struct sqlite_turn next = *t;

    next.turn++;
    memcpy(next.before, t->nonce, sizeof t->nonce);
    random_bytes(next.nonce, sizeof next.nonce);
    return next;
}

enum err
sqlite_turn_next(struct engine_sqlite *s)
{
    struct mark m;
    struct binder b;

    s->next_turn = turn_after(&s->turn);
    m = mark_of(&s->next_turn);
    b = sqlite_bind(s, ST_TURN_PUT);
    bind_bytes(&b, (struct bytes){(const uint8_t *)&m, sizeof m});
    return sqlite_run(&b);
}

void
sqlite_turn_done(struct engine_sqlite *s)
{
    s->turn = s->next_turn;
    s->unmarked = false;
    s->mark_due = false;
}

/* --- opening ------------------------------------------------------------- */

/* What is to be compared. */
struct sides {
    sqlite3_file *database;
    sqlite3_file *log; /* NULL: there is none */
    int64_t root;      /* the mark's page, counted from 1 */
    uint8_t *page;
    struct sqlite_turn own; /* in the database alone */
    struct sqlite_turn now; /* with the log over it */
};

/* ERR_NOT_FOUND: there is no such table. */
static enum err
read_root(sqlite3 *db, int64_t *root)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db,
                                "SELECT rootpage FROM sqlite_schema"
                                " WHERE name = 'turn' AND type = 'table'",
                                -1, &st, NULL);
    enum err e;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = rc == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(rc);
    if (e == ERR_OK)
        *root = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static enum err
read_now(sqlite3 *db, struct sides *s, bool *known)
{
    sqlite3_stmt *st = NULL;
    enum err e = read_root(db, &s->root);
    int rc;

    if (e != ERR_OK)
        return e;
    rc = sqlite3_prepare_v2(db, "SELECT mark FROM turn WHERE key = 1", -1, &st,
                            NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = sqlite_err(rc);
    *known = rc == SQLITE_ROW && mark_read(column_bytes(st, 0), &s->now);
    sqlite3_finalize(st);
    return e;
}

enum err
sqlite_turn_follow(sqlite3 *db)
{
    struct sides s = {0};
    bool known = false;
    enum err e = read_now(db, &s, &known);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_AUTH : e;
    if (!known) /* it was judged when the database was opened */
        return ERR_AUTH;
    s.now = turn_after(&s.now);
    return mark_store(db, "UPDATE turn SET mark = ? WHERE key = 1", &s.now);
}

static enum err
read_at(sqlite3_file *f, void *out, int len, int64_t at)
{
    int rc = f->pMethods->xRead(f, out, len, at);

    /* what is beyond the end is read as zeros */
    return rc == SQLITE_IOERR_SHORT_READ ? ERR_OK : sqlite_err(rc);
}

static bool
same(const uint8_t a[static 8], const uint8_t b[static 8])
{
    return memcmp(a, b, 8) == 0;
}

/* Whether the log holds the very turn at which the database stands, or the one
 * that follows it. */
static enum err
find_joint(struct sides *s, bool *found)
{
    uint8_t head[LOG_HEAD];
    uint8_t frame[FRAME_HEAD];
    sqlite3_int64 size = 0;
    struct sqlite_turn t;
    enum err e;

    *found = false;
    e = sqlite_err(s->log->pMethods->xFileSize(s->log, &size));
    if (e == ERR_OK)
        e = read_at(s->log, head, LOG_HEAD, 0);
    for (int64_t at = LOG_HEAD; e == ERR_OK && !*found && at < size;
         at += FRAME_HEAD + PAGE) {
        e = read_at(s->log, frame, FRAME_HEAD, at);
        /* of this round of the log, and the mark's page */
        if (e != ERR_OK || memcmp(frame + 8, head + 16, 8) != 0 ||
            (int64_t)number(frame, 4) != s->root)
            continue;
        e = read_at(s->log, s->page, PAGE, at + FRAME_HEAD);
        if (e == ERR_OK && mark_find(s->page, &t))
            *found =
                (t.turn == s->own.turn && same(t.nonce, s->own.nonce)) ||
                (t.turn == s->own.turn + 1 && same(t.before, s->own.nonce));
    }
    return e;
}

/* Both marks are there. Random numbers cannot meet by chance, so a log of
 * another database, of another time, or of a copy that went on by itself does
 * not join. */
static enum err
compare(struct sides *s)
{
    bool joined =
        s->now.turn == s->own.turn && same(s->now.nonce, s->own.nonce);
    enum err e = ERR_OK;

    /* cut short or damaged where the database has been already, though what
     * lies behind that may still join */
    if (s->now.turn < s->own.turn)
        return ERR_DENIED;
    if (!joined && s->log != NULL)
        e = find_joint(s, &joined);
    return e == ERR_OK && !joined ? ERR_DENIED : e;
}

/* The database alone has no mark: its tables are older than marks, or were just
 * being copied out of the log, which then holds the very first one; or the mark
 * is damaged and the log has a later one. */
static enum err
compare_first(struct sides *s)
{
    bool damaged = memmem(s->page, PAGE, s->now.id, sizeof s->now.id) != NULL;

    s->own = (struct sqlite_turn){0};
    memcpy(s->own.id, s->now.id, sizeof s->own.id);
    return damaged ? ERR_OK : compare(s);
}

/* The database alone, read through the file that SQLite has open: opening it
 * once more and closing would give its lock away. */
static enum err
judge(sqlite3 *db, struct sides *s, bool *mend)
{
    bool known = false;
    enum err e = read_now(db, s, &known);

    if (e == ERR_NOT_FOUND) { /* of version 1, unless a log says so */
        e = read_at(s->database, s->page, PAGE, 0);
        return e == ERR_OK && number(s->page + AT_VERSION, 4) != 1 ? ERR_DENIED
                                                                   : e;
    }
    if (e == ERR_OK)
        e = read_at(s->database, s->page, PAGE, (s->root - 1) * PAGE);
    if (e != ERR_OK)
        return e;
    /* a log would have brought the row whole: it was damaged where it lies */
    *mend = !known && s->log == NULL;
    if (!known)
        return *mend ? ERR_OK : ERR_MALFORMED;
    return mark_find(s->page, &s->own) ? compare(s) : compare_first(s);
}

enum err
sqlite_turn_blame(const struct engine_sqlite *s, enum err e)
{
    struct sides sides = {0};
    sqlite3 *db = NULL;
    bool known = false;
    enum err alone;

    if (e != ERR_AUTH && e != ERR_MALFORMED)
        return e;
    alone = sqlite_open_alone(s->path, &db);
    if (alone == ERR_OK)
        alone = schema_check(db, "");
    if (alone == ERR_OK)
        alone = read_now(db, &sides, &known);
    sqlite3_close(db);
    return alone == ERR_OK && known ? ERR_DENIED : e;
}

/* Within a transaction, so that the log is open. */
static enum err
open_sides(sqlite3 *db, struct sides *s)
{
    sqlite3_int64 size = 0;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER,
                             &s->database) != SQLITE_OK ||
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                             &s->log) != SQLITE_OK)
        return ERR_DISK;
    if (s->log == NULL || s->log->pMethods == NULL ||
        s->log->pMethods->xFileSize(s->log, &size) != SQLITE_OK ||
        size <= LOG_HEAD)
        s->log = NULL;
    s->page = mem_new(PAGE);
    return s->page == NULL ? ERR_MEMORY : ERR_OK;
}

enum err
sqlite_turn_check(struct engine_sqlite *s)
{
    struct sides sides = {0};
    bool mend = false;
    enum err e;

    e = sqlite_err(sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (e != ERR_OK)
        return e;
    e = open_sides(s->db, &sides);
    if (e == ERR_OK)
        e = judge(s->db, &sides, &mend);
    if (e == ERR_OK && mend)
        e = sqlite_turn_begin(s->db);
    if (e == ERR_OK && mend)
        e = read_now(s->db, &sides, &mend);
    if (e == ERR_OK)
        e = sqlite_err(sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL));
    if (e != ERR_OK)
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->turn = sides.now;
    s->unmarked = sides.log != NULL; /* it need not end with a mark */
    mem_free(sides.page);
    return e;
}
