/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be seen on this machine alone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "crypto/secret.h"

#include "doctor.h"
#include "folder.h"
#include "harden.h"
#include "privileges.h"
#include "start.h"

enum {
    MIB_SHIFT = 20,
    FREE_LOW_MIB = 64,
    MEMLOCK_LOW = 64 * 1024, /* bytes, for the key's page and its guards */
    YEAR_S = 31556952,
    YEAR_FIRST = 2026, /* the program is not older */
    YEAR_LAST = 2100
};

/* Without one there is nothing to say: what is built in can be read. */
void
doctor_page(struct doctor *d)
{
    struct buf page = buf_limited(START_PAGE_MAX);
    const char *file = d->config->page_file;

    if (file[0] == '\0')
        return;
    if (start_page_read(d->config, &page) == ERR_OK)
        doctor_say(d, "page", DOCTOR_OK, NULL, "%s can be read by who asks",
                   file);
    else
        doctor_say(d, "page", DOCTOR_WRONG, "see the key web-page",
                   "%s cannot be read, or is larger than 1 MiB", file);
    buf_free(&page);
}

/* Says what does not belong to whom the relay will be; only root can see to it,
 * and what root owns in a folder of root's is given to the key user. */
static bool
owners_fit(struct doctor *d, const struct stat *folder)
{
    static const char *const names[] = {"relay.db", "relay.db-wal", "relay.key",
                                        FOLDER_ADDRESS_FILE, "ballast"};
    const struct config *c = d->config;
    uid_t uid = folder->st_uid;
    char path[CONFIG_PATH_MAX + 32];
    struct stat st;

    if (geteuid() == 0 && c->user[0] != '\0') {
        if (privileges_find(c->user, &uid, NULL) != ERR_OK) {
            doctor_say(d, "folder", DOCTOR_WRONG, "see the key user",
                       "this system has no user %s", c->user);
            return false;
        }
        if (folder->st_uid == 0)
            return true;
        if (folder->st_uid != uid) {
            doctor_say(d, "folder", DOCTOR_WRONG,
                       "chown -R it, or see the key user",
                       "%s does not belong to %s", c->data, c->user);
            return false;
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", c->data, names[i]);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && uid != 0 &&
            st.st_uid != uid) {
            doctor_say(d, "folder", DOCTOR_WRONG,
                       "chown it to the user who owns the folder",
                       "%s belongs to somebody else, so the relay cannot use "
                       "it",
                       path);
            return false;
        }
    }
    return true;
}

static void
look_into(struct doctor *d, const struct stat *st)
{
    const char *folder = d->config->data;
    bool fits = (st->st_mode & 0777) == 0700;

    if (!fits)
        doctor_say(d, "folder", DOCTOR_WRONG, "chmod 0700 it",
                   (st->st_mode & 077) != 0
                       ? "others may look into %s (mode %03o)"
                       : "its own user may not use %s (mode %03o)",
                   folder, (unsigned)st->st_mode & 0777);
    if (d->foreign)
        doctor_say(d, "folder", DOCTOR_WRONG,
                   "run this as the relay's user or as root",
                   "%s belongs to somebody else", folder);
    else if (owners_fit(d, st) && fits)
        doctor_say(d, "folder", DOCTOR_OK, NULL, "%s", folder);
}

void
doctor_folder(struct doctor *d)
{
    const char *folder = d->config->data;
    struct stat st;
    bool there = stat(folder, &st) == 0;

    d->foreign =
        there ? geteuid() != 0 && st.st_uid != geteuid() : errno == EACCES;
    if (!there)
        doctor_say(d, "folder", errno == ENOENT ? DOCTOR_WARNING : DOCTOR_WRONG,
                   errno == ENOENT ? "the first start makes it"
                                   : "see who may enter the folders above it",
                   "%s: %s", folder, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        doctor_say(d, "folder", DOCTOR_WRONG, "name a folder with --data",
                   "%s is no folder", folder);
    else
        look_into(d, &st);
}

static bool
others_read_key(const struct config *c)
{
    char path[CONFIG_PATH_MAX + 32];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/relay.key", c->data);
    return lstat(path, &st) == 0 && (st.st_mode & 077) != 0;
}

void
doctor_key(struct doctor *d)
{
    struct dh_secret *key = secret_new(sizeof *key);
    enum err e =
        key == NULL ? ERR_MEMORY : folder_key(d->config->data, false, key);

    secret_free(key);
    if (e == ERR_OK && others_read_key(d->config))
        doctor_say(d, "key", DOCTOR_WRONG,
                   "chmod 0600 it; if somebody may have copied it, begin anew "
                   "in an empty folder",
                   "others may read relay.key");
    else if (e == ERR_OK)
        doctor_say(d, "key", DOCTOR_OK, NULL, "it can be read");
    else if (e == ERR_NOT_FOUND && d->running)
        doctor_say(d, "key", DOCTOR_WRONG,
                   "make a backup now: the running relay still has it",
                   "there is none");
    else if (e == ERR_NOT_FOUND && d->used)
        doctor_say(d, "key", DOCTOR_WRONG,
                   "put relay.key back; a backup restored into an empty folder "
                   "has it",
                   "it is gone, and the relay does not start without it");
    else if (e == ERR_NOT_FOUND)
        doctor_say(d, "key", DOCTOR_WARNING, "the first start makes it",
                   "there is none");
    else
        doctor_say(d, "key", DOCTOR_WRONG,
                   "restore it from a backup: without it every link is void",
                   "relay.key is damaged or cannot be read");
}

/* As the relay would say at its start (start_store()). */
static const char *
way_out(enum err e)
{
    switch ((int)e) {
    case ERR_FULL:
        return "the disk has no room: free some, or get more; nothing is lost";
    case ERR_DISK:
        return "see who owns the folder and the files in it, and whether the "
               "disk can be read";
    case ERR_UNSUPPORTED:
        return "it is of a later version, or no relay's (R012): install that "
               "version, or look at what is in the folder";
    case ERR_DENIED:
        return "relay.db-wal is missing or another's (R016): put the right one "
               "there, or restore a backup into an empty folder";
    case ERR_CONFLICT:
        return "a restore did not come to its end (R017): restore again";
    case ERR_EXISTS:
        return "a link, or no plain file, has the name of one of the relay's "
               "(R018): put the file itself there";
    case ERR_MEMORY:
        return "there is not enough memory to look";
    default:
        return "it is damaged (R013): restore a backup into an empty folder";
    }
}

/* Opens it as what-i-know does, unless the running relay has it. */
void
doctor_database(struct doctor *d)
{
    const struct config *c = d->config;
    struct store_sqlite_config sc = {.folder = c->data, .read_only = true};
    struct store *store = NULL;
    enum err e;
    uint64_t hour = (uint64_t)time(NULL) / 3600;

    if (d->running && d->damaged > 0) {
        doctor_say(d, "database", DOCTOR_WRONG,
                   "see the kernel's log; the disk may be failing",
                   "the running relay has met damaged rows: %" PRIu64,
                   d->damaged);
        return;
    }
    if (d->running) {
        doctor_say(d, "database", DOCTOR_OK, NULL,
                   "in use by the running relay");
        return;
    }
    start_quota(c, &sc.quota);
    e = store_open_sqlite(&sc, &store);
    d->used = start_is_used(c, store);
    if (e == ERR_OK) {
        uint64_t sweep = store_sweep_hour(store);

        d->clock_behind_h = sweep > hour ? sweep - hour : 0;
        doctor_say(d, "database", DOCTOR_OK, NULL, "it can be opened");
    } else if (e == ERR_NOT_FOUND) {
        doctor_say(d, "database", DOCTOR_WARNING, "the first start makes it",
                   "there is none");
    } else if (e == ERR_BUSY) {
        doctor_say(d, "database", DOCTOR_WRONG,
                   "stop that one, or name its control socket with --control",
                   "another process has it");
    } else {
        doctor_say(d, "database", DOCTOR_WRONG, way_out(e),
                   "it cannot be opened (%s)", err_name(e));
    }
    store_close(store);
}

/* The folder above; "." above a name alone. */
static void
go_up(char path[static CONFIG_PATH_MAX])
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    path[len] = '\0';
    if (len == 0)
        (void)snprintf(path, CONFIG_PATH_MAX, ".");
}

/* The file system that has the folder, or will have it once it is made: that of
 * the nearest folder above it, whose path is left in place. */
static bool
look_at_disk(char place[static CONFIG_PATH_MAX], struct statvfs *v)
{
    while (statvfs(place, v) != 0) {
        if (errno != ENOENT || strcmp(place, ".") == 0 ||
            strcmp(place, "/") == 0)
            return false;
        go_up(place);
    }
    return true;
}

void
doctor_disk(struct doctor *d)
{
    const struct config *c = d->config;
    char place[CONFIG_PATH_MAX];
    char path[CONFIG_PATH_MAX + 32];
    char made[2 * CONFIG_PATH_MAX + 32] = "";
    struct statvfs v;
    struct stat st;
    uint64_t free_mib;
    uint64_t used_mib = 0;
    uint64_t want = c->space_mib + c->ballast_mib;

    (void)snprintf(place, sizeof place, "%s", c->data);
    if (!look_at_disk(place, &v)) {
        doctor_say(d, "disk", DOCTOR_WARNING, "see the folder above",
                   "it cannot be looked at: %s", strerror(errno));
        return;
    }
    if (strcmp(place, c->data) != 0)
        (void)snprintf(made, sizeof made, " at %s, where %s will be made",
                       place, c->data);
    (void)snprintf(path, sizeof path, "%s/relay.db", c->data);
    if (stat(path, &st) == 0)
        used_mib = (uint64_t)st.st_size >> MIB_SHIFT;
    free_mib = (uint64_t)v.f_bavail * v.f_frsize >> MIB_SHIFT;
    if (free_mib < FREE_LOW_MIB)
        doctor_say(d, "disk", DOCTOR_WRONG, "free some, or get more",
                   "only %" PRIu64 " MiB are free%s", free_mib, made);
    else if (free_mib + used_mib < want)
        doctor_say(d, "disk", DOCTOR_WARNING,
                   "set space-mib lower, or get more disk",
                   "%" PRIu64 " MiB are free%s, %" PRIu64
                   " used, but the relay may use %" PRIu64 " MiB",
                   free_mib, made, used_mib, want);
    else
        doctor_say(d, "disk", DOCTOR_OK, NULL,
                   "%" PRIu64 " MiB are free%s, %" PRIu64 " of at most %" PRIu64
                   " MiB used",
                   free_mib, made, used_mib, want);
}

void
doctor_clock(struct doctor *d)
{
    struct timex t = {.modes = 0};
    time_t now = time(NULL);
    long year = 1970 + (long)(now / YEAR_S);
    int state = adjtimex(&t);

    if (year < YEAR_FIRST || year > YEAR_LAST)
        doctor_say(d, "clock", DOCTOR_WRONG, "set the clock",
                   "it says that this is the year %ld", year);
    else if (d->clock_behind_h > 1)
        doctor_say(d, "clock", DOCTOR_WRONG, "set the clock: nothing expires",
                   "it is %" PRIu64 " hours behind the last clearing out",
                   d->clock_behind_h);
    else if (d->clock_ahead_h > 24)
        doctor_say(d, "clock", DOCTOR_WARNING,
                   "if it is wrong set it now, else the relay follows by a day "
                   "each hour",
                   "it is %" PRIu64 " hours ahead of the last clearing out",
                   d->clock_ahead_h);
    else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        doctor_say(d, "clock", DOCTOR_WARNING,
                   "install a time service, such as systemd-timesyncd",
                   "nothing keeps it in step");
    else
        doctor_say(d, "clock", DOCTOR_OK, NULL, "it is kept in step");
}

void
doctor_limits(struct doctor *d)
{
    const uint64_t need = d->config->connections + HARDEN_DESCRIPTORS_OWN;
    struct rlimit files = {0};
    struct rlimit memory = {0};

    (void)getrlimit(RLIMIT_NOFILE, &files);
    (void)getrlimit(RLIMIT_MEMLOCK, &memory);
    if (files.rlim_max < HARDEN_DESCRIPTORS_MIN)
        doctor_say(d, "limits", DOCTOR_WRONG,
                   "raise LimitNOFILE= in the unit, or ulimit -Hn in the shell",
                   "%" PRIu64 " descriptors are allowed here, and a relay does "
                   "not start with fewer than %d",
                   (uint64_t)files.rlim_max, (int)HARDEN_DESCRIPTORS_MIN);
    else if (files.rlim_max < need)
        doctor_say(d, "limits", DOCTOR_WARNING,
                   "raise LimitNOFILE (ulimit -Hn), or set connections lower",
                   "%" PRIu64 " descriptors are allowed here, %" PRIu64
                   " connections need %" PRIu64,
                   (uint64_t)files.rlim_max, d->config->connections, need);
    else if (memory.rlim_cur < MEMLOCK_LOW)
        doctor_say(d, "limits", DOCTOR_WARNING,
                   "raise LimitMEMLOCK (ulimit -l) to 64 KiB",
                   "the key cannot be kept out of the swap file");
    else
        doctor_say(
            d, "limits", DOCTOR_OK, NULL,
            "descriptors and locked memory suffice, as seen by who asks");
}
