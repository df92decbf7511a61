/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A disk in memory under SQLite that writes down all that is done to it, and
 * afterwards shows what power loss after any of these steps could have left.
 * crash_files.h puts it under our own calls for files, too.
 *
 * What was not synced is lost, kept, or kept in part: each sector of 512 bytes
 * for itself, later ones without earlier ones, some only to their middle. A
 * file that grew may have its new length with zeros or rubbish where nothing
 * was written. Names made, changed or removed since their folder was last
 * synced survive up to some point of their order, as in a file system that
 * keeps a journal, or each for itself, as in one that does not. SQLite syncs a
 * folder with the first sync of a new journal or log, and when it removes one
 * and says so. */
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
    CRASH_NAMES = 32,
    CRASH_NAME = 256
};

enum crash_step_kind {
    CRASH_CREATE,
    CRASH_REMOVE,
    CRASH_RENAME,
    CRASH_WRITE,
    CRASH_TRUNCATE,
    CRASH_SYNC,
    CRASH_SYNC_FOLDER,
    CRASH_MARK /* the test's own */
};

struct crash_step {
    enum crash_step_kind kind;
    unsigned file;
    unsigned name; /* of a change of names; any in a folder that is synced */
    unsigned to;   /* of a rename */
    int64_t at;    /* of a write; the length of a truncate; a mark's number */
    uint8_t *bytes;
    size_t len;
};

/* A file's content. */
struct crash_file {
    uint8_t *b;
    size_t len;
    size_t room;
    bool journal;
    bool dir_synced;
};

/* A name that ever was, and what it stands for now; CRASH_FILES: nothing. */
struct crash_name {
    char path[CRASH_NAME];
    unsigned file;
};

struct crash_disk {
    struct crash_file files[CRASH_FILES];
    unsigned file_count;
    struct crash_name names[CRASH_NAMES];
    unsigned name_count;
    struct crash_step *steps;
    size_t step_count;
    size_t step_room;
    bool recording;
    /* bugs to catch: syncs that do nothing */
    bool lie_log;
    bool lie_database; /* and of what else SQLite has */
    bool lie_file;     /* of what we write ourselves */
    bool lie_folder;   /* of names */
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
    unsigned name;
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
crash_note(struct crash_disk *d, struct crash_step step)
{
    struct crash_step *s;

    if (!d->recording)
        return;
    if (d->step_count == d->step_room) {
        d->step_room = d->step_room * 2 + 256;
        d->steps = crash_alloc(d->steps, d->step_room * sizeof *d->steps);
    }
    s = &d->steps[d->step_count++];
    *s = step;
    if (step.len > 0) {
        s->bytes = crash_alloc(NULL, step.len);
        memcpy(s->bytes, step.bytes, step.len);
    }
}

/* The test's own marks stand among the steps. */
static inline void
crash_mark(int64_t number)
{
    crash_note(&crash_live,
               (struct crash_step){.kind = CRASH_MARK, .at = number});
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

/* The index of a path, which is one from now on. */
static inline unsigned
crash_name_of(struct crash_disk *d, const char *path)
{
    for (unsigned i = 0; i < d->name_count; i++)
        if (strcmp(d->names[i].path, path) == 0)
            return i;
    if (d->name_count == CRASH_NAMES || strlen(path) >= CRASH_NAME)
        abort();
    d->names[d->name_count] = (struct crash_name){.file = CRASH_FILES};
    (void)snprintf(d->names[d->name_count].path, CRASH_NAME, "%s", path);
    return d->name_count++;
}

/* The file that has a path, or CRASH_FILES. */
static inline unsigned
crash_find(struct crash_disk *d, const char *path)
{
    return d->names[crash_name_of(d, path)].file;
}

static inline unsigned
crash_new_file(struct crash_disk *d, const char *path, bool journal)
{
    if (d->file_count == CRASH_FILES)
        abort();
    d->files[d->file_count] = (struct crash_file){.journal = journal};
    d->names[crash_name_of(d, path)].file = d->file_count;
    return d->file_count++;
}

/* The same as a step. */
static inline unsigned
crash_create(struct crash_disk *d, const char *path, bool journal)
{
    unsigned f = crash_new_file(d, path, journal);

    crash_note(d, (struct crash_step){.kind = CRASH_CREATE,
                                      .file = f,
                                      .name = crash_name_of(d, path)});
    return f;
}

/* False: there is no such file. */
static inline bool
crash_remove(struct crash_disk *d, const char *path)
{
    unsigned n = crash_name_of(d, path);

    if (d->names[n].file == CRASH_FILES)
        return false;
    crash_note(d, (struct crash_step){.kind = CRASH_REMOVE,
                                      .file = d->names[n].file,
                                      .name = n});
    d->names[n].file = CRASH_FILES;
    return true;
}

static inline void
crash_write_at(
    struct crash_disk *d, unsigned file, const void *p, size_t len, size_t at)
{
    crash_put(&d->files[file], p, len, at);
    crash_note(d, (struct crash_step){.kind = CRASH_WRITE,
                                      .file = file,
                                      .at = (int64_t)at,
                                      .bytes = (uint8_t *)(uintptr_t)p,
                                      .len = len});
}

static inline void
crash_resize(struct crash_disk *d, unsigned file, size_t len)
{
    crash_set_len(&d->files[file], len);
    crash_note(d, (struct crash_step){.kind = CRASH_TRUNCATE,
                                      .file = file,
                                      .at = (int64_t)len});
}

/* The folder in which a name is. */
static inline void
crash_sync_folder(struct crash_disk *d, unsigned name)
{
    if (!d->lie_folder)
        crash_note(
            d, (struct crash_step){.kind = CRASH_SYNC_FOLDER, .name = name});
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
    crash_write_at(crash_handle(f)->disk, crash_handle(f)->file, p, (size_t)n,
                   (size_t)at);
    return SQLITE_OK;
}

static inline int
crash_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    crash_resize(crash_handle(f)->disk, crash_handle(f)->file, (size_t)size);
    return SQLITE_OK;
}

static inline int
crash_sync(sqlite3_file *f, int flags)
{
    struct crash_file *cf = crash_of(f);
    struct crash_handle *h = crash_handle(f);

    (void)flags;
    if (h->log ? h->disk->lie_log : h->disk->lie_database)
        return SQLITE_OK;
    crash_note(h->disk,
               (struct crash_step){.kind = CRASH_SYNC, .file = h->file});
    if (cf->journal && !cf->dir_synced)
        crash_sync_folder(h->disk, h->name);
    cf->dir_synced = true;
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
    h->name = crash_name_of(crash_disk, name);
    h->file = crash_disk->names[h->name].file;
    if (h->file == CRASH_FILES) {
        if ((flags & SQLITE_OPEN_CREATE) == 0)
            return SQLITE_CANTOPEN;
        h->file = crash_create(crash_disk, name, journal);
    }
    h->base.pMethods = &crash_methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static inline int
crash_delete(sqlite3_vfs *v, const char *name, int dir)
{
    (void)v;
    if (!crash_remove(crash_disk, name))
        return SQLITE_IOERR_DELETE_NOENT;
    if (dir != 0)
        crash_sync_folder(crash_disk, crash_name_of(crash_disk, name));
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
