/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pristan-relay: harden, read the options, do the command. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#include "address.h"
#include "config.h"
#include "folder.h"
#include "harden.h"
#include "log.h"
#include "page.h"
#include "server.h"

/* sysexits(3) */
enum {
    EXIT_OK = 0,
    EXIT_USAGE = 64,
    EXIT_NO_INPUT = 66,
    EXIT_UNAVAILABLE = 69,
    EXIT_INTERNAL = 70,
    EXIT_CREATE = 73,
    EXIT_DISK = 74,
    EXIT_BUSY = 75,
    EXIT_CONFIG = 78
};

enum { PAGE_MAX = 1024 * 1024, LINK_MAX = 1024, MIB = 1024 * 1024 };

/* What goes wrong before the relay runs: a log line and an exit code. */
static int
refuse(enum err e, enum log_code code, const char *detail, int exit_code)
{
    if (e == ERR_MEMORY)
        code = LOG_MEMORY;
    log_line(code, detail, 0);
    return e == ERR_MEMORY ? EXIT_INTERNAL : exit_code;
}

static int
open_store(const struct config *c, bool read_only, struct store **out)
{
    struct store_sqlite_config sc = {.folder = c->data,
                                     .ballast_bytes = c->ballast_mib * MIB,
                                     .read_only = read_only};
    enum err e;

    store_quota_default(&sc.quota);
    sc.quota.total_bytes = c->space_mib * MIB;
    if (sc.quota.blob_bytes > sc.quota.total_bytes / 4)
        sc.quota.blob_bytes = sc.quota.total_bytes / 4;
    e = store_open_sqlite(&sc, out);
    if (e == ERR_OK)
        return EXIT_OK;
    if (e == ERR_BUSY)
        return refuse(e, LOG_IN_USE, c->data, EXIT_BUSY);
    if (e == ERR_UNSUPPORTED)
        return refuse(e, LOG_FOREIGN, c->data, EXIT_CONFIG);
    if (e == ERR_MALFORMED)
        return refuse(e, LOG_DAMAGED_OPEN, c->data, EXIT_DISK);
    if (e == ERR_FULL)
        return refuse(e, LOG_NO_ROOM, c->data, EXIT_CREATE);
    return refuse(e, LOG_FOLDER, c->data,
                  e == ERR_NOT_FOUND ? EXIT_NO_INPUT : EXIT_DISK);
}

static int
read_key(const struct config *c, bool make, struct dh_secret **out)
{
    struct dh_secret *key = secret_new(sizeof *key);
    enum err e = ERR_MEMORY;

    if (key != NULL)
        e = folder_key(c->data, make, key);
    if (e != ERR_OK) {
        secret_free(key);
        return refuse(e, LOG_KEY, c->data,
                      e == ERR_NOT_FOUND ? EXIT_NO_INPUT : EXIT_CREATE);
    }
    *out = key;
    return EXIT_OK;
}

static int
print_link(const struct config *c, const struct dh_secret *key)
{
    struct buf link = buf_limited(LINK_MAX);
    enum err e = address_link(c, key, &link);

    if (e == ERR_OK)
        printf("%.*s\n", (int)link.len, (const char *)link.b);
    buf_free(&link);
    if (e != ERR_OK)
        return refuse(e, LOG_PUBLIC, "no link can hold this host", EXIT_CONFIG);
    return EXIT_OK;
}

static int
do_link(struct config *c)
{
    struct dh_secret *key = NULL;
    int code = read_key(c, false, &key);

    if (code == EXIT_OK && address_load(c) != ERR_OK)
        code = refuse(ERR_NOT_FOUND, LOG_FOLDER,
                      "the relay has not run here yet; give --public",
                      EXIT_NO_INPUT);
    if (code == EXIT_OK)
        code = print_link(c, key);
    secret_free(key);
    return code;
}

static int
do_what_i_know(const struct config *c)
{
    struct store *store = NULL;
    struct relay_census census;
    struct buf out = buf_limited(MIB);
    int code = open_store(c, true, &store);

    if (code != EXIT_OK)
        return code;
    if (store_census(store, &census) != ERR_OK) {
        code = refuse(ERR_DISK, LOG_DAMAGED_OPEN, c->data, EXIT_DISK);
    } else {
        relay_what_i_know(&census, (uint32_t)(time(NULL) / 3600), c->language,
                          &out);
        if (buf_end(&out) == ERR_OK)
            printf("%.*s", (int)out.len, (const char *)out.b);
        else
            code = refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    }
    buf_free(&out);
    store_close(store);
    return code;
}

/* The first line a machine waits for, the link a person. */
static int
announce(struct config *c,
         const struct config_endpoint *bound,
         const struct dh_secret *key)
{
    bool guessed;
    int code = EXIT_OK;

    address_guess(c, &bound[0], &guessed);
    if (address_save(c) != ERR_OK)
        return refuse(ERR_DISK, LOG_FOLDER, c->data, EXIT_CREATE);
    if (guessed)
        log_line(LOG_PUBLIC, c->publics[0].host, 0);
    if (!c->quiet) {
        code = print_link(c, key);
        for (size_t i = 0; i < c->listen_count; i++)
            printf(strchr(bound[i].host, ':') != NULL
                       ? "pristan-relay: listening on [%s]:%u\n"
                       : "pristan-relay: listening on %s:%u\n",
                   bound[i].host, bound[i].port);
        (void)fflush(stdout);
    }
    if (code == EXIT_OK && c->ready_fd >= 0) {
        if (write(c->ready_fd, "ready\n", 6) != 6)
            log_line(LOG_LISTEN, "--ready-fd", 0);
        close(c->ready_fd);
    }
    return code;
}

static void
configure(const struct config *c,
          const struct dh_secret *key,
          struct bytes page,
          uint32_t sweep_hour,
          struct relay_config *rc)
{
    relay_config_default(rc);
    rc->secret = key->b;
    rc->page = page;
    rc->sweep_hour = sweep_hour;
    rc->conn_max = harden_descriptors(rc->conn_max);
    rc->message_hours = c->message_days * 24;
    rc->commit_hours = c->commit_days * 24;
    rc->letter_hours = c->letter_days * 24;
    rc->blob_hours = c->blob_days * 24;
    if (rc->stub_hours < rc->commit_hours)
        rc->stub_hours = rc->commit_hours;
    if (rc->stub_hours < rc->message_hours)
        rc->stub_hours = rc->message_hours;
}

static int
serve(struct config *c,
      const struct dh_secret *key,
      struct bytes page,
      struct store *store)
{
    struct server *s = mem_new(sizeof *s);
    struct config_endpoint bound[CONFIG_LISTENS_MAX] = {0};
    struct relay_config rc;
    int code;

    if (s == NULL) {
        store_close(store);
        return refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    }
    configure(c, key, page, store_sweep_hour(store), &rc);
    code = server_open(s, c, &rc, store, bound) == ERR_OK ? EXIT_OK
                                                          : EXIT_UNAVAILABLE;
    if (code == EXIT_OK)
        code = announce(c, bound, key);
    if (code == EXIT_OK) {
        log_line(LOG_STARTED, NULL, 0);
        code = server_run(s);
    }
    server_close(s);
    if (code == EXIT_OK)
        log_line(LOG_STOPPED, NULL, 0);
    mem_wipe_free(s, sizeof *s);
    return code;
}

/* The operator's page, or the one that is built in. */
static int
read_page(const struct config *c, struct buf *out)
{
    char folder[CONFIG_PATH_MAX];
    const char *slash;

    if (c->page_file[0] == '\0') {
        buf_append(out, bytes_str(page_default));
    } else {
        (void)snprintf(folder, sizeof folder, "%s", c->page_file);
        slash = strrchr(c->page_file, '/');
        if (slash == NULL)
            (void)snprintf(folder, sizeof folder, ".");
        else
            folder[slash - c->page_file] = '\0';
        if (folder_read(folder[0] == '\0' ? "/" : folder,
                        slash == NULL ? c->page_file : slash + 1,
                        out) != ERR_OK)
            return refuse(ERR_NOT_FOUND, LOG_PAGE, c->page_file, EXIT_NO_INPUT);
    }
    return buf_end(out) == ERR_OK
               ? EXIT_OK
               : refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
}

static int
do_run(struct config *c)
{
    struct buf page = buf_limited(PAGE_MAX);
    struct dh_secret *key = NULL;
    struct store *store = NULL;
    int code = read_page(c, &page);

    if (code == EXIT_OK && folder_make(c->data) != ERR_OK)
        code = refuse(ERR_DISK, LOG_FOLDER, c->data, EXIT_CREATE);
    /* the store first: it is what only one relay can have */
    if (code == EXIT_OK)
        code = open_store(c, false, &store);
    if (code == EXIT_OK) {
        code = read_key(c, true, &key);
        if (code == EXIT_OK)
            code = serve(c, key, buf_bytes(&page), store);
        else
            store_close(store);
    }
    secret_free(key);
    buf_free(&page);
    return code;
}

static int
do_command(struct config *c)
{
    switch (c->command) {
    case COMMAND_RUN:
        return do_run(c);
    case COMMAND_LINK:
        return do_link(c);
    case COMMAND_WHAT_I_KNOW:
        return do_what_i_know(c);
    case COMMAND_HELP:
        config_print_help();
        return EXIT_OK;
    case COMMAND_VERSION:
        printf("pristan-relay 0.1.0\n");
        return EXIT_OK;
    }
    return EXIT_INTERNAL;
}

int
main(int argc, char **argv)
{
    struct config *c;
    int code;

    harden_first();
    if (random_start() != ERR_OK)
        return refuse(ERR_INTERNAL, LOG_KEY, "random numbers", EXIT_INTERNAL);
    c = mem_new(sizeof *c);
    if (c == NULL)
        return refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    code = config_read(argc, argv, c) == ERR_OK ? do_command(c) : EXIT_USAGE;
    mem_free(c);
    return code;
}
