/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* landlock(7). glibc has no functions for it, Debian 12's headers end at
 * version 2; what later kernels know besides stands here. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"
#include "sanitized.h"

enum {
    RIGHT_REFER = 1 << 13,    /* version 2 */
    RIGHT_TRUNCATE = 1 << 14, /* version 3 */
    RIGHT_IOCTL = 1 << 15,    /* version 5 */

    RIGHTS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    RIGHTS_WRITE = RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |
                   LANDLOCK_ACCESS_FS_REMOVE_FILE |
                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                   RIGHT_TRUNCATE,
    RIGHTS_OF_FILE = LANDLOCK_ACCESS_FS_READ_FILE,

    NET_CONNECT = 2 /* of TCP; version 4 */
};

/* struct landlock_ruleset_attr as of version 4. */
struct ruleset {
    uint64_t files;
    uint64_t net;
};

/* All rights that this version can take away. */
static uint64_t
rights_of(long version)
{
    uint64_t all = RIGHT_REFER - 1; /* the 13 of version 1 */

    if (version >= 2)
        all |= RIGHT_REFER;
    if (version >= 3)
        all |= RIGHT_TRUNCATE;
    if (version >= 5)
        all |= RIGHT_IOCTL;
    return all;
}

static enum err
allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    struct stat st;
    enum err e = ERR_OK;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return ERR_NOT_FOUND;
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= RIGHTS_OF_FILE;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                &rule, 0) != 0)
        e = ERR_DENIED;
    (void)close(rule.parent_fd);
    return e;
}

static enum err
add_rules(int ruleset, const struct sandbox *s, uint64_t handled)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < s->write_count; i++)
        e = allow(ruleset, s->writes[i], RIGHTS_WRITE & handled);
    for (size_t i = 0; e == ERR_OK && i < s->read_count; i++) {
        e = allow(ruleset, s->reads[i], RIGHTS_READ & handled);
        if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    return e;
}

enum err
landlock_enter(const struct sandbox *s, bool *in_force)
{
    struct ruleset all = {0};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
    enum err e;
    int fd;

    *in_force = false;
    if (SANITIZED || version < 1)
        return ERR_OK;
    all.files = rights_of(version);
    all.net = version >= 4 ? NET_CONNECT : 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &all,
                      version >= 4 ? sizeof all : sizeof all.files, 0);
    if (fd < 0)
        return ERR_DENIED;
    e = add_rules(fd, s, all.files);
    if (e == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        e = ERR_DENIED;
    (void)close(fd);
    *in_force = e == ERR_OK;
    return e;
}
