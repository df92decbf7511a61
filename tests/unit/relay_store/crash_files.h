/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The disk of crash_vfs.h under what our own code does with files, beside
 * SQLite: the linker puts these functions in the place of the system's
 * (--wrap), so the code is the program's own and knows nothing of it.
 *
 * While it is on, all that lies in a folder of a bench is on that disk; any
 * other file is the system's. */
#ifndef RELAY_STORE_CRASH_FILES_H
#define RELAY_STORE_CRASH_FILES_H

#include "crash_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
    CRASH_FD_FIRST = 1 << 20, /* the system has none of these numbers */
    CRASH_FDS = 16
};

struct crash_fd {
    struct crash_disk *disk; /* NULL: free */
    unsigned file;           /* CRASH_FILES: a folder */
    unsigned name;           /* any in that folder */
    size_t at;
};

static struct crash_fd crash_fds[CRASH_FDS];
static bool crash_files_on;

/* Each is named twice: as the system's, and as what stands in for it. */
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *out, size_t len);
ssize_t __real_write(int fd, const void *b, size_t len);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_access(const char *path, int how);
int __real_stat(const char *path, struct stat *out);
int __real_lstat(const char *path, struct stat *out);
int __real_fstat(int fd, struct stat *out);
int __real_posix_fallocate(int fd, off_t from, off_t len);
int __real_statvfs(const char *path, struct statvfs *out);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *out, size_t len);
ssize_t __wrap_write(int fd, const void *b, size_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_access(const char *path, int how);
int __wrap_stat(const char *path, struct stat *out);
int __wrap_lstat(const char *path, struct stat *out);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_posix_fallocate(int fd, off_t from, off_t len);
int __wrap_statvfs(const char *path, struct statvfs *out);

/* In the folder of a bench, or that folder. */
static inline bool
crash_is_ours(const char *path)
{
    static const char start[] = "/tmp/pristan-store-";

    return crash_files_on && strncmp(path, start, sizeof start - 1) == 0;
}

static inline bool
crash_is_folder(const char *path)
{
    return strchr(path + sizeof "/tmp/", '/') == NULL;
}

static inline struct crash_fd *
crash_fd_of(int fd)
{
    return fd < CRASH_FD_FIRST || fd >= CRASH_FD_FIRST + CRASH_FDS
               ? NULL
               : &crash_fds[fd - CRASH_FD_FIRST];
}

static inline int
crash_fail(int error)
{
    errno = error;
    return -1;
}

static inline int
crash_fd_new(unsigned file, unsigned name)
{
    for (int i = 0; i < CRASH_FDS; i++)
        if (crash_fds[i].disk == NULL) {
            crash_fds[i] = (struct crash_fd){
                .disk = crash_disk, .file = file, .name = name};
            return CRASH_FD_FIRST + i;
        }
    return crash_fail(EMFILE);
}

static inline int
crash_open_folder(const char *path)
{
    char inside[CRASH_NAME];

    /* any name does */
    (void)snprintf(inside, sizeof inside, "%s/relay.db", path);
    return crash_fd_new(CRASH_FILES, crash_name_of(crash_disk, inside));
}

int
__wrap_open(const char *path, int flags, ...)
{
    unsigned mode = 0;
    unsigned file;
    va_list args;

    if ((flags & O_CREAT) != 0) {
        va_start(args, flags);
        mode = va_arg(args, unsigned);
        va_end(args);
    }
    if (!crash_is_ours(path))
        return __real_open(path, flags, mode);
    if (crash_is_folder(path))
        return crash_open_folder(path);
    file = crash_find(crash_disk, path);
    if (file != CRASH_FILES && (flags & O_EXCL) != 0)
        return crash_fail(EEXIST);
    if (file == CRASH_FILES && (flags & O_CREAT) == 0)
        return crash_fail(ENOENT);
    if (file == CRASH_FILES)
        file = crash_create(crash_disk, path, false);
    else if ((flags & O_TRUNC) != 0)
        crash_resize(crash_disk, file, 0);
    return crash_fd_new(file, crash_name_of(crash_disk, path));
}

int
__wrap_close(int fd)
{
    struct crash_fd *f = crash_fd_of(fd);

    if (f == NULL)
        return __real_close(fd);
    *f = (struct crash_fd){0};
    return 0;
}

ssize_t
__wrap_read(int fd, void *out, size_t len)
{
    struct crash_fd *f = crash_fd_of(fd);
    const struct crash_file *cf;

    if (f == NULL)
        return __real_read(fd, out, len);
    cf = &f->disk->files[f->file];
    if (f->at >= cf->len)
        return 0;
    if (len > cf->len - f->at)
        len = cf->len - f->at;
    memcpy(out, cf->b + f->at, len);
    f->at += len;
    return (ssize_t)len;
}

/* Never more than a page at once, as a system may. */
ssize_t
__wrap_write(int fd, const void *b, size_t len)
{
    struct crash_fd *f = crash_fd_of(fd);

    if (f == NULL)
        return __real_write(fd, b, len);
    if (len > 4096)
        len = 4096;
    crash_write_at(f->disk, f->file, b, len, f->at);
    f->at += len;
    return (ssize_t)len;
}

int
__wrap_fsync(int fd)
{
    struct crash_fd *f = crash_fd_of(fd);

    if (f == NULL)
        return __real_fsync(fd);
    if (f->file == CRASH_FILES)
        crash_sync_folder(f->disk, f->name);
    else if (!f->disk->lie_file)
        crash_note(f->disk,
                   (struct crash_step){.kind = CRASH_SYNC, .file = f->file});
    return 0;
}

int
__wrap_fdatasync(int fd)
{
    return crash_fd_of(fd) == NULL ? __real_fdatasync(fd) : __wrap_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
    unsigned a;
    unsigned b;

    if (!crash_is_ours(from))
        return __real_rename(from, to);
    a = crash_name_of(crash_disk, from);
    b = crash_name_of(crash_disk, to);
    if (crash_disk->names[a].file == CRASH_FILES)
        return crash_fail(ENOENT);
    crash_note(crash_disk,
               (struct crash_step){.kind = CRASH_RENAME,
                                   .file = crash_disk->names[a].file,
                                   .name = a,
                                   .to = b});
    crash_disk->names[b].file = crash_disk->names[a].file;
    crash_disk->names[a].file = CRASH_FILES;
    return 0;
}

int
__wrap_unlink(const char *path)
{
    if (!crash_is_ours(path))
        return __real_unlink(path);
    return crash_remove(crash_disk, path) ? 0 : crash_fail(ENOENT);
}

int
__wrap_access(const char *path, int how)
{
    if (!crash_is_ours(path) || crash_is_folder(path))
        return __real_access(path, how);
    return crash_find(crash_disk, path) != CRASH_FILES ? 0 : crash_fail(ENOENT);
}

static inline int
crash_stat(unsigned file, struct stat *out)
{
    if (file == CRASH_FILES)
        return crash_fail(ENOENT);
    *out = (struct stat){.st_mode = S_IFREG | 0600,
                         .st_nlink = 1,
                         .st_mtime = time(NULL),
                         .st_size = (off_t)crash_disk->files[file].len};
    return 0;
}

int
__wrap_stat(const char *path, struct stat *out)
{
    if (!crash_is_ours(path) || crash_is_folder(path))
        return __real_stat(path, out);
    return crash_stat(crash_find(crash_disk, path), out);
}

int
__wrap_lstat(const char *path, struct stat *out)
{
    if (!crash_is_ours(path) || crash_is_folder(path))
        return __real_lstat(path, out);
    return crash_stat(crash_find(crash_disk, path), out);
}

int
__wrap_fstat(int fd, struct stat *out)
{
    struct crash_fd *f = crash_fd_of(fd);

    return f == NULL ? __real_fstat(fd, out) : crash_stat(f->file, out);
}

int
__wrap_posix_fallocate(int fd, off_t from, off_t len)
{
    struct crash_fd *f = crash_fd_of(fd);

    if (f == NULL)
        return __real_posix_fallocate(fd, from, len);
    crash_resize(f->disk, f->file, (size_t)(from + len));
    return 0;
}

/* There is always room. */
int
__wrap_statvfs(const char *path, struct statvfs *out)
{
    if (!crash_is_ours(path))
        return __real_statvfs(path, out);
    *out = (struct statvfs){
        .f_bsize = 4096, .f_frsize = 4096, .f_bavail = 1U << 20};
    return 0;
}

#endif
