/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The small files beside the database: the relay's key, its public address. */
#ifndef UV_FOLDER_H
#define UV_FOLDER_H

#include "base/buf.h"
#include "crypto/dh.h"

/* Written once the relay has a key, and before anybody is told of either. */
#define FOLDER_ADDRESS_FILE "address"

/* Whether it is there, but not for us to look into. */
bool folder_denies(const char *folder);

/* Whether others than its owner may look into it. */
bool folder_is_open(const char *folder);

/* Makes the folder, for nobody else, and those above it; when root makes these
 * others may pass through. *made: the folder itself was not there. ERR_DISK. */
MUST_USE enum err folder_make(const char *folder, bool *made);

/* Appends the content of a file of ours, which is no link. ERR_NOT_FOUND,
 * ERR_DENIED, ERR_DISK, ERR_TOO_LARGE, ERR_MEMORY. */
MUST_USE enum err
folder_read(const char *folder, const char *name, struct buf *out);

/* The same for one of the operator's, which may be a link. */
MUST_USE enum err
folder_read_theirs(const char *folder, const char *name, struct buf *out);

/* Old or new, never between: temporary file, fsync, rename, fsync of the
 * folder. ERR_DISK. */
MUST_USE enum err
folder_write(const char *folder, const char *name, struct bytes content);

/* Whether something has that name. */
bool folder_has(const char *folder, const char *name);

/* The relay's key, made when there is none and make is set. ERR_NOT_FOUND,
 * ERR_DENIED: who asks may not read it; ERR_MALFORMED: the file is damaged;
 * ERR_DISK, ERR_MEMORY. */
MUST_USE enum err
folder_key(const char *folder, bool make, struct dh_secret *secret);

#endif
