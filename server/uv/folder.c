/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small files, written so that a crash leaves the old or the new. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/files.h"
#include "base/mem.h"

enum { PATH_LEN = 4096 };

static const char key_file[] = "relay.key";

/* The folders above one's own. What root makes, others have to pass through:
 * the relay's user has its folder inside. */
static bool
make_above(char *path)
{
    bool root = geteuid() == 0;
    mode_t before = umask(root ? 022 : 077);
    bool made = true;

    for (char *p = path + 1; made && *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        made = mkdir(path, root ? 0755 : 0700) == 0 || errno == EEXIST;
        *p = '/';
    }
    (void)umask(before);
    return made;
}

bool
folder_denies(const char *folder)
{
    return geteuid() != 0 && access(folder, X_OK) != 0 && errno == EACCES;
}

bool
folder_is_open(const char *folder)
{
    struct stat st;

    return stat(folder, &st) == 0 && (st.st_mode & 077) != 0;
}

enum err
folder_make(const char *folder, bool *made)
{
    char path[PATH_LEN];
    int n = snprintf(path, sizeof path, "%s", folder);
    struct stat st;

    if (n < 1 || (size_t)n >= sizeof path)
        return ERR_DISK;
    *made = false;
    if (!make_above(path))
        return ERR_DISK;
    *made = mkdir(path, 0700) == 0;
    if (!*made && errno != EEXIST)
        return ERR_DISK;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode) ||
        access(path, R_OK | W_OK | X_OK) != 0)
        return ERR_DISK;
    return ERR_OK;
}

static bool
join(char out[static PATH_LEN], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_LEN, "%s/%s", folder, name);

    return n > 0 && n < PATH_LEN;
}

static enum err
read_file(const char *folder, const char *name, int how, struct buf *out)
{
    char path[PATH_LEN];
    uint8_t chunk[512];
    struct stat st;
    ssize_t n;
    int fd;

    if (!join(path, folder, name))
        return ERR_DISK;
    /* a device may have no end, and a pipe nobody who writes */
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | how);
    if (fd < 0 && errno == EACCES)
        return ERR_DENIED;
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_DISK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return ERR_DISK;
    }
    while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->err == ERR_OK)
        buf_append(out, (struct bytes){chunk, (size_t)n});
    mem_wipe(chunk, sizeof chunk);
    close(fd);
    return n < 0 ? ERR_DISK : buf_end(out);
}

enum err
folder_read(const char *folder, const char *name, struct buf *out)
{
    return read_file(folder, name, O_NOFOLLOW, out);
}

enum err
folder_read_theirs(const char *folder, const char *name, struct buf *out)
{
    return read_file(folder, name, 0, out);
}

bool
folder_has(const char *folder, const char *name)
{
    char path[PATH_LEN];
    struct stat st;

    return join(path, folder, name) && lstat(path, &st) == 0;
}

static bool
write_all(int fd, struct bytes content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.b, content.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        content = bytes_slice(content, (size_t)n, content.len);
    }
    return fsync(fd) == 0;
}

enum err
folder_write(const char *folder, const char *name, struct bytes content)
{
    char path[PATH_LEN];
    char fresh[PATH_LEN];
    bool written;
    int fd;

    if (!join(path, folder, name) ||
        snprintf(fresh, sizeof fresh, "%s/%s.new", folder, name) >= PATH_LEN)
        return ERR_DISK;
    (void)unlink(fresh); /* of a crash, or a link that somebody put there */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_DISK;
    written = write_all(fd, content);
    if (close(fd) != 0 || !written || rename(fresh, path) != 0) {
        (void)unlink(fresh);
        return ERR_DISK;
    }
    return file_folder_sync(folder);
}

enum err
folder_key(const char *folder, bool make, struct dh_secret *secret)
{
    struct buf in = buf_limited(DH_LEN);
    struct dh_public pub;
    enum err e;

    e = folder_read(folder, key_file, &in);
    if (e == ERR_NOT_FOUND && make) {
        dh_generate(secret, &pub);
        e = folder_write(folder, key_file, BYTES_OF(secret->b));
    } else if (e == ERR_OK && in.len == DH_LEN) {
        memcpy(secret->b, in.b, DH_LEN);
    } else if (e == ERR_OK || e == ERR_TOO_LARGE) {
        e = ERR_MALFORMED;
    }
    buf_free(&in);
    return e;
}
