/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A profile's database, between store_files.c, which opens and makes profiles,
 * and store_sqlite.c, which reads and writes them. */
#ifndef CLIENT_STORE_STORE_SQLITE_H
#define CLIENT_STORE_STORE_SQLITE_H

#include "store_impl.h"
#include "rows.h"

/* Takes over folder and vault, also on an error. fresh: the file is new and
 * empty, and becomes this vault's. The errors of store_open(). */
MUST_USE enum err store_sqlite_open(struct folder *folder,
                                    struct vault *vault,
                                    bool fresh,
                                    struct store **out);

/* The file's name in the folder. */
extern const char store_sqlite_name[];

#ifdef PRISTAN_HOOKS
/* Tests: the database may grow by so many pages of 4 KiB and no more. */
void store_sqlite_limit(struct store *s, int pages);
#endif

#endif
