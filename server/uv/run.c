/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The command that is the relay: open, listen, announce, serve. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/secret.h"

#include "address.h"
#include "command.h"
#include "confine.h"
#include "exit.h"
#include "folder.h"
#include "harden.h"
#include "hooks.h"
#include "keeper.h"
#include "page.h"
#include "run.h"
#include "start.h"

/* The first line a machine waits for, the link a person. */
static int
announce(struct config *c,
         const struct config_endpoint *bound,
         size_t bound_count,
         const struct dh_secret *key)
{
    char text[CONFIG_HOST_MAX + 16];
    bool guessed;
    int code = EXIT_OK;

    address_guess(c, &bound[0], &guessed);
    if (address_save(c) != ERR_OK)
        return start_refuse(ERR_DISK, LOG_FOLDER, c->data, EXIT_CREATE);
    if (guessed)
        log_line(LOG_PUBLIC, c->publics[0].host, 0);
    if (!c->quiet) {
        code = command_print_link(c, key);
        for (size_t i = 0; i < bound_count; i++) {
            config_write_endpoint(&bound[i], text, sizeof text);
            if (bound[i].host[0] == '\0') /* handed over */
                (void)snprintf(text, sizeof text, "a local socket");
            printf("pristan-relay: listening on %s\n", text);
        }
        (void)exit_printed(EXIT_OK); /* who needs the link asks again */
    }
    if (code == EXIT_OK && c->ready_fd >= 0) {
        if (write(c->ready_fd, "ready\n", 6) != 6)
            log_line(LOG_LISTEN, "--ready-fd", 0);
        if (c->ready_fd > STDERR_FILENO) /* or a peer would get its number */
            close(c->ready_fd);
    }
    return code;
}

void
run_configure(const struct config *c,
              struct bytes page,
              struct relay_config *rc)
{
    relay_config_default(rc);
    rc->page = page;
    rc->page_s = page_modified_s(c->page_file, c->data);
    rc->message_hours = (uint32_t)c->message_days * 24;
    rc->commit_hours = (uint32_t)c->commit_days * 24;
    rc->letter_hours = (uint32_t)c->letter_days * 24;
    rc->blob_hours = (uint32_t)c->blob_days * 24;
    if (rc->stub_hours < rc->commit_hours)
        rc->stub_hours = rc->commit_hours;
    if (rc->stub_hours < rc->message_hours)
        rc->stub_hours = rc->message_hours;
    hooks_lifetimes(rc);
}

/* All that is open by now: tells whoever waits for it, and turns. */
static int
serve_open(struct server *s, const struct keeper_setup *setup)
{
    struct config *announced = mem_new(sizeof *announced);
    int code = EXIT_OK;

    if (announced == NULL || keeper_open(s, setup) != ERR_OK)
        code = start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    if (code == EXIT_OK) {
        *announced = *setup->config; /* a guessed address is no setting */
        code = announce(announced, setup->bound, s->listener_count, setup->key);
    }
    mem_free(announced);
    if (code == EXIT_OK && confine_calls(setup->config) != ERR_OK)
        code = EXIT_INTERNAL;
    if (code != EXIT_OK)
        return code;
    log_line(LOG_STARTED, NULL, 0);
    keeper_ready(s->keeper);
    (void)harden_hold_signals(false);
    code = server_run(s);
    (void)harden_hold_signals(true);
    return code;
}

static int
serve(const struct keeper_setup *setup, struct bytes page, struct store *store)
{
    struct server *s = mem_new(sizeof *s);
    const struct config *c = setup->config;
    struct config_endpoint bound[CONFIG_LISTENS_MAX] = {0};
    struct keeper_setup with = *setup;
    struct relay_config rc;
    enum err e;
    int code = EXIT_OK;

    if (s == NULL) {
        store_close(store);
        return start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    }
    run_configure(c, page, &rc);
    rc.secret = setup->key->b;
    rc.sweep_hour = store_sweep_hour(store);
    rc.conn_max =
        harden_connections(harden_descriptors(), (uint32_t)c->connections);
    harden_widen(rc.conn_max + HARDEN_DESCRIPTORS_OWN);
    with.bound = bound;
    (void)harden_hold_signals(true); /* from the threads that start now */
    e = server_open(s, c, &rc, store, bound);
    if (e != ERR_OK)
        code = e == ERR_USE ? EXIT_UNAVAILABLE : EXIT_INTERNAL;
    if (code == EXIT_OK)
        code = serve_open(s, &with);
    e = server_close(s);
    if (code == EXIT_OK && e != ERR_OK)
        code = start_refuse(e, LOG_DISK, NULL, EXIT_DISK);
    if (code == EXIT_OK)
        log_line(LOG_STOPPED, NULL, 0);
    mem_wipe_free(s, sizeof *s);
    return code;
}

/* Until the loop listens to them: a reload or a question that comes too early
 * must not be the end. */
static void
ignore_early_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGUSR1, &ignore, NULL);
}

/* Before anything of ours is open, which might get that number. */
static int
check_ready_fd(const struct config *c)
{
    if (c->ready_fd < 0 || fcntl(c->ready_fd, F_SETFD, FD_CLOEXEC) == 0)
        return EXIT_OK;
    log_line(LOG_CONFIG, "--ready-fd: no such descriptor is open", 0);
    return EXIT_USAGE;
}

/* The limits that come from whoever starts it. */
static int
check_limits(const struct config *c)
{
    uint64_t descriptors = harden_descriptors();
    uint32_t wanted = (uint32_t)c->connections;
    uint32_t possible = harden_connections(descriptors, wanted);
    char text[160];

    if (possible >= wanted / 2) /* doctor tells of what is missing */
        return EXIT_OK;
    (void)snprintf(text, sizeof text,
                   possible == 0 ? "%llu are allowed, at least %llu are needed"
                                 : "%llu are allowed, %llu would do",
                   (unsigned long long)descriptors,
                   possible == 0
                       ? (unsigned long long)HARDEN_DESCRIPTORS_MIN
                       : (unsigned long long)wanted + HARDEN_DESCRIPTORS_OWN);
    log_line(possible == 0 ? LOG_NO_DESCRIPTORS : LOG_FEW_DESCRIPTORS, text, 0);
    return possible == 0 ? EXIT_CONFIG : EXIT_OK;
}

int
command_run(struct config *c, int argc, char **argv)
{
    struct buf page = buf_limited(START_PAGE_MAX);
    struct dh_secret *key = NULL;
    struct store *store = NULL;
    struct keeper_setup setup = {.config = c, .argc = argc, .argv = argv};
    bool made;
    int code;

    ignore_early_signals();
    code = check_ready_fd(c);
    if (code == EXIT_OK)
        code = check_limits(c);
    if (code == EXIT_OK)
        code = start_page(c, &page);
    if (code == EXIT_OK && folder_make(c->data, &made) != ERR_OK)
        code = start_refuse(ERR_DISK, LOG_FOLDER, c->data, EXIT_CREATE);
    if (code == EXIT_OK && confine_user(c) != ERR_OK)
        code = EXIT_CONFIG;
    if (code == EXIT_OK && folder_is_open(c->data))
        log_line(LOG_OPEN_FOLDER, c->data, 0);
    /* the store first: it is what only one relay can have */
    if (code == EXIT_OK)
        code = start_store(c, false, &store);
    if (code == EXIT_OK) {
        code = start_key(c, true, store, &key);
        setup.key = key;
        if (code == EXIT_OK)
            code = serve(&setup, buf_bytes(&page), store);
        else
            store_close(store);
    }
    secret_free(key);
    buf_free(&page);
    return code;
}
