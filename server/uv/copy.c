/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* backup and restore: the whole relay, its key too, as one file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/secret.h"

#include "../store/backup.h"
#include "../store/files.h"
#include "../store/job.h"
#include "ask.h"
#include "command.h"
#include "exit.h"
#include "folder.h"
#include "held.h"
#include "privileges.h"
#include "start.h"

enum {
    PART_LEN = 64 * 1024,
    PATH_LEN = CONFIG_PATH_MAX + 32,
    PATIENCE_MS = 60000
};

/* Where the bytes of a copy come from: a running relay, or a file. */
struct source {
    struct ask *ask; /* NULL: fd */
    int fd;
    const struct held *held;
};

/* Where they go: FILE.part until all are there, or standard output. */
struct target {
    int fd;
    char path[PATH_LEN]; /* empty: standard output */
    char part[PATH_LEN];
};

static int
cannot(const char *what, int exit_code)
{
    char text[PATH_LEN + 128];

    (void)snprintf(text, sizeof text, "%s: %s", what, strerror(errno));
    log_line(LOG_COPY_FAILED, text, 0);
    return exit_code;
}

/* A device, a pipe or a link is not given away for a file, as rename would. */
static bool
may_replace(const char *file)
{
    struct stat st;

    return lstat(file, &st) != 0 || S_ISREG(st.st_mode);
}

/* The part is made anew: one that is there may be another's, who would read
 * the key in it. */
static int
open_target(const char *file, struct target *t)
{
    *t = (struct target){.fd = STDOUT_FILENO};
    if (strcmp(file, "-") == 0)
        return EXIT_OK;
    if (strlen(file) >= CONFIG_PATH_MAX) {
        errno = ENAMETOOLONG;
        return cannot(file, EXIT_CREATE);
    }
    if (!may_replace(file)) {
        errno = EEXIST;
        return cannot(file, EXIT_CREATE);
    }
    (void)snprintf(t->path, sizeof t->path, "%s", file);
    (void)snprintf(t->part, sizeof t->part, "%s.part", file);
    (void)unlink(t->part);
    t->fd = open(t->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return t->fd >= 0 ? EXIT_OK : cannot(t->part, EXIT_CREATE);
}

/* The name is durable when its folder is. */
static int
sync_folder_of(struct target *t)
{
    char *slash = strrchr(t->part, '/');

    if (slash == NULL)
        (void)snprintf(t->part, sizeof t->part, ".");
    else
        slash[slash == t->part] = '\0';
    return file_folder_sync(t->part) == ERR_OK ? EXIT_OK
                                               : cannot(t->part, EXIT_DISK);
}

/* A file behind standard output is synced; a pipe or a terminal cannot be. */
static int
end_output(int code)
{
    if (code == EXIT_OK && fsync(STDOUT_FILENO) != 0 && errno != EINVAL &&
        errno != EROFS)
        code = cannot("-", EXIT_DISK);
    return code;
}

static int
close_target(struct target *t, int code)
{
    if (t->path[0] == '\0')
        return end_output(code);
    if (t->fd < 0)
        return code;
    if (code == EXIT_OK && fsync(t->fd) != 0)
        code = cannot(t->part, EXIT_DISK);
    if (close(t->fd) != 0 && code == EXIT_OK)
        code = cannot(t->part, EXIT_DISK);
    if (code == EXIT_OK && rename(t->part, t->path) != 0)
        code = cannot(t->path, EXIT_CREATE);
    if (code != EXIT_OK)
        (void)unlink(t->part);
    return code == EXIT_OK ? sync_folder_of(t) : code;
}

static bool
write_all(int fd, const uint8_t *b, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, b, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        b += n;
        len -= (size_t)n;
    }
    return true;
}

static ssize_t
read_part(const struct source *s, uint8_t *out, size_t size)
{
    ssize_t n;

    if (s->ask != NULL)
        return ask_read(s->ask, out, size);
    do {
        n = read(s->fd, out, size);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* A running relay that says nothing is given up in time by ask_read(). */
static bool
stops(const struct source *s)
{
    if (s->ask == NULL)
        return held_stops(s->held, s->fd, -1);
    if (s->ask->left == 0)
        return held_stops(s->held, -1, 0); /* all is here */
    return held_stops(s->held, s->ask->fd, PATIENCE_MS);
}

/* All of it, to the end. */
static int
pour(const struct source *s, int fd, const char *name)
{
    static_assert(PART_LEN <= 64 * 1024, "it is on the stack");
    uint8_t part[PART_LEN];
    ssize_t n = 1;
    int code = EXIT_OK;

    while (code == EXIT_OK && n != 0) {
        if (stops(s)) {
            code = EXIT_DISK; /* which nobody sees: the signal ends us */
            continue;
        }
        n = read_part(s, part, sizeof part);
        if (n < 0) {
            log_line(LOG_COPY_FAILED, "what is copied breaks off", 0);
            code = EXIT_DISK;
        } else if (!write_all(fd, part, (size_t)n)) {
            code = cannot(name, EXIT_DISK);
        }
    }
    mem_wipe(part, sizeof part); /* the relay's key went through it */
    return code;
}

static void
show_progress(uint64_t done, uint64_t total)
{
    if (isatty(STDERR_FILENO) == 1 && total > 0)
        fprintf(stderr, "\rpristan-relay: copying, %" PRIu64 " %%",
                done * 100 / total);
}

/* A copy that was made in the data folder, and nobody takes. */
static void
forget_made(const struct config *c)
{
    char made[PATH_LEN];

    (void)snprintf(made, sizeof made, "%s/%s", c->data, STORE_BACKUP_FILE);
    (void)unlink(made);
}

/* The store's copy in the data folder, made without a running relay. */
static int
make_here(const struct config *c,
          struct dh_secret *key,
          const struct held *held)
{
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = key->b};
    struct store_answer a = {.e = ERR_OK};
    struct store_job *job;
    struct store *store = NULL;
    bool done = false;
    int code = start_store(c, true, &store);

    if (code != EXIT_OK)
        return code;
    a.e = store_job_begin(store, &q, &job);
    if (a.e == ERR_OK) {
        while (!done && !held_stops(held, -1, 0))
            store_job_step(job, &done);
        store_job_end(job, &a);
    }
    store_close(store);
    if (held_stops(held, -1, 0)) {
        forget_made(c);
        return EXIT_DISK;
    }
    if (a.e == ERR_FULL)
        return start_refuse(a.e, LOG_NO_ROOM, c->data, EXIT_CREATE);
    if (a.e != ERR_OK)
        return start_refuse(a.e, LOG_COPY_FAILED, err_name(a.e), EXIT_DISK);
    return EXIT_OK;
}

static int
copy_here(const struct config *c, const char *file, struct held *held)
{
    char made[PATH_LEN];
    struct dh_secret *key = NULL;
    struct source from = {.fd = -1, .held = held};
    struct target to = {.fd = -1};
    int code = start_key(c, false, NULL, &key);

    if (code == EXIT_OK)
        code = make_here(c, key, held);
    secret_free(key);
    if (code != EXIT_OK)
        return code;
    (void)snprintf(made, sizeof made, "%s/%s", c->data, STORE_BACKUP_FILE);
    from.fd = open(made, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from.fd < 0)
        return cannot(made, EXIT_DISK);
    (void)unlink(made);
    code = open_target(file, &to);
    if (code == EXIT_OK && to.path[0] == '\0')
        held_end(held); /* nothing to take away; who reads may be slow */
    if (code == EXIT_OK)
        code = close_target(&to, pour(&from, to.fd, file));
    close(from.fd);
    return code;
}

int
command_backup(struct config *c)
{
    struct ask ask;
    struct held held;
    struct source from = {.ask = &ask, .fd = -1, .held = &held};
    struct target to;
    int code = EXIT_OK;
    enum ask_result r =
        ask_open(c, "backup", c->quiet ? NULL : show_progress, &ask, &code);

    held_begin(&held);
    if (r == ASK_ANSWERED) {
        code = open_target(c->words[0], &to);
        if (code == EXIT_OK && to.path[0] == '\0')
            held_end(&held);
        if (code == EXIT_OK)
            code = close_target(&to, pour(&from, to.fd, c->words[0]));
    }
    ask_close(&ask);
    if (r == ASK_NOBODY)
        code = copy_here(c, c->words[0], &held);
    else if (r == ASK_DENIED)
        code = ask_denied(c);
    held_end(&held);
    if (code == EXIT_OK && !c->quiet)
        fprintf(stderr,
                "%spristan-relay: the copy is whole. It holds the relay's key: "
                "keep it like one.\n",
                isatty(STDERR_FILENO) == 1 ? "\r" : "");
    return code;
}

/* Standard input into a file in the folder, which goes again. */
static int
take_input(const struct config *c,
           const struct held *held,
           char *path,
           size_t size)
{
    struct source from = {.fd = STDIN_FILENO, .held = held};
    int fd;
    int code;

    (void)snprintf(path, size, "%s/" STORE_INPUT_FILE, c->data);
    (void)unlink(path); /* of one that was interrupted */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot(path, EXIT_CREATE);
    code = pour(&from, fd, path);
    if (close(fd) != 0 && code == EXIT_OK)
        code = cannot(path, EXIT_DISK);
    return code;
}

static int
judge(const struct config *c, enum err e, const struct store_restored *r)
{
    switch ((int)e) {
    case ERR_OK:
        return EXIT_OK;
    case ERR_NOT_FOUND:
        return start_refuse(e, LOG_NOT_RESTORED, "there is no such file",
                            EXIT_NO_INPUT);
    case ERR_DENIED:
        return start_refuse(e, LOG_NOT_RESTORED, "the file cannot be read",
                            EXIT_NO_INPUT);
    case ERR_UNSUPPORTED:
        return start_refuse(e, LOG_NOT_RESTORED,
                            "this is no copy of a relay, or of a later version",
                            EXIT_BAD_DATA);
    case ERR_MALFORMED:
        return start_refuse(e, LOG_NOT_RESTORED,
                            "this copy is damaged; take an older one",
                            EXIT_BAD_DATA);
    case ERR_AUTH:
        log_line(LOG_DAMAGED_ROW, "in the copy", r->damaged);
        return EXIT_BAD_DATA;
    case ERR_EXISTS:
        return start_refuse(e, LOG_NOT_RESTORED,
                            "the data folder holds a relay already; name an "
                            "empty one with --data",
                            EXIT_CREATE);
    case ERR_BUSY:
        return start_refuse(e, LOG_IN_USE, c->data, EXIT_BUSY);
    case ERR_FULL:
        return start_refuse(e, LOG_NO_ROOM, c->data, EXIT_CREATE);
    default:
        return start_refuse(e, LOG_FOLDER, c->data, EXIT_DISK);
    }
}

/* The relay, which is not root, must be able to open what root restored. */
static int
hand_over(const struct config *c)
{
    static const char *const names[] = {"relay.db", "relay.key", NULL};
    enum err e = privileges_hand_over(c->data, names);

    return e == ERR_OK ? EXIT_OK
                       : start_refuse(e, LOG_FOLDER, c->data, EXIT_DISK);
}

int
command_restore(struct config *c)
{
    char path[PATH_LEN] = "";
    bool from_input = strcmp(c->words[0], "-") == 0;
    struct store_restore what = {.file = c->words[0], .folder = c->data};
    struct store_restored found = {0};
    struct held held;
    bool made;
    int code = EXIT_OK;

    if (folder_make(c->data, &made) != ERR_OK)
        return start_refuse(ERR_DISK, LOG_FOLDER, c->data, EXIT_CREATE);
    if (from_input) {
        held_begin(&held);
        code = take_input(c, &held, path, sizeof path);
        what.file = path;
    }
    if (code == EXIT_OK)
        code = judge(c, store_restore(&what, &found), &found);
    if (code == EXIT_OK)
        code = hand_over(c);
    if (from_input)
        (void)unlink(path);
    if (code != EXIT_OK && made)
        (void)rmdir(c->data); /* when nothing is in it */
    if (from_input)
        held_end(&held);
    if (code == EXIT_OK && !c->quiet)
        fprintf(stderr,
                "pristan-relay: restored, rows looked at: %" PRIu64
                ". Start it; its key and link are those of the copy.\n",
                found.rows);
    return code;
}
