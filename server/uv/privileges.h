/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay that was started as root does not stay it. */
#ifndef UV_PRIVILEGES_H
#define UV_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Gives root up for good, before any file of the folder is opened. Ports below
 * 1024 may still be bound, until privileges_seal(). Nothing happens when this
 * is not root and user is empty or who we are.
 *
 *  user    a name of the system's, or empty: whoever owns the folder
 *  folder  there already; given to the user with the files in it when it is
 *          root's and a user was named
 *  root    true: still root, since nobody was named and root owns the folder
 *
 * ERR_NOT_FOUND  there is no such user
 * ERR_DENIED     we are not root, and somebody else */
MUST_USE enum err
privileges_drop(const char *user, const char *folder, bool *root);

/* A user of the system's by name; gid may be NULL. ERR_NOT_FOUND. */
MUST_USE enum err privileges_find(const char *name, uid_t *uid, gid_t *gid);

/* What root made in somebody else's folder becomes that one's: plain files of
 * these names, up to a NULL. Nothing happens when we are not root, or root owns
 * the folder. ERR_NOT_FOUND, ERR_DENIED. */
MUST_USE enum err
privileges_hand_over(const char *folder, const char *const *names);

/* No capability is left, whoever we are. ERR_DENIED. capabilities(7). */
MUST_USE enum err privileges_seal(void);

#endif
