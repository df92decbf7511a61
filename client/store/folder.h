/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A profile's folder and the small files in it: nobody else's, no symbolic
 * links, 0700 and 0600 (threats G-06). Names are without a slash. */
#ifndef CLIENT_STORE_FOLDER_H
#define CLIENT_STORE_FOLDER_H

#include "base/buf.h"

enum { FOLDER_PATH_MAX = 4096 };

struct folder {
    int fd; /* -1: none */
    char path[FOLDER_PATH_MAX];
};

enum folder_want {
    FOLDER_LOOK,  /* it is there; nothing is changed, nobody is kept out */
    FOLDER_OWN,   /* it is there; others are kept out until folder_close() */
    FOLDER_CREATE /* made when missing, with those above it; others kept out */
};

/* ERR_NOT_FOUND  no such folder
 * ERR_DENIED     not ours, a link, no folder, or open to others and neither
 * empty nor a profile; what is open to others and ours is closed ERR_BUSY
 * another process owns it ERR_USE        the path is too long or empty
 * ERR_FULL, ERR_DISK */
MUST_USE enum err
folder_open(const char *path, enum folder_want want, struct folder *out);
void folder_close(struct folder *f);

/* True when a file, or anything else, has this name. */
bool folder_has(const struct folder *f, const char *name);

/* Appends a file's content. ERR_NOT_FOUND, ERR_DENIED, ERR_DISK, ERR_MEMORY;
 * ERR_TOO_LARGE over out's limit. */
MUST_USE enum err
folder_read(const struct folder *f, const char *name, struct buf *out);

/* Puts a file in the place of what had this name, whole or not at all, durable
 * on return; the old content is then overwritten. ERR_FULL, ERR_DISK,
 * ERR_DENIED. */
MUST_USE enum err
folder_write(const struct folder *f, const char *name, struct bytes content);

/* An empty file. ERR_EXISTS, ERR_FULL, ERR_DISK, ERR_DENIED. */
MUST_USE enum err folder_make(const struct folder *f, const char *name);

/* A file that is there must be an ordinary one of ours; it is closed to others.
 * ERR_NOT_FOUND, ERR_DENIED, ERR_DISK. */
MUST_USE enum err folder_check(const struct folder *f, const char *name);

/* Overwrites a file with random bytes and removes it; no error when there is
 * none. ERR_DISK. */
MUST_USE enum err folder_destroy(const struct folder *f, const char *name);

/* Only removes it. ERR_DISK. */
MUST_USE enum err folder_remove(const struct folder *f, const char *name);

#endif
