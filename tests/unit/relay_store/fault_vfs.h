/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file system under SQLite that fails when told: full, an fsync that does
 * not, a sector that cannot be read. In front of the system's own. */
#ifndef RELAY_STORE_FAULT_VFS_H
#define RELAY_STORE_FAULT_VFS_H

#include <sqlite3.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct faults {
    bool full;          /* writes that make a file longer give SQLITE_FULL */
    bool full_database; /* only those to what is not the log */
    uint64_t limit;     /* bytes that database, log and ballast together may
                         * have; 0: no end of them */
    const char *folder; /* of these */
    bool sync_fails;    /* the next sync does not */
    bool copy_fails;    /* nor the next of what is not the log */
    bool read_fails;    /* each read */
    int64_t bad_page;   /* this one of the database cannot be read; 0: none */
    unsigned writes;    /* so far */
    unsigned syncs;
    unsigned log_syncs; /* of the log among them */
};

struct fault_file {
    sqlite3_file base;
    bool log; /* a write-ahead log */
    sqlite3_file *real;
};

static struct faults faults;
static sqlite3_vfs *fault_real;
static sqlite3_vfs fault_vfs;
static sqlite3_io_methods fault_methods;

static inline sqlite3_file *
fault_of(sqlite3_file *f)
{
    return ((struct fault_file *)(void *)f)->real;
}

static inline int
fault_close(sqlite3_file *f)
{
    sqlite3_file *real = fault_of(f);
    int rc = SQLITE_OK;

    if (real->pMethods != NULL)
        rc = real->pMethods->xClose(real);
    free(real);
    return rc;
}

static inline int
fault_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    sqlite3_file *real = fault_of(f);

    if (faults.read_fails ||
        (faults.bad_page > 0 && !((struct fault_file *)(void *)f)->log &&
         at == (faults.bad_page - 1) * 4096))
        return SQLITE_IOERR_READ;
    return real->pMethods->xRead(real, p, n, at);
}

/* Whether so many bytes more fit on the disk. */
static inline bool
fault_fits(sqlite3_int64 more)
{
    static const char *const kept[] = {"relay.db", "relay.db-wal", "ballast"};
    uint64_t sum = (uint64_t)more;
    char path[512];
    struct stat st;

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", faults.folder, kept[i]);
        if (stat(path, &st) == 0)
            sum += (uint64_t)st.st_size;
    }
    return sum <= faults.limit;
}

static inline int
fault_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    sqlite3_file *real = fault_of(f);
    sqlite3_int64 size = 0;

    faults.writes++;
    if (real->pMethods->xFileSize(real, &size) == SQLITE_OK && at + n > size &&
        (faults.full ||
         (faults.full_database && !((struct fault_file *)(void *)f)->log) ||
         (faults.limit > 0 && !fault_fits(at + n - size))))
        return SQLITE_FULL;
    return real->pMethods->xWrite(real, p, n, at);
}

static inline int
fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    sqlite3_file *real = fault_of(f);

    return real->pMethods->xTruncate(real, size);
}

static inline int
fault_sync(sqlite3_file *f, int flags)
{
    sqlite3_file *real = fault_of(f);
    bool *fails = &faults.sync_fails;

    if (!((struct fault_file *)(void *)f)->log && faults.copy_fails)
        fails = &faults.copy_fails;
    faults.syncs++;
    faults.log_syncs += ((struct fault_file *)(void *)f)->log;
    if (*fails) {
        *fails = false; /* once, then as if nothing had been */
        return SQLITE_IOERR_FSYNC;
    }
    return real->pMethods->xSync(real, flags);
}

static inline int
fault_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fault_of(f)->pMethods->xFileSize(fault_of(f), size);
}

static inline int
fault_lock(sqlite3_file *f, int how)
{
    return fault_of(f)->pMethods->xLock(fault_of(f), how);
}

static inline int
fault_unlock(sqlite3_file *f, int how)
{
    return fault_of(f)->pMethods->xUnlock(fault_of(f), how);
}

static inline int
fault_check_lock(sqlite3_file *f, int *out)
{
    return fault_of(f)->pMethods->xCheckReservedLock(fault_of(f), out);
}

static inline int
fault_control(sqlite3_file *f, int op, void *arg)
{
    return fault_of(f)->pMethods->xFileControl(fault_of(f), op, arg);
}

static inline int
fault_sector(sqlite3_file *f)
{
    return fault_of(f)->pMethods->xSectorSize(fault_of(f));
}

static inline int
fault_traits(sqlite3_file *f)
{
    return fault_of(f)->pMethods->xDeviceCharacteristics(fault_of(f));
}

static inline int
fault_open(sqlite3_vfs *v,
           const char *name,
           sqlite3_file *f,
           int flags,
           int *out_flags)
{
    struct fault_file *ff = (struct fault_file *)(void *)f;
    int rc;

    (void)v;
    ff->base.pMethods = NULL;
    ff->log = (flags & SQLITE_OPEN_WAL) != 0;
    ff->real = calloc(1, (size_t)fault_real->szOsFile);
    if (ff->real == NULL)
        return SQLITE_NOMEM;
    rc = fault_real->xOpen(fault_real, name, ff->real, flags, out_flags);
    if (rc == SQLITE_OK)
        ff->base.pMethods = &fault_methods;
    else
        free(ff->real);
    return rc;
}

/* Stands in front of the system's from now on, without faults. */
static inline void
fault_vfs_start(void)
{
    faults = (struct faults){0};
    if (fault_real != NULL)
        return;
    fault_real = sqlite3_vfs_find(NULL);
    fault_vfs = *fault_real;
    fault_vfs.zName = "faults";
    fault_vfs.szOsFile = sizeof(struct fault_file);
    fault_vfs.xOpen = fault_open;
    fault_methods = (sqlite3_io_methods){
        .iVersion = 1,
        .xClose = fault_close,
        .xRead = fault_read,
        .xWrite = fault_write,
        .xTruncate = fault_truncate,
        .xSync = fault_sync,
        .xFileSize = fault_file_size,
        .xLock = fault_lock,
        .xUnlock = fault_unlock,
        .xCheckReservedLock = fault_check_lock,
        .xFileControl = fault_control,
        .xSectorSize = fault_sector,
        .xDeviceCharacteristics = fault_traits,
    };
    sqlite3_vfs_register(&fault_vfs, 1);
}

#endif
