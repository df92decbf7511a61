/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A profile's database, between profile_files.c, which opens and makes
 * profiles, and profile_sqlite.c, which reads and writes them. */
#ifndef CLIENT_STORE_STORE_SQLITE_H
#define CLIENT_STORE_STORE_SQLITE_H

#include "profile_impl.h"
#include "rows.h"

/* Takes over folder and vault, also on an error. fresh: the file is new and
 * empty, and becomes this vault's. The errors of profile_open(). */
MUST_USE enum err profile_sqlite_open(struct folder *folder,
                                      struct vault *vault,
                                      bool fresh,
                                      struct profile **out);

/* The file's name in the folder. */
extern const char profile_sqlite_name[];

#ifdef PRISTAN_HOOKS
/* Tests: the database may grow by so many pages of 4 KiB and no more. */
void profile_sqlite_limit(struct profile *s, int pages);
#endif

#endif
