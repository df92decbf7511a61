/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What groups.c needs beside what core.h says of identity.c. */
#ifndef CLIENT_CORE_IDENTITY_H
#define CLIENT_CORE_IDENTITY_H

#include "core.h"

/* Does not move: mls borrows from the rest. */
struct identity {
    struct client_id credential;
    struct sign_secret signature;
    struct mls_extension name;
    struct mls_identity mls;
};
void identity_new(struct bytes name, struct identity *out);
void identity_wipe(struct identity *who);

/* A group of one, with ourselves as its only admin. */
MUST_USE enum err identity_create_group(struct bytes name,
                                        const struct settings *settings,
                                        uint64_t wall_ms,
                                        struct mls_group **out);

#endif
