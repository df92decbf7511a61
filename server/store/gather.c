/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One run of bytes is gathered for each file. A write that goes on where it
 * ends is added; anything else writes it first. A failed write is told by the
 * call during which it happened, which is one of the same transaction or
 * checkpoint: neither counts before its sync. */
#include "gather.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Bytes of one write: 31 pages. SQLite's own files take less than 128 KiB at a
 * time, and of a longer one write the rest modulo that. */
enum { GATHER_MAX = 31 * 4096 };

struct gather_file {
    sqlite3_file base; /* first; the real one lies behind this */
    uint8_t *bytes;    /* GATHER_MAX */
    size_t len;
    sqlite3_int64 at;
};

static struct gather_file *
gather_file(sqlite3_file *f)
{
    return (struct gather_file *)(void *)f;
}

static sqlite3_file *
real_of(sqlite3_file *f)
{
    return (sqlite3_file *)(void *)(gather_file(f) + 1);
}

static int
write_out(sqlite3_file *f)
{
    struct gather_file *g = gather_file(f);
    size_t len = g->len;

    g->len = 0; /* also when it fails: whoever is told begins anew */
    return len == 0 ? SQLITE_OK
                    : real_of(f)->pMethods->xWrite(real_of(f), g->bytes,
                                                   (int)len, g->at);
}

static int
gather_write(sqlite3_file *f, const void *b, int len, sqlite3_int64 at)
{
    struct gather_file *g = gather_file(f);
    size_t n = (size_t)len;
    int rc = SQLITE_OK;

    if (g->len > 0 &&
        (at != g->at + (sqlite3_int64)g->len || n > GATHER_MAX - g->len))
        rc = write_out(f);
    if (rc != SQLITE_OK)
        return rc;
    if (n > GATHER_MAX)
        return real_of(f)->pMethods->xWrite(real_of(f), b, len, at);
    if (g->len == 0)
        g->at = at;
    memcpy(g->bytes + g->len, b, n);
    g->len += n;
    return SQLITE_OK;
}

static int
gather_close(sqlite3_file *f)
{
    int rc = write_out(f);
    int closed = real_of(f)->pMethods->xClose(real_of(f));

    mem_free(gather_file(f)->bytes);
    return rc == SQLITE_OK ? closed : rc;
}

static int
gather_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    int rc = write_out(f);

    return rc == SQLITE_OK
               ? real_of(f)->pMethods->xRead(real_of(f), out, len, at)
               : rc;
}

static int
gather_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = write_out(f);

    return rc == SQLITE_OK ? real_of(f)->pMethods->xTruncate(real_of(f), size)
                           : rc;
}

static int
gather_sync(sqlite3_file *f, int flags)
{
    int rc = write_out(f);

    return rc == SQLITE_OK ? real_of(f)->pMethods->xSync(real_of(f), flags)
                           : rc;
}

static int
gather_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    int rc = write_out(f);

    return rc == SQLITE_OK ? real_of(f)->pMethods->xFileSize(real_of(f), size)
                           : rc;
}

static int
gather_lock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xLock(real_of(f), how);
}

/* Nobody else may see the file without what is gathered. */
static int
gather_unlock(sqlite3_file *f, int how)
{
    int rc = write_out(f);
    int unlocked = real_of(f)->pMethods->xUnlock(real_of(f), how);

    return rc == SQLITE_OK ? unlocked : rc;
}

static int
gather_check_lock(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
gather_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
gather_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
gather_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
gather_open(sqlite3_vfs *v,
            const char *name,
            sqlite3_file *f,
            int flags,
            int *out_flags)
{
    struct gather *g = (struct gather *)(void *)v;
    struct gather_file *file = gather_file(f);
    int rc;

    file->base.pMethods = NULL;
    file->len = 0;
    file->bytes = mem_new(GATHER_MAX);
    if (file->bytes == NULL)
        return SQLITE_NOMEM;
    rc = g->real->xOpen(g->real, name, real_of(f), flags, out_flags);
    if (rc == SQLITE_OK) {
        file->base.pMethods = &g->methods;
        return SQLITE_OK;
    }
    /* what did not open may still want to be closed */
    if (real_of(f)->pMethods != NULL)
        (void)real_of(f)->pMethods->xClose(real_of(f));
    mem_free(file->bytes);
    return rc;
}

enum err
gather_start(struct gather *g)
{
    g->real = sqlite3_vfs_find(NULL);
    if (g->real == NULL)
        return ERR_DISK;
    static_assert(sizeof(struct gather_file) % sizeof(void *) == 0,
                  "the real file is aligned behind it");
    g->vfs = *g->real;
    (void)snprintf(g->name, sizeof g->name, "gather-%p", (void *)g);
    g->vfs.zName = g->name;
    g->vfs.szOsFile = (int)sizeof(struct gather_file) + g->real->szOsFile;
    g->vfs.xOpen = gather_open;
    g->vfs.pNext = NULL;
    g->methods = (sqlite3_io_methods){
        .iVersion = 1, /* no shared memory, nothing mapped */
        .xClose = gather_close,
        .xRead = gather_read,
        .xWrite = gather_write,
        .xTruncate = gather_truncate,
        .xSync = gather_sync,
        .xFileSize = gather_file_size,
        .xLock = gather_lock,
        .xUnlock = gather_unlock,
        .xCheckReservedLock = gather_check_lock,
        .xFileControl = gather_control,
        .xSectorSize = gather_sector_size,
        .xDeviceCharacteristics = gather_traits,
    };
    return sqlite3_vfs_register(&g->vfs, 0) == SQLITE_OK ? ERR_OK : ERR_DISK;
}

void
gather_end(struct gather *g)
{
    if (g->real != NULL)
        (void)sqlite3_vfs_unregister(&g->vfs);
    g->real = NULL;
}
