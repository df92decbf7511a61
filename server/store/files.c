/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names in the data folder, outside SQLite. */
#include "files.h"

#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool
file_path(char out[static SQLITE_PATH_MAX],
          const char *folder,
          const char *name)
{
    int n = snprintf(out, SQLITE_PATH_MAX, "%s/%s", folder, name);

    return n > 0 && n < SQLITE_PATH_MAX;
}

static enum err
disk_err(void)
{
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_FULL
                                                                : ERR_DISK;
}

enum err
file_folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced;

    if (fd < 0)
        return ERR_DISK;
    synced = fsync(fd) == 0;
    close(fd);
    return synced ? ERR_OK : ERR_DISK;
}

enum err
file_make(const char *path)
{
    int fd;

    if (unlink(path) != 0 && errno != ENOENT)
        return ERR_DISK;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return disk_err();
    close(fd);
    return ERR_OK;
}
