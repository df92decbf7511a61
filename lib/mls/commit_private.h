/* SPDX-License-Identifier: Apache-2.0 */
/* A commit in the making, for commit*.c only (RFC 9420 section 12.4.1). */
#ifndef MLS_COMMIT_PRIVATE_H
#define MLS_COMMIT_PRIVATE_H

#include "group_private.h"
#include "psk_find.h"

/* What is owned is released by mls_committing_end(). */
struct mls_committing {
    const struct mls_group *g;
    const struct mls_commit_plan *plan;
    const struct mls_group *past; /* that g follows with this commit, or NULL */
    enum mls_psk_usage usage;     /* past only: REINIT or BRANCH */

    struct buf values;               /* the proposals by value, encoded */
    struct mls_proposal_item *items; /* borrow from values and from g */
    size_t item_count;
    struct mls_proposals_result result;

    struct mls_group *next; /* the group after the commit */
    bool has_path;
    struct mls_path_place place;
    struct mls_path path; /* has_path only */
    struct mls_secret commit_secret;
    struct mls_secret psk;
    struct mls_secret joiner;
    struct mls_secret welcome;
};

void mls_committing_end(struct mls_committing *c);

/* commit.c: mls_group_commit() with c, of which the first four are given; the
 * rest is zero. It is ended here. */
MUST_USE enum err mls_commit_make(struct mls_committing *c,
                                  struct buf *commit,
                                  struct buf *welcome,
                                  struct mls_staged **staged);

/* commit_choose.c: fills values, items and result, and makes next with the tree
 * and the extensions that the proposals give. What the plan asks for must be
 * valid; of the waiting proposals those are taken that can stand beside it.
 * ERR_MALFORMED, ERR_EXPIRED, ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_MEMORY. */
MUST_USE enum err mls_commit_choose(struct mls_committing *c);

/* commit_welcome.c: appends one Welcome for all newcomers, or nothing when
 * there are none. ERR_AUTH when an init key is of low order, ERR_MEMORY,
 * ERR_TOO_LARGE. */
MUST_USE enum err
mls_commit_welcome(const struct mls_committing *c, struct buf *out);

#endif
