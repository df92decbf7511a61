/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log, the checkpoints and the ballast. Checkpoints are our own calls,
 * because the automatic ones hide a failed fsync (B-04). */
#include "sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
checkpoint(struct engine_sqlite *s, int mode)
{
    enum err e =
        sqlite_err(sqlite3_wal_checkpoint_v2(s->db, NULL, mode, NULL, NULL));

    /* the log keeps what did not fit into the database: nothing is lost, and
     * the next checkpoint tries again */
    return e == ERR_FULL || e == ERR_BUSY ? ERR_OK : e;
}

enum err
sqlite_checkpoint_long(struct engine_sqlite *s)
{
    enum err e = ERR_OK;

    if (s->log_frames >= s->log_frames_max)
        e = checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
    return e;
}

enum err
sqlite_truncate(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err;

    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_reset(s->st[i]); /* no reader may hold the log open */
    err = checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE);
    sqlite_backup_tidy(s, false);
    sqlite_ballast(s);
    return err;
}

void
sqlite_relieve(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);

    sqlite_backup_ruin(s);
    if (s->ballast_bytes > 0)
        (void)unlink(s->ballast);
}

void
sqlite_ballast(struct engine_sqlite *s)
{
    struct stat st;
    int fd;

    if (s->ballast_bytes == 0)
        return;
    if (stat(s->ballast, &st) == 0 && (uint64_t)st.st_size >= s->ballast_bytes)
        return;
    fd = open(s->ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    /* without room there is no ballast until the next sweep has made some */
    if (posix_fallocate(fd, 0, (off_t)s->ballast_bytes) != 0)
        (void)unlink(s->ballast);
    close(fd);
}

uint64_t
sqlite_file_bytes(const struct engine_sqlite *s)
{
    char log[SQLITE_PATH_MAX + 8];
    struct stat st;
    uint64_t sum = 0;

    if (stat(s->path, &st) == 0)
        sum += (uint64_t)st.st_size;
    (void)snprintf(log, sizeof log, "%s-wal", s->path);
    if (stat(log, &st) == 0)
        sum += (uint64_t)st.st_size;
    return sum;
}
