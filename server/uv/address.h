/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the relay can be reached, and the link that says so. */
#ifndef UV_ADDRESS_H
#define UV_ADDRESS_H

#include "base/buf.h"
#include "crypto/dh.h"

#include "config.h"

/* Fills in publics when the operator gave none: from the address listened at,
 * or a guess at this machine's (then *guessed). */
void address_guess(struct config *c,
                   const struct config_endpoint *listening,
                   bool *guessed);

/* What may keep people from the address in the link. */
enum address_doubt {
    ADDRESS_GOOD,    /* a name, or an address of the internet that was set */
    ADDRESS_GUESSED, /* this machine's own, and nobody said that it is right */
    ADDRESS_PRIVATE  /* loopback, link-local, of a private network, behind a
                      * provider's NAT, or only for documentation */
};

/* p: one of the publics, which address_load() found when loaded is set. */
enum address_doubt address_doubt(const struct config *c,
                                 const struct config_endpoint *p,
                                 bool loaded);

/* Remembers the publics in the folder, unless it does already, and finds them
 * again. As folder_write() and folder_read(); ERR_MALFORMED. */
MUST_USE enum err address_save(const struct config *c);
MUST_USE enum err address_load(struct config *c);

/* Appends the link. ERR_USE: a host that no link can hold; ERR_MEMORY. */
MUST_USE enum err address_link(const struct config *c,
                               const struct dh_secret *secret,
                               struct buf *out);

#endif
