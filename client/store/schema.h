/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of a profile and how they came to be. docs/STORAGE.md section 3.
 */
#ifndef CLIENT_STORE_SCHEMA_H
#define CLIENT_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/err.h"

enum { SCHEMA_VERSION = 1 }; /* PRAGMA user_version */

/* SQLite's answer as one of ours: ERR_FULL, ERR_MEMORY, ERR_BUSY,
 * ERR_MALFORMED (damaged), ERR_EXISTS (a constraint), ERR_DENIED, else
 * ERR_DISK. */
enum err schema_err(int rc);

/* Brings the tables to SCHEMA_VERSION, one transaction a step. ERR_UNSUPPORTED
 * when they are of a later one; ERR_MALFORMED when this is another program's
 * file; and schema_err(). */
MUST_USE enum err schema_prepare(sqlite3 *db);

/* One PRAGMA or a row of one number. */
MUST_USE enum err schema_number(sqlite3 *db, const char *sql, int64_t *out);

/* Statements without results. */
MUST_USE enum err schema_run(sqlite3 *db, const char *sql);

#endif
