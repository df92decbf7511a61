/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A profile as files: made, found, opened, made unreadable. docs/STORAGE.md
 * section 1. The key slot is written last when a profile is made, and goes
 * first when it is wiped: without it nothing is a profile. */
#include "profile_sqlite.h"

static const char *const journals[] = {"state.db-wal", "state.db-shm",
                                       "state.db-journal"};

/* The database and what SQLite puts beside it. */
static enum err
remove_database(const struct folder *f)
{
    enum err e = folder_remove(f, profile_sqlite_name);

    for (size_t i = 0; i < sizeof journals / sizeof *journals; i++) {
        enum err one = folder_remove(f, journals[i]);

        e = e == ERR_OK ? one : e;
    }
    return e;
}

/* Every file that SQLite will open is an ordinary one of ours. */
static enum err
check_database(const struct folder *f)
{
    enum err e = folder_check(f, profile_sqlite_name);

    if (e == ERR_NOT_FOUND)
        return ERR_MALFORMED; /* a key slot without anything to open */
    for (size_t i = 0; i < sizeof journals / sizeof *journals; i++)
        if (e == ERR_OK) {
            e = folder_check(f, journals[i]);
            e = e == ERR_NOT_FOUND ? ERR_OK : e;
        }
    return e;
}

enum err
profile_probe(const char *folder, enum profile_method *out)
{
    struct folder f;
    enum err e = folder_open(folder, FOLDER_LOOK, &f);

    *out = PROFILE_NONE;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    e = vault_method(&f, out);
    folder_close(&f);
    return e;
}

enum err
profile_open(const char *folder,
             const struct profile_unlock *unlock,
             struct profile **out)
{
    struct vault vault = {0};
    struct folder f;
    enum err e = folder_open(folder, FOLDER_OWN, &f);

    if (e != ERR_OK)
        return e;
    e = vault_open(&f, unlock, &vault);
    if (e == ERR_OK)
        e = check_database(&f);
    if (e == ERR_OK)
        return profile_sqlite_open(&f, &vault, false, out);
    vault_close(&vault);
    folder_close(&f);
    return e;
}

static enum err
make_database(struct folder *f, struct profile **out)
{
    struct vault vault = {0};
    enum err e = remove_database(f); /* of a profile that was never finished */

    if (e == ERR_OK)
        e = folder_make(f, profile_sqlite_name);
    if (e == ERR_OK)
        e = vault_new(&vault);
    if (e == ERR_OK)
        return profile_sqlite_open(f, &vault, true, out);
    vault_close(&vault);
    return e;
}

enum err
profile_create(const char *folder,
               const struct profile_unlock *unlock,
               struct profile **out)
{
    struct profile *s = NULL;
    struct folder f;
    enum profile_method method;
    enum err e = vault_check(unlock);

    if (e == ERR_OK)
        e = folder_open(folder, FOLDER_CREATE, &f);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_DENIED : e;
    e = vault_method(&f, &method);
    if (e == ERR_OK && method != PROFILE_NONE)
        e = ERR_EXISTS;
    if (e == ERR_OK)
        e = make_database(&f, &s);
    folder_close(&f);
    if (e == ERR_OK)
        e = profile_change_unlock(s, unlock); /* writes the first slot */
    if (e == ERR_OK)
        *out = s;
    else
        profile_close(s);
    return e;
}

enum err
profile_wipe(const char *folder)
{
    struct folder f;
    enum err e = folder_open(folder, FOLDER_OWN, &f);
    enum err data;

    if (e != ERR_OK)
        return e;
    if (!folder_has(&f, profile_sqlite_name) && !folder_has(&f, "vault"))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        e = vault_destroy(&f);
        data = remove_database(&f);
        e = e == ERR_OK ? data : e;
    }
    folder_close(&f);
    return e;
}
