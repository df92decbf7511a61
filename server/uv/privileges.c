/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* setresuid(2) and its relatives; capset(2) without a library, for one bit. */
#include "privileges.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRY_MAX = 4096 };

enum err
privileges_find(const char *name, uid_t *uid, gid_t *gid)
{
    char text[ENTRY_MAX];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwnam_r(name, &entry, text, sizeof text, &found) != 0 ||
        found == NULL)
        return ERR_NOT_FOUND;
    *uid = found->pw_uid;
    if (gid != NULL)
        *gid = found->pw_gid;
    return ERR_OK;
}

/* A folder of root's, and the plain files in it, become the user's. */
static enum err
give(const char *folder, uid_t uid, gid_t gid)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    DIR *d;

    if (fd < 0)
        return ERR_NOT_FOUND;
    if (fstat(fd, &st) != 0 || st.st_uid != 0) {
        (void)close(fd);
        return ERR_OK;
    }
    d = fdopendir(fd);
    if (d == NULL) {
        (void)close(fd);
        return ERR_MEMORY;
    }
    for (struct dirent *at = readdir(d); at != NULL; at = readdir(d)) {
        if (fstatat(fd, at->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && st.st_nlink == 1 &&
            fchownat(fd, at->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
            break;
    }
    if (fchown(fd, uid, gid) != 0) {
        (void)closedir(d);
        return ERR_DENIED;
    }
    (void)closedir(d);
    return ERR_OK;
}

static enum err
hand_over(int folder, const char *name, const struct stat *to)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    enum err e = ERR_DENIED;

    if (fd < 0)
        return ERR_NOT_FOUND;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
        fchown(fd, to->st_uid, to->st_gid) == 0)
        e = ERR_OK;
    (void)close(fd);
    return e;
}

enum err
privileges_hand_over(const char *folder, const char *const *names)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    enum err e = ERR_OK;

    if (fd < 0)
        return ERR_NOT_FOUND;
    if (fstat(fd, &st) != 0)
        e = ERR_DENIED;
    else if (geteuid() == 0 && st.st_uid != 0)
        for (; e == ERR_OK && *names != NULL; names++)
            e = hand_over(fd, *names, &st);
    (void)close(fd);
    return e;
}

/* Keeps these capabilities and no others. */
static enum err
keep(uint32_t bits)
{
    struct __user_cap_header_struct head = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {
        {.effective = bits, .permitted = bits}};

    return syscall(SYS_capset, &head, sets) == 0 ? ERR_OK : ERR_DENIED;
}

/* Leaving root cannot be undone: that is tried, too. */
static enum err
become(uid_t uid, gid_t gid)
{
    enum err e;

    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
        prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return ERR_DENIED;
    e = keep(1U << CAP_NET_BIND_SERVICE);
    if (e != ERR_OK)
        return e;
    return setuid(0) == 0 || geteuid() != uid ? ERR_DENIED : ERR_OK;
}

enum err
privileges_drop(const char *user, const char *folder, bool *root)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    struct stat st;
    enum err e;

    *root = false;
    if (user[0] != '\0') {
        e = privileges_find(user, &uid, &gid);
        if (e != ERR_OK)
            return e;
        if (geteuid() != 0)
            return uid == geteuid() ? ERR_OK : ERR_DENIED;
        e = give(folder, uid, gid);
        if (e != ERR_OK)
            return e;
    } else {
        if (uid != 0)
            return ERR_OK;
        if (stat(folder, &st) != 0)
            return ERR_NOT_FOUND;
        uid = st.st_uid;
        gid = st.st_gid;
    }
    *root = uid == 0;
    return *root ? ERR_OK : become(uid, gid);
}

/* A service manager that left none forbids capset(2), too. */
enum err
privileges_seal(void)
{
    struct __user_cap_header_struct head = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[2] = {{.permitted = 0}};

    if (syscall(SYS_capget, &head, has) != 0)
        return ERR_DENIED;
    if ((has[0].permitted | has[1].permitted | has[0].effective |
         has[1].effective | has[0].inheritable | has[1].inheritable) == 0)
        return ERR_OK;
    return keep(0);
}
