/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The profile's folder. Everything goes through its descriptor, so that it
 * stays the folder that was checked. */
#include "folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"

static_assert(FOLDER_PATH_MAX >= PATH_MAX, "what realpath() may write");

static const char vault_name[] = "vault"; /* what makes a folder a profile */
static const char temp_name[] = "new.tmp";

static enum err
err_of(int error)
{
    switch (error) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case ELOOP:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    default:
        return ERR_DISK;
    }
}

/* The path without slashes at its end, behind which a link would be followed.
 */
static enum err
clean_path(const char *path, char out[static FOLDER_PATH_MAX])
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0 || len >= FOLDER_PATH_MAX)
        return ERR_USE;
    memcpy(out, path, len);
    out[len] = '\0';
    return ERR_OK;
}

static enum err
make_all(const char *path)
{
    char part[FOLDER_PATH_MAX];
    size_t len = strlen(path);

    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return err_of(errno);
    }
    return ERR_OK;
}

static bool
is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    size_t count = 0;

    if (d == NULL) {
        if (copy >= 0)
            close(copy);
        return false;
    }
    while (readdir(d) != NULL && count < 3)
        count++;
    closedir(d);
    return count <= 2; /* "." and ".." */
}

/* Closes a profile, or an empty folder that is to become one, to everybody
 * else; but not somebody's home that was named by mistake. */
static enum err
make_private(const struct folder *f, enum folder_want want)
{
    struct stat st;

    if (fstat(f->fd, &st) != 0)
        return ERR_DISK;
    if (st.st_uid != geteuid())
        return ERR_DENIED;
    if ((st.st_mode & 077) == 0 || want == FOLDER_LOOK)
        return ERR_OK;
    if (folder_has(f, vault_name) || is_empty(f->fd))
        return fchmod(f->fd, 0700) == 0 ? ERR_OK : err_of(errno);
    return want == FOLDER_CREATE ? ERR_DENIED : ERR_OK;
}

/* A file system that has no such locks still has SQLite's. */
static enum err
keep_others_out(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return ERR_OK;
    return ERR_BUSY;
}

/* SQLite is given a path, and refuses links anywhere in it. */
static enum err
real_path(struct folder *f)
{
    char real[FOLDER_PATH_MAX]; /* PATH_MAX */

    if (realpath(f->path, real) == NULL)
        return err_of(errno);
    if (strlen(real) + 32 >= sizeof real)
        return ERR_USE;
    memcpy(f->path, real, strlen(real) + 1);
    return ERR_OK;
}

enum err
folder_open(const char *path, enum folder_want want, struct folder *out)
{
    enum err e;

    out->fd = -1;
    e = clean_path(path, out->path);
    if (e == ERR_OK && want == FOLDER_CREATE)
        e = make_all(out->path);
    if (e != ERR_OK)
        return e;
    out->fd = open(out->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (out->fd < 0)
        return err_of(errno);
    e = make_private(out, want);
    if (e == ERR_OK && want != FOLDER_LOOK)
        e = keep_others_out(out->fd);
    if (e == ERR_OK)
        e = real_path(out);
    if (e != ERR_OK)
        folder_close(out);
    return e;
}

void
folder_close(struct folder *f)
{
    if (f->fd >= 0)
        close(f->fd); /* and lets others in */
    f->fd = -1;
}

bool
folder_has(const struct folder *f, const char *name)
{
    struct stat st;

    return fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* An ordinary file of ours, whose size is told. */
static enum err
open_own(
    const struct folder *f, const char *name, int how, int *fd, off_t *size)
{
    struct stat st;

    *fd = openat(f->fd, name, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return err_of(errno);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid()) {
        *size = st.st_size;
        return ERR_OK;
    }
    close(*fd);
    *fd = -1;
    return ERR_DENIED;
}

static enum err
write_all(int fd, struct bytes in)
{
    while (in.len > 0) {
        ssize_t n = write(fd, in.b, in.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_of(errno);
        in = bytes_slice(in, (size_t)n, in.len);
    }
    return ERR_OK;
}

static enum err
read_all(int fd, uint8_t *out, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, out, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_DISK;
        out += n;
        len -= (size_t)n;
    }
    return ERR_OK;
}

enum err
folder_read(const struct folder *f, const char *name, struct buf *out)
{
    uint8_t *space;
    off_t size;
    int fd;
    enum err e = open_own(f, name, O_RDONLY, &fd, &size);

    if (e != ERR_OK)
        return e;
    space = buf_space(out, (size_t)size);
    e = space != NULL ? read_all(fd, space, (size_t)size) : buf_end(out);
    close(fd);
    return e;
}

/* Random bytes over the whole file, on the disk before this returns. */
static enum err
overwrite(int fd, off_t size)
{
    uint8_t noise[512];
    enum err e = ERR_OK;

    if (lseek(fd, 0, SEEK_SET) != 0)
        return ERR_DISK;
    while (e == ERR_OK && size > 0) {
        size_t n = size < (off_t)sizeof noise ? (size_t)size : sizeof noise;

        random_bytes(noise, n);
        e = write_all(fd, (struct bytes){noise, n});
        size -= (off_t)n;
    }
    if (e == ERR_OK && fsync(fd) != 0)
        e = ERR_DISK;
    return e;
}

static enum err
write_temp(const struct folder *f, struct bytes content)
{
    enum err e;
    int fd;

    if (unlinkat(f->fd, temp_name, 0) != 0 && errno != ENOENT)
        return err_of(errno);
    fd = openat(f->fd, temp_name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_of(errno);
    e = write_all(fd, content);
    if (e == ERR_OK && fsync(fd) != 0)
        e = ERR_DISK;
    close(fd);
    return e;
}

enum err
folder_write(const struct folder *f, const char *name, struct bytes content)
{
    off_t old_size = 0;
    int old = -1;
    enum err e = open_own(f, name, O_WRONLY, &old, &old_size);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    e = write_temp(f, content);
    if (e == ERR_OK && renameat(f->fd, temp_name, f->fd, name) != 0)
        e = err_of(errno);
    if (e == ERR_OK && fsync(f->fd) != 0)
        e = ERR_DISK;
    if (e == ERR_OK && old >= 0)
        e = overwrite(old, old_size);
    if (e != ERR_OK)
        (void)unlinkat(f->fd, temp_name, 0); /* if it is there at all */
    if (old >= 0)
        close(old);
    return e;
}

enum err
folder_make(const struct folder *f, const char *name)
{
    int fd = openat(f->fd, name,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_of(errno);
    close(fd);
    return fsync(f->fd) == 0 ? ERR_OK : ERR_DISK;
}

enum err
folder_check(const struct folder *f, const char *name)
{
    off_t size;
    int fd;
    enum err e = open_own(f, name, O_RDONLY, &fd, &size);

    if (e != ERR_OK)
        return e;
    if (fchmod(fd, 0600) != 0)
        e = err_of(errno);
    close(fd);
    return e;
}

enum err
folder_remove(const struct folder *f, const char *name)
{
    if (unlinkat(f->fd, name, 0) != 0 && errno != ENOENT)
        return ERR_DISK;
    return fsync(f->fd) == 0 ? ERR_OK : ERR_DISK;
}

/* What is a link, or not ours, is removed but not written to. */
enum err
folder_destroy(const struct folder *f, const char *name)
{
    off_t size = 0;
    int fd = -1;
    enum err e = open_own(f, name, O_WRONLY, &fd, &size);

    if (e == ERR_OK) {
        e = overwrite(fd, size);
        close(fd);
    } else if (e == ERR_NOT_FOUND || e == ERR_DENIED) {
        e = ERR_OK;
    }
    if (folder_remove(f, name) != ERR_OK)
        e = ERR_DISK;
    return e;
}
