/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A disk in memory under SQLite that writes down all that is done to it, and
 * afterwards shows what power loss after any of these steps could have left.
 *
 * What was not synced is lost, kept, or kept in part: each sector of 512 bytes
 * for itself, later ones without earlier ones, some only to their middle. A
 * file that grew may have its new length with zeros or rubbish where nothing
 * was written. Names made or removed since the folder was last synced survive
 * up to some point of their order, as in a file system that keeps a journal. A
 * folder is synced as SQLite does it: with the first sync of a new journal or
 * log, and when it removes one and says so. */
#ifndef RELAY_STORE_CRASH_VFS_H
#define RELAY_STORE_CRASH_VFS_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CRASH_SECTOR = 512,
    CRASH_FILES = 64, /* that ever were, each incarnation of a name */
    CRASH_NAME = 256
};

enum crash_step_kind {
    CRASH_CREATE,
    CRASH_REMOVE, /* dir: and the folder was synced */
    CRASH_WRITE,
    CRASH_TRUNCATE,
    CRASH_SYNC, /* dir: and the folder was synced */
    CRASH_MARK  /* the test's own */
};

struct crash_step {
    enum crash_step_kind kind;
    unsigned file;
    bool dir;
    int64_t at; /* of a write; the length of a truncate; a mark's number */
    uint8_t *bytes;
    size_t len;
};

/* A file as it is now, and as it is known to be on the disk. */
struct crash_file {
    char name[CRASH_NAME];
    uint8_t *b;
    size_t len;
    size_t room;
    bool named; /* now */
    bool journal;
    bool dir_synced;
};

struct crash_disk {
    struct crash_file files[CRASH_FILES];
    unsigned file_count;
    struct crash_step *steps;
    size_t step_count;
    size_t step_room;
    bool recording;
    bool lie_log;      /* syncs of the log do nothing: the bug to catch */
    bool lie_database; /* those of the database */
};

static struct crash_disk crash_live;  /* where a script runs */
static struct crash_disk crash_image; /* what is left after a crash */
static struct crash_disk *crash_disk = &crash_live;
static sqlite3_vfs crash_vfs;
static sqlite3_io_methods crash_methods;
static sqlite3_vfs *crash_real;

struct crash_handle {
    sqlite3_file base;
    struct crash_disk *disk;
    unsigned file;
    bool log;
};

static inline void *
crash_alloc(void *old, size_t size)
{
    void *p = realloc(old, size == 0 ? 1 : size);

    if (p == NULL)
        abort();
    return p;
}

static inline void
crash_set_len(struct crash_file *f, size_t len)
{
    if (len > f->room) {
        f->room = len * 2;
        f->b = crash_alloc(f->b, f->room);
    }
    if (len > f->len) /* then there is room */
        memset(f->b + f->len, 0, len - f->len);
    f->len = len;
}

static inline void
crash_put(struct crash_file *f, const uint8_t *b, size_t len, size_t at)
{
    if (len == 0)
        return;
    if (at + len > f->len)
        crash_set_len(f, at + len);
    memcpy(f->b + at, b, len);
}

static inline void
crash_note(struct crash_disk *d,
           enum crash_step_kind kind,
           unsigned file,
           bool dir,
           int64_t at,
           const void *bytes,
           size_t len)
{
    struct crash_step *s;

    if (!d->recording)
        return;
    if (d->step_count == d->step_room) {
        d->step_room = d->step_room * 2 + 256;
        d->steps = crash_alloc(d->steps, d->step_room * sizeof *d->steps);
    }
    s = &d->steps[d->step_count++];
    *s = (struct crash_step){
        .kind = kind, .file = file, .dir = dir, .at = at, .len = len};
    if (len > 0) {
        s->bytes = crash_alloc(NULL, len);
        memcpy(s->bytes, bytes, len);
    }
}

/* The test's own marks stand among the steps. */
static inline void
crash_mark(int64_t number)
{
    crash_note(&crash_live, CRASH_MARK, 0, false, number, NULL, 0);
}

static inline void
crash_disk_free(struct crash_disk *d)
{
    for (unsigned i = 0; i < d->file_count; i++)
        free(d->files[i].b);
    for (size_t i = 0; i < d->step_count; i++)
        free(d->steps[i].bytes);
    free(d->steps);
    *d = (struct crash_disk){0};
}

/* The index of a name, or CRASH_FILES. */
static inline unsigned
crash_find(const struct crash_disk *d, const char *name)
{
    for (unsigned i = d->file_count; i-- > 0;)
        if (d->files[i].named && strcmp(d->files[i].name, name) == 0)
            return i;
    return CRASH_FILES;
}

static inline unsigned
crash_new_file(struct crash_disk *d, const char *name, bool journal)
{
    struct crash_file *f;

    if (d->file_count == CRASH_FILES || strlen(name) >= CRASH_NAME)
        abort();
    f = &d->files[d->file_count];
    *f = (struct crash_file){.named = true, .journal = journal};
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    return d->file_count++;
}

/* --- what SQLite calls -----------------------------------------------------
 */

static inline struct crash_handle *
crash_handle(sqlite3_file *f)
{
    return (struct crash_handle *)(void *)f;
}

static inline struct crash_file *
crash_of(sqlite3_file *f)
{
    return &crash_handle(f)->disk->files[crash_handle(f)->file];
}

static inline int
crash_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static inline int
crash_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    struct crash_file *cf = crash_of(f);
    size_t len = (size_t)n;
    size_t from = (size_t)at;
    size_t have = from >= cf->len ? 0 : cf->len - from;

    if (have >= len) {
        memcpy(p, cf->b + from, len);
        return SQLITE_OK;
    }
    memset(p, 0, len);
    if (have > 0)
        memcpy(p, cf->b + from, have);
    return SQLITE_IOERR_SHORT_READ;
}

static inline int
crash_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    crash_put(crash_of(f), p, (size_t)n, (size_t)at);
    crash_note(crash_handle(f)->disk, CRASH_WRITE, crash_handle(f)->file, false,
               at, p, (size_t)n);
    return SQLITE_OK;
}

static inline int
crash_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    crash_set_len(crash_of(f), (size_t)size);
    crash_note(crash_handle(f)->disk, CRASH_TRUNCATE, crash_handle(f)->file,
               false, size, NULL, 0);
    return SQLITE_OK;
}

static inline int
crash_sync(sqlite3_file *f, int flags)
{
    struct crash_file *cf = crash_of(f);
    struct crash_disk *d = crash_handle(f)->disk;
    bool dir = cf->journal && !cf->dir_synced;

    (void)flags;
    if (crash_handle(f)->log ? d->lie_log : d->lie_database)
        return SQLITE_OK;
    cf->dir_synced = true;
    crash_note(d, CRASH_SYNC, crash_handle(f)->file, dir, 0, NULL, 0);
    return SQLITE_OK;
}

static inline int
crash_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)crash_of(f)->len;
    return SQLITE_OK;
}

static inline int
crash_lock(sqlite3_file *f, int how)
{
    (void)f;
    (void)how;
    return SQLITE_OK;
}

static inline int
crash_check_lock(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static inline int
crash_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static inline int
crash_sector_size(sqlite3_file *f)
{
    (void)f;
    return 4096; /* as the system's own says */
}

static inline int
crash_traits(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* the same */
}

static inline int
crash_open(sqlite3_vfs *v,
           const char *name,
           sqlite3_file *f,
           int flags,
           int *out_flags)
{
    struct crash_handle *h = crash_handle(f);
    bool log = (flags & SQLITE_OPEN_WAL) != 0;
    bool journal = log || (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;

    (void)v;
    h->base.pMethods = NULL;
    if (name == NULL)
        return SQLITE_CANTOPEN; /* temporary files are kept in memory */
    h->disk = crash_disk;
    h->log = log;
    h->file = crash_find(crash_disk, name);
    if (h->file == CRASH_FILES) {
        if ((flags & SQLITE_OPEN_CREATE) == 0 &&
            strstr(name, ".backup") == NULL) /* made outside of SQLite */
            return SQLITE_CANTOPEN;
        h->file = crash_new_file(crash_disk, name, journal);
        crash_note(crash_disk, CRASH_CREATE, h->file, false, 0, NULL, 0);
    }
    h->base.pMethods = &crash_methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static inline int
crash_delete(sqlite3_vfs *v, const char *name, int dir)
{
    unsigned i = crash_find(crash_disk, name);

    (void)v;
    if (i == CRASH_FILES)
        return SQLITE_IOERR_DELETE_NOENT;
    crash_disk->files[i].named = false;
    crash_note(crash_disk, CRASH_REMOVE, i, dir != 0, 0, NULL, 0);
    return SQLITE_OK;
}

static inline int
crash_access(sqlite3_vfs *v, const char *name, int how, int *out)
{
    unsigned i = crash_find(crash_disk, name);

    (void)v;
    (void)how;
    *out = i != CRASH_FILES && crash_disk->files[i].len > 0;
    return SQLITE_OK;
}

static inline int
crash_full_name(sqlite3_vfs *v, const char *name, int n, char *out)
{
    (void)v;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

/* Stands in front of the system's from now on, with nothing on it. */
static inline void
crash_vfs_start(void)
{
    crash_disk_free(&crash_live);
    crash_disk_free(&crash_image);
    crash_disk = &crash_live;
    if (crash_real == NULL)
        crash_real = sqlite3_vfs_find(NULL);
    crash_vfs = *crash_real;
    crash_vfs.zName = "crashes";
    crash_vfs.szOsFile = sizeof(struct crash_handle);
    crash_vfs.xOpen = crash_open;
    crash_vfs.xDelete = crash_delete;
    crash_vfs.xAccess = crash_access;
    crash_vfs.xFullPathname = crash_full_name;
    crash_methods = (sqlite3_io_methods){
        .iVersion = 1,
        .xClose = crash_close,
        .xRead = crash_read,
        .xWrite = crash_write,
        .xTruncate = crash_truncate,
        .xSync = crash_sync,
        .xFileSize = crash_file_size,
        .xLock = crash_lock,
        .xUnlock = crash_lock,
        .xCheckReservedLock = crash_check_lock,
        .xFileControl = crash_control,
        .xSectorSize = crash_sector_size,
        .xDeviceCharacteristics = crash_traits,
    };
    sqlite3_vfs_register(&crash_vfs, 1);
}

static inline void
crash_vfs_stop(void)
{
    crash_disk_free(&crash_live);
    crash_disk_free(&crash_image);
    sqlite3_vfs_unregister(&crash_vfs);
}

#endif
