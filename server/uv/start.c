/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening store, key and page, and what is said when that fails. */
#include "start.h"

#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"

#include "exit.h"
#include "folder.h"
#include "page.h"

int
start_refuse(enum err e, enum log_code code, const char *detail, int exit_code)
{
    if (e == ERR_MEMORY)
        code = LOG_MEMORY;
    log_line(code, detail, 0);
    return e == ERR_MEMORY ? EXIT_INTERNAL : exit_code;
}

const char *
start_denied(const struct config *c)
{
    return folder_denies(c->data) ? c->data : c->denied;
}

void
start_quota(const struct config *c, struct store_quota *out)
{
    store_quota_default(out);
    out->total_bytes = c->space_mib * START_MIB;
    out->message_bytes = c->channel_mib * START_MIB;
    out->letter_bytes = c->mailbox_mib * START_MIB;
    out->blob_bytes = c->blobs_mib * START_MIB;
    if (out->blob_bytes > out->total_bytes / 4)
        out->blob_bytes = out->total_bytes / 4;
}

int
start_store(const struct config *c, bool read_only, struct store **out)
{
    struct store_sqlite_config sc = {.folder = c->data,
                                     .ballast_bytes =
                                         c->ballast_mib * START_MIB,
                                     .read_only = read_only};
    enum err e;

    start_quota(c, &sc.quota);
    e = store_open_sqlite(&sc, out);
    if (e == ERR_OK)
        return EXIT_OK;
    if (read_only && start_denied(c) != NULL)
        return start_refuse(e, LOG_DENIED, start_denied(c), EXIT_DENIED);
    if (e == ERR_BUSY)
        return start_refuse(e, LOG_IN_USE, c->data, EXIT_BUSY);
    if (e == ERR_UNSUPPORTED)
        return start_refuse(e, LOG_FOREIGN, c->data, EXIT_CONFIG);
    if (e == ERR_MALFORMED)
        return start_refuse(e, LOG_DAMAGED_OPEN, c->data, EXIT_DISK);
    if (e == ERR_DENIED)
        return start_refuse(e, LOG_FOREIGN_LOG, c->data, EXIT_DISK);
    if (e == ERR_CONFLICT)
        return start_refuse(e, LOG_UNFINISHED, c->data, EXIT_CONFIG);
    if (e == ERR_EXISTS)
        return start_refuse(e, LOG_NOT_PLAIN, c->data, EXIT_CONFIG);
    if (e == ERR_FULL)
        return start_refuse(e, LOG_NO_ROOM, c->data, EXIT_CREATE);
    return start_refuse(e, LOG_FOLDER, c->data,
                        e == ERR_NOT_FOUND ? EXIT_NO_INPUT : EXIT_DISK);
}

/* The key is on the disk before the address, and that before a link is shown or
 * a byte stored. So after any crash a folder without a key that is not used is
 * one whose link nobody has. */
bool
start_is_used(const struct config *c, const struct store *store)
{
    return folder_has(c->data, FOLDER_ADDRESS_FILE) ||
           (store != NULL && !store_is_unused(store));
}

int
start_key(const struct config *c,
          bool make,
          const struct store *store,
          struct dh_secret **out)
{
    struct dh_secret *key = secret_new(sizeof *key);
    bool used = start_is_used(c, store);
    enum err e = ERR_MEMORY;

    if (key != NULL)
        e = folder_key(c->data, make && !used, key);
    if (e == ERR_OK) {
        *out = key;
        return EXIT_OK;
    }
    secret_free(key);
    if (e == ERR_DENIED && !make)
        return start_refuse(e, LOG_DENIED, c->data, EXIT_DENIED);
    if (e == ERR_NOT_FOUND && !make && start_denied(c) != NULL)
        return start_refuse(e, LOG_DENIED, start_denied(c), EXIT_DENIED);
    if (e == ERR_NOT_FOUND && used)
        return start_refuse(e, LOG_KEY_GONE, c->data, EXIT_CONFIG);
    if (e == ERR_NOT_FOUND)
        return start_refuse(e, LOG_NOT_YET, c->data, EXIT_NO_INPUT);
    return start_refuse(e, LOG_KEY, c->data, EXIT_CREATE);
}

enum err
start_page_read(const struct config *c, struct buf *out)
{
    char folder[CONFIG_PATH_MAX];
    const char *slash = strrchr(c->page_file, '/');

    (void)snprintf(folder, sizeof folder, "%s", c->page_file);
    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    else
        folder[slash - c->page_file] = '\0';
    return folder_read_theirs(folder[0] == '\0' ? "/" : folder,
                              slash == NULL ? c->page_file : slash + 1, out);
}

int
start_page(const struct config *c, struct buf *out)
{
    if (c->page_file[0] == '\0')
        buf_append(out, bytes_str(page_default));
    else if (start_page_read(c, out) != ERR_OK)
        return start_refuse(ERR_NOT_FOUND, LOG_PAGE, c->page_file,
                            EXIT_NO_INPUT);
    return buf_end(out) == ERR_OK
               ? EXIT_OK
               : start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
}
