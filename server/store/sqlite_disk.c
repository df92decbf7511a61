/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log, the checkpoints and the ballast. Checkpoints are our own calls,
 * because the automatic ones hide a failed fsync (B-04). */
#include "sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The log keeps what did not fit into the database: nothing is lost, and the
 * next checkpoint tries again. The log may begin anew now, with a mark. */
static enum err
checkpoint(struct engine_sqlite *s, int mode, bool *copied)
{
    int frames = 0;
    int done = -1;
    enum err e;

    sqlite_reset(s); /* a card that was read may be borrowed still */
    e = sqlite_err(
        sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &frames, &done));
    s->mark_due = true;
    s->copy_due = false;
    *copied = e == ERR_OK && frames == done;
    if (*copied)
        s->log_copied = true;
    s->dead = s->dead || e == ERR_DISK;
    return e == ERR_FULL || e == ERR_BUSY ? ERR_OK : e;
}

bool
sqlite_log_long(const struct engine_sqlite *s)
{
    return !s->log_copied && s->log_frames >= s->log_frames_max / 4 * 3;
}

enum err
sqlite_checkpoint(struct engine_sqlite *s, bool *copied)
{
    return checkpoint(s, SQLITE_CHECKPOINT_PASSIVE, copied);
}

enum err
sqlite_tidy(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    bool copied;
    enum err err = ERR_OK;

    if (s->copy_due && !s->dead)
        err = sqlite_checkpoint(s, &copied);
    /* anything else leaves the log, which the next copy tries again */
    return err == ERR_DISK || s->dead ? ERR_DISK : ERR_OK;
}

enum err
sqlite_truncate(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    bool copied;
    enum err err = sqlite_settle_now(s);

    if (err == ERR_OK)
        err = checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE, &copied);
    sqlite_backup_tidy(s, false);
    sqlite_ballast(s);
    return err;
}

/* The pages of the log are often the same few again and again: the database
 * grows by much less than the log shrinks, and the ballast lends that room. */
enum err
sqlite_shrink(struct engine *e, int pages, bool *shrunk)
{
    struct engine_sqlite *s = engine_sqlite(e);
    enum err err;

    *shrunk = false;
    sqlite_backup_ruin(s);
    if (s->log_frames < pages)
        return ERR_OK;
    sqlite_relieve(e);
    err = sqlite_settle_now(s);
    if (err == ERR_OK)
        err = checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE, shrunk);
    if (*shrunk) {
        s->log_frames = 0;
        sqlite_ballast(s);
    }
    return err;
}

void
sqlite_relieve(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);

    if (s->ballast_bytes > 0)
        (void)unlink(s->ballast);
    s->ballast_held = false;
}

/* Beside the ballast as much again stays free, on the disk or in the database,
 * whose file does not become shorter. A disk that was filled to the last byte
 * would have room in the database after a sweep, and none for the log through
 * which it must go. */
bool
sqlite_tight(struct engine *e)
{
    struct engine_sqlite *s = engine_sqlite(e);
    struct statvfs v;

    if (s->ballast_bytes == 0)
        return false;
    if (!s->ballast_held)
        sqlite_ballast(s);
    if (!s->ballast_held)
        return true;
    return statvfs(s->folder, &v) == 0 &&
           (uint64_t)v.f_bavail * v.f_frsize + s->free_bytes < s->ballast_bytes;
}

/* Takes it up, or leaves nothing of it. */
void
sqlite_ballast(struct engine_sqlite *s)
{
    struct stat st;
    int fd;

    if (s->ballast_bytes == 0)
        return;
    s->ballast_held =
        stat(s->ballast, &st) == 0 && (uint64_t)st.st_size >= s->ballast_bytes;
    if (s->ballast_held)
        return;
    fd = open(s->ballast, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    s->ballast_held = posix_fallocate(fd, 0, (off_t)s->ballast_bytes) == 0;
    if (!s->ballast_held)
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
