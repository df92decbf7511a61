/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store on SQLite: one exclusive connection, one transaction a batch. Every
 * setting that a promise hangs on is read back. */
#include "sqlite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    VERSION_FLOOR = 3040001, /* what is tested and patched in Debian 12 */
    SQL_LENGTH_MAX = 64 * 1024
};

static enum err
begin(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err = s->dead ? ERR_DISK : ERR_OK;
    uint64_t pages = 0;
    struct binder b;

    if (err == ERR_OK)
        err = sqlite_tidy(e);
    if (err == ERR_OK && s->tail_lost)
        err = sqlite_tail_again(s);
    if (err == ERR_OK)
        err = sqlite_log_note(s);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_BEGIN);
    err = sqlite_run(&b);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_PAGE_COUNT);
    err = sqlite_first(&b);
    if (err == ERR_OK) {
        pages = column_u64(b.st, 0);
        sqlite3_reset(b.st);
        b = sqlite_bind(s, ST_FREE_COUNT);
        err = sqlite_first(&b);
    }
    sqlite_due_begin(s);
    s->changes = sqlite3_total_changes64(s->db);
    s->begun = s->tail.next;
    if (err == ERR_OK) {
        s->free_bytes = column_u64(b.st, 0) * 4096;
        s->size = pages * 4096 - s->free_bytes;
        sqlite3_reset(b.st);
    }
    return err;
}

/* What a transaction takes along before it is committed: what can wait no
 * longer, and a mark when it is the first of a log, or the last before the log
 * is copied into the database (*copy). */
static enum err
complete(struct engine_sqlite *s, bool *marked, bool *copy)
{
    enum err err = sqlite_settle_some(s);

    *copy = tail_count(&s->tail) == 0 && sqlite_log_long(s);
    *marked = s->mark_due || *copy;
    return err == ERR_OK && *marked ? sqlite_turn_next(s) : err;
}

static void
committed(struct engine_sqlite *s, bool marked)
{
    s->settle_late = false;
    s->unmarked = true;
    if (marked)
        sqlite_turn_done(s);
}

static enum err
commit(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err = sqlite_places_write(s);
    bool changed = sqlite3_total_changes64(s->db) != s->changes;
    bool marked = false;
    bool copy = false;
    struct binder b;

    sqlite_reset(s);
    if (err == ERR_OK && changed)
        err = complete(s, &marked, &copy);
    if (err != ERR_OK)
        return err;
    b = sqlite_bind(s, ST_COMMIT);
    err = sqlite_run(&b);
    if (err == ERR_OK && changed)
        committed(s, marked);
    if (err == ERR_OK)
        s->copy_due = copy;
    s->dead = s->dead || err == ERR_DISK;
    return err;
}

static void
rollback(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct binder b;

    sqlite_reset(s);
    s->settle_late = true;
    if (sqlite3_get_autocommit(s->db) == 0) {
        b = sqlite_bind(s, ST_ROLLBACK);
        if (sqlite_run(&b) != ERR_OK)
            s->dead = true; /* the next begin fails and says so */
    } /* else SQLite has rolled back by itself, or it was committed */
    s->tail_lost = true;
    if (!s->dead && sqlite_tail_again(s) != ERR_OK)
        return; /* whoever needs it tries again */
}

static uint64_t
size(const struct engine *e)
{
    return ((const struct engine_sqlite *)(const void *)e)->size;
}

static enum err
close_it(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err;

    if (s->opened && sqlite_settle_now(s) != ERR_OK)
        s->dead = true; /* the next start settles */
    err = sqlite_log_end(s);
    sqlite_finalize(s);
    sqlite3_close(s->db); /* also copies the log into the database */
    gather_end(&s->gather);
    tail_end(&s->tail);
    mem_free(s);
    return err;
}

static const struct engine_kind kind = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .place_get = sqlite_place_get,
    .place_put = sqlite_place_put,
    .record_find = sqlite_record_find,
    .record_add = sqlite_record_add,
    .record_drop = sqlite_record_drop,
    .record_get = sqlite_record_get,
    .record_expired = sqlite_record_expired,
    .page_begin = sqlite_page_begin,
    .page_next = sqlite_page_next,
    .page_end = sqlite_page_end,
    .card_get = sqlite_card_get,
    .card_put = sqlite_card_put,
    .blob_get = sqlite_blob_get,
    .blob_put = sqlite_blob_put,
    .sweep_rest = sqlite_sweep_rest,
    .sweep_hour_put = sqlite_sweep_hour_put,
    .size = size,
    .tidy = sqlite_tidy,
    .truncate = sqlite_truncate,
    .shrink = sqlite_shrink,
    .relieve = sqlite_relieve,
    .tight = sqlite_tight,
    .census = sqlite_census,
    .backup_begin = sqlite_backup_begin,
    .backup_step = sqlite_backup_step,
    .backup_progress = sqlite_backup_progress,
    .backup_end = sqlite_backup_end,
    .close = close_it,
};

/* want is what reading back must give. */
struct setting {
    const char *set;
    const char *want;
};

/* Before anything is read. The lock mode stands before the log's, so that no
 * shared memory file is made and a second relay is refused. EXTRA is FULL for a
 * log; for the journal with which the tables are made it is more. */
static const struct setting first[] = {
    {"PRAGMA locking_mode = EXCLUSIVE", "exclusive"},
    {"PRAGMA synchronous = EXTRA", NULL},
    {"PRAGMA synchronous", "3"},
    {"PRAGMA secure_delete = ON", "1"},
    {"PRAGMA secure_delete", "1"},
    {"PRAGMA cell_size_check = ON", NULL},
    {"PRAGMA cell_size_check", "1"},
    {"PRAGMA mmap_size = 0", NULL},
    {"PRAGMA temp_store = MEMORY", NULL},
    {"PRAGMA temp_store", "2"},
    {"PRAGMA trusted_schema", "0"},
    {"PRAGMA page_size", "4096"},
};

/* Once the database is known to be ours. */
static const struct setting then[] = {
    {"PRAGMA journal_mode = WAL", "wal"},
    {"PRAGMA wal_autocheckpoint = 0", "0"},
    {"PRAGMA journal_size_limit = 67108864", "67108864"},
    {"PRAGMA cache_size = -8192", NULL},
};

static enum err
pragma(sqlite3 *db, const char *set, const char *want)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, set, -1, &st, NULL);
    const char *got;
    enum err e;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    e = sqlite_err(rc);
    if (e == ERR_OK && want != NULL) {
        got =
            rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
        if (got == NULL || strcmp(got, want) != 0)
            e = ERR_UNSUPPORTED;
    }
    sqlite3_finalize(st);
    return e;
}

static enum err
set_all(sqlite3 *db, const struct setting *settings, size_t count)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = pragma(db, settings[i].set, settings[i].want);
    return e;
}

/* Until it is known whose the log is, closing must not copy it anywhere. */
static enum err
copy_at_close(sqlite3 *db, bool copy)
{
    return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !copy,
                             NULL) == SQLITE_OK
               ? ERR_OK
               : ERR_UNSUPPORTED;
}

static enum err
configure(sqlite3 *db)
{
    enum err e;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 0);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_LENGTH_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    e = sqlite_distrust(db);
    return e == ERR_OK ? set_all(db, first, sizeof first / sizeof *first) : e;
}

static int
log_grew(void *context, sqlite3 *db, const char *name, int frames)
{
    struct engine_sqlite *s = context;

    (void)db;
    (void)name;
    s->log_frames = frames;
    s->log_copied = false;
    return SQLITE_OK;
}

/* A log that is longer than the ballast could not be copied into the database
 * when the disk is full, and nothing would free it again. */
static int
log_frames_max(const struct store_sqlite_config *c)
{
    uint64_t most = c->ballast_bytes / (4096 + 24); /* a page and its head */
    uint64_t want =
        c->log_frames != 0 ? c->log_frames : SQLITE_CHECKPOINT_FRAMES;

    if (c->ballast_bytes > 0 && want > most)
        want = most;
    return want < SQLITE_CHECKPOINT_LEAST ? SQLITE_CHECKPOINT_LEAST : (int)want;
}

static enum err
set_paths(struct engine_sqlite *s, const struct store_sqlite_config *c)
{
    int n = snprintf(s->folder, sizeof s->folder, "%s", c->folder);

    if (n < 0 || (size_t)n >= sizeof s->folder ||
        !file_path(s->path, c->folder, "relay.db") ||
        !file_path(s->ballast, c->folder, "ballast"))
        return ERR_USE;
    s->log_frames_max = log_frames_max(c);
    s->ballast_bytes = c->read_only ? 0 : c->ballast_bytes;
    s->read_only = c->read_only;
    return ERR_OK;
}

/* A link would lead what we write out of the folder, and SQLite follows it. */
static enum err
check_plain(const struct engine_sqlite *s)
{
    static const char *const ours[] = {"relay.db", "relay.db-wal",
                                       "relay.db-journal", "relay.db.new",
                                       "ballast"};
    char path[SQLITE_PATH_MAX];
    struct stat st;

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (!file_path(path, s->folder, ours[i]))
            return ERR_USE;
        if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
            return ERR_EXISTS;
    }
    return ERR_OK;
}

/* A log without its database would be thrown away by SQLite, and a database
 * without its log be taken for whole. */
static enum err
check_files(struct engine_sqlite *s)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    char name[SQLITE_PATH_MAX];
    int database = 0;
    int log = 0;

    if (!file_path(name, s->folder, "relay.db.new"))
        return ERR_USE;
    if (access(name, F_OK) == 0)
        return ERR_CONFLICT;
    if (!file_path(name, s->folder, "relay.db-wal"))
        return ERR_USE;
    /* "exists" means in SQLite: and has bytes in it */
    if (vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &log) != SQLITE_OK ||
        vfs->xAccess(vfs, s->path, SQLITE_ACCESS_EXISTS, &database) !=
            SQLITE_OK)
        return ERR_DISK;
    return log && !database ? ERR_DENIED : sqlite_log_check(s, name);
}

/* Ours, with its own log. */
static enum err
check_tables(struct engine_sqlite *s)
{
    enum err e = configure(s->db);

    if (e == ERR_OK)
        e = schema_open(s->db);
    if (e == ERR_OK)
        e = sqlite_turn_check(s);
    return sqlite_turn_blame(s, e);
}

/* And of the present version. */
static enum err
open_tables(struct engine_sqlite *s)
{
    enum err e = copy_at_close(s->db, false);

    if (e == ERR_OK)
        e = check_tables(s);
    if (e == ERR_OK)
        e = set_all(s->db, then, sizeof then / sizeof *then);
    if (e == ERR_OK)
        e = schema_migrate(s);
    return e == ERR_OK ? copy_at_close(s->db, true) : e;
}

static enum err
open_db(struct engine_sqlite *s, const struct store_sqlite_config *c)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    int rc;
    enum err e = check_plain(s);

    if (e == ERR_OK)
        e = check_files(s);
    if (e != ERR_OK)
        return e;
    if (!c->read_only)
        flags |= SQLITE_OPEN_CREATE;
    e = gather_start(&s->gather);
    if (e != ERR_OK)
        return e;
    rc = sqlite3_open_v2(s->path, &s->db, flags, s->gather.name);
    if (rc == SQLITE_CANTOPEN && c->read_only)
        return ERR_NOT_FOUND;
    e = sqlite_err(rc);
    if (e == ERR_OK)
        e = open_tables(s);
    if (e == ERR_OK)
        e = sqlite_prepare(s);
    if (e == ERR_OK)
        e = sqlite_load_totals(s);
    if (e == ERR_OK)
        e = sqlite_log_load(s);
    if (e == ERR_OK) {
        (void)sqlite3_wal_hook(s->db, log_grew, s);
        s->mark_due = true;
        e = sqlite_tail_open(s);
    }
    s->opened = e == ERR_OK;
    if (e == ERR_AUTH)
        e = ERR_MALFORMED;
    if (e == ERR_MALFORMED || e == ERR_UNSUPPORTED)
        sqlite_log_unmake(s);
    return e;
}

enum err
store_open_sqlite(const struct store_sqlite_config *c, struct store **out)
{
    struct engine_sqlite *s;
    enum err e;

    if (sqlite3_libversion_number() < VERSION_FLOOR)
        return ERR_UNSUPPORTED;
    s = mem_new(sizeof *s);
    if (s == NULL)
        return ERR_MEMORY;
    s->engine.kind = &kind;
    s->engine.quota = &c->quota;
    e = set_paths(s, c);
    if (e == ERR_OK)
        e = tail_start(&s->tail, c->tail_records);
    if (e == ERR_OK)
        e = open_db(s, c);
    if (e != ERR_OK) {
        close_it(&s->engine);
        return e;
    }
    if (!c->read_only)
        sqlite_backup_tidy(s, true);
    sqlite_ballast(s);
    return store_new(&s->engine, &c->quota, out);
}
