/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A disk that hangs: while the file $SLOW_SYNC is there, fsync and fdatasync do
 * not come back. Loaded before the program under test. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) int fsync(int fd);
__attribute__((visibility("default"))) int fdatasync(int fd);

static void
hang(void)
{
    const char *file = getenv("SLOW_SYNC");
    struct stat st;

    for (int i = 0; i < 600 && file != NULL && stat(file, &st) == 0; i++)
        usleep(50 * 1000); /* half a minute at most */
}

int
fsync(int fd)
{
    hang();
    return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    hang();
    return (int)syscall(SYS_fdatasync, fd);
}
