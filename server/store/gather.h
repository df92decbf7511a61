/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes of SQLite that lie one after the other leave as one: it writes the log
 * in two calls for each page, and copies it into the database page by page.
 * What is gathered is written before anything else is done with its file, so
 * SQLite, and a crash, see nothing of it but fewer calls. */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include <sqlite3.h>

#include "base/err.h"

struct gather {
    sqlite3_vfs vfs; /* first */
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    char name[32];
};

/* Registers a file system by a name of its own, for sqlite3_open_v2(), in front
 * of SQLite's default. It must stay where it is until gather_end(), which comes
 * after the last file is closed and may be called in any case. ERR_DISK. */
MUST_USE enum err gather_start(struct gather *g);
void gather_end(struct gather *g);

#endif
