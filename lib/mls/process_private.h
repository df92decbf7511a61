/* SPDX-License-Identifier: Apache-2.0 */
/* Between process.c, which opens and authenticates a message, and
 * process_commit.c, which judges the commit in it (RFC 9420 section 12.4.2). */
#ifndef MLS_PROCESS_PRIVATE_H
#define MLS_PROCESS_PRIVATE_H

#include "group_private.h"

/* One message on its way through the checks. Its signature holds when it gets
 * to process_commit.c. */
struct mls_judged {
    const struct mls_group *g;
    const struct mls_process *in;
    struct mls_authenticated_content ac;
};

/* Judges ac, which holds a Commit of a member or of a new member: s becomes
 * COMMIT, REMOVED or LOCKED_OUT. Errors as mls_group_process(). */
MUST_USE enum err
mls_process_commit(const struct mls_judged *j, struct mls_staged *s);

#endif
