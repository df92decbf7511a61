/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The order is that of run.c: user, files, calls. */
#include "confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "privileges.h"
#include "sandbox.h"
#include "sanitized.h"

/* Folders around files that a reload reads, since an editor puts a new file in
 * the place of the old one, and around sockets that are made and removed. */
struct folders {
    char of_page[CONFIG_PATH_MAX];
    char of_config[CONFIG_PATH_MAX];
    char of_control[CONFIG_PATH_MAX];
    char of_metrics[CONFIG_PATH_MAX];
};

static void
folder_of(const char *path, char out[static CONFIG_PATH_MAX])
{
    char *slash;

    (void)snprintf(out, CONFIG_PATH_MAX, "%s", path);
    slash = strrchr(out, '/');
    if (slash == NULL)
        (void)snprintf(out, CONFIG_PATH_MAX, ".");
    else
        slash[slash == out ? 1 : 0] = '\0';
}

enum err
confine_user(const struct config *c)
{
    bool root;
    enum err e = privileges_drop(c->user, c->data, &root);

    if (e != ERR_OK)
        log_line(LOG_NO_USER, c->user[0] != '\0' ? c->user : c->data, 0);
    else if (root)
        log_line(LOG_ROOT, NULL, 0);
    return e;
}

/* A folder that is not there needs no rule: whoever wants a socket in it says
 * that there is none (R023, R024). */
static void
let_write(struct sandbox *s, const char *folder)
{
    if (access(folder, F_OK) == 0)
        s->writes[s->write_count++] = folder;
}

enum err
confine_files(const struct config *c)
{
    struct sandbox s = {.writes = {c->data}, .write_count = 1};
    struct folders near;
    const char *runtime = getenv("RUNTIME_DIRECTORY");
    bool in_force;
    enum err e;

    if (c->no_sandbox)
        return ERR_OK;
    folder_of(c->file, near.of_config);
    folder_of(c->page_file, near.of_page);
    folder_of(c->control, near.of_control);
    folder_of(c->metrics, near.of_metrics);
    if (c->control[0] == '/')
        let_write(&s, near.of_control);
    if (c->metrics[0] == '/')
        let_write(&s, near.of_metrics);
    if (runtime != NULL)
        let_write(&s, runtime);
    s.reads[s.read_count++] = near.of_config;
    if (c->page_file[0] != '\0')
        s.reads[s.read_count++] = near.of_page;
    s.reads[s.read_count++] = "/dev/urandom"; /* SQLite's, for its log */
    e = landlock_enter(&s, &in_force);
    if (e != ERR_OK)
        log_line(LOG_CONFINE, "Landlock", 0);
    else if (!in_force && !SANITIZED)
        log_line(LOG_UNCONFINED, "Landlock", 0);
    return e;
}

/* folder is path's, or one above it. */
static bool
is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 &&
           (len == 1 || path[len] == '/' || path[len] == '\0');
}

bool
confine_reads(const struct config *started, const char *file)
{
    char there[CONFIG_PATH_MAX];
    char near[CONFIG_PATH_MAX];

    if (started->no_sandbox)
        return true;
    folder_of(file, there);
    folder_of(started->file, near);
    if (is_below(there, near) || is_below(there, started->data))
        return true;
    folder_of(started->page_file, near);
    return started->page_file[0] != '\0' && is_below(there, near);
}

enum err
confine_calls(const struct config *c)
{
    bool in_force;
    enum err e = privileges_seal();

    if (e == ERR_OK && !c->no_sandbox) {
        e = seccomp_enter(&in_force);
        if (e == ERR_OK && !in_force && !SANITIZED)
            log_line(LOG_UNCONFINED, "seccomp", 0);
    }
    if (e != ERR_OK)
        log_line(LOG_CONFINE, "seccomp", 0);
    return e;
}
