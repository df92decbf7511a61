/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small, failing disk under a real program, without a mount of its own:
 * preloaded, it stands before the C library's writes and syncs.
 *
 * In the folder that FAULTS names, what the program keeps there may grow to as
 * many bytes as the file faults.limit says; writes beyond that fail as on a
 * full disk. When there is a file faults.sync, the next sync fails, once: of
 * any file, or of the one whose path it holds, in that folder or absolute. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_LEN = 512 };

typedef ssize_t writer(int fd, const void *b, size_t len, off_t at);
typedef int syncer(int fd);

static bool
path_of(char out[static PATH_LEN], const char *name)
{
    const char *folder = getenv("FAULTS");

    return folder != NULL &&
           snprintf(out, PATH_LEN, "%s/%s", folder, name) < PATH_LEN;
}

static long long
size_of(const char *name)
{
    char path[PATH_LEN];
    struct stat st;

    return path_of(path, name) && stat(path, &st) == 0 ? (long long)st.st_size
                                                       : 0;
}

/* What a file of ours says; false: there is none. */
static bool
order(const char *file, char text[static PATH_LEN])
{
    char path[PATH_LEN];
    ssize_t n;
    int fd;

    if (!path_of(path, file))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, PATH_LEN - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
    return true;
}

/* Bytes that are left; false: there is no limit. */
static bool
room_left(long long *out)
{
    static const char *const kept[] = {"relay.db",     "relay.db-wal",
                                       "ballast",      "relay.backup",
                                       "relay.db.new", "relay.backup.new"};
    char text[PATH_LEN];

    if (!order("faults.limit", text))
        return false;
    *out = atoll(text);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        *out -= size_of(kept[i]);
    return true;
}

/* Whether a file may end there. */
static bool
fits(int fd, long long end)
{
    struct stat st;
    long long room;

    return fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || end <= st.st_size ||
           !room_left(&room) || end - (long long)st.st_size <= room;
}

/* ISO C does not convert what dlsym gives; POSIX says that this works. */
static void
find(const char *name, void *out)
{
    *(void **)out = dlsym(RTLD_NEXT, name);
    if (*(void **)out == NULL)
        abort();
}

static ssize_t
do_write(const char *name, int fd, const void *b, size_t len, off_t at)
{
    writer *real;

    if (!fits(fd, (long long)at + (long long)len)) {
        errno = ENOSPC;
        return -1;
    }
    find(name, &real);
    return real(fd, b, len, at);
}

ssize_t pwrite(int fd, const void *b, size_t len, off_t at);
ssize_t pwrite64(int fd, const void *b, size_t len, off_t at);
int fsync(int fd);
int fdatasync(int fd);
int posix_fallocate(int fd, off_t from, off_t len);
int statvfs(const char *path, struct statvfs *out);

ssize_t
pwrite(int fd, const void *b, size_t len, off_t at)
{
    return do_write("pwrite", fd, b, len, at);
}

ssize_t
pwrite64(int fd, const void *b, size_t len, off_t at)
{
    return do_write("pwrite64", fd, b, len, at);
}

/* Whether it is this file's sync that is to fail. */
static bool
is_meant(int fd)
{
    char name[PATH_LEN];
    char path[PATH_LEN];
    struct stat meant;
    struct stat st;

    if (!order("faults.sync", name))
        return false;
    if (name[0] == '\0')
        return true;
    if (name[0] != '/' && !path_of(path, name))
        return false;
    return stat(name[0] == '/' ? name : path, &meant) == 0 &&
           fstat(fd, &st) == 0 && st.st_dev == meant.st_dev &&
           st.st_ino == meant.st_ino;
}

static int
do_sync(const char *name, int fd)
{
    char path[PATH_LEN];
    syncer *real;

    if (is_meant(fd) && path_of(path, "faults.sync") && unlink(path) == 0) {
        errno = EIO;
        return -1;
    }
    find(name, &real);
    return real(fd);
}

int
fsync(int fd)
{
    return do_sync("fsync", fd);
}

int
fdatasync(int fd)
{
    return do_sync("fdatasync", fd);
}

int
posix_fallocate(int fd, off_t from, off_t len)
{
    int (*real)(int, off_t, off_t);

    if (!fits(fd, (long long)from + (long long)len))
        return ENOSPC;
    find("posix_fallocate", &real);
    return real(fd, from, len);
}

int
statvfs(const char *path, struct statvfs *out)
{
    int (*real)(const char *, struct statvfs *);
    long long room;
    int rc;

    find("statvfs", &real);
    rc = real(path, out);
    if (rc == 0 && room_left(&room))
        out->f_bavail = room < 0 ? 0 : (unsigned long long)room / out->f_frsize;
    return rc;
}
