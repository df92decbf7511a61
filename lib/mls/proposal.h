/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals and the Commit that lists them, RFC 9420 sections 12.1 and 12.4:
 * the form on the wire. */
#ifndef MLS_PROPOSAL_H
#define MLS_PROPOSAL_H

#include "key_package_read.h"
#include "psk.h"
#include "treekem.h"

/* Borrowed. Only the field of its type is filled. */
struct mls_proposal {
    struct bytes raw; /* the whole as received, type included */
    enum mls_proposal_type type;
    union {
        struct mls_key_package add;
        struct mls_leaf_node update;
        uint32_t remove; /* a leaf as it came: not bounded yet */
        struct mls_psk_id psk;
        struct mls_reinit reinit;
        struct bytes external_init;    /* kem_output */
        struct bytes group_extensions; /* a list */
    } u;
};

/* Sticky; a type that we do not know fails: it has no known length. */
void mls_proposal_read(struct reader *r, struct mls_proposal *out);

/* All of in. ERR_MALFORMED. */
MUST_USE enum err mls_proposal_parse(struct bytes in, struct mls_proposal *out);

/* Append an encoded Proposal. Errors stick in out. */
void mls_proposal_write_add(struct bytes key_package, struct buf *out);
void mls_proposal_write_update(struct bytes leaf, struct buf *out);
void mls_proposal_write_remove(struct mls_leaf_index leaf, struct buf *out);
void mls_proposal_write_psk(const struct mls_psk_id *id, struct buf *out);
void mls_proposal_write_reinit(const struct mls_reinit *in, struct buf *out);
void mls_proposal_write_external_init(struct bytes kem_output, struct buf *out);
void mls_proposal_write_extensions(struct bytes list, struct buf *out);

/* Writes what was read again, field by field (not raw): for round trips. */
void mls_proposal_write(const struct mls_proposal *in, struct buf *out);

/* Commit (12.4). */
struct mls_commit {
    struct bytes proposals; /* content of the vector of ProposalOrRef */
    size_t proposal_count;
    bool has_path;
    struct bytes path_raw; /* the UpdatePath as received */
    struct mls_update_path path;
};

/* Sticky; walks everything. */
void mls_commit_read(struct reader *r, struct mls_commit *out);
MUST_USE enum err mls_commit_parse(struct bytes in, struct mls_commit *out);

struct mls_proposal_or_ref {
    bool by_reference;
    struct bytes ref;             /* by reference; 32 bytes when valid */
    struct mls_proposal proposal; /* by value */
};

/* Walks commit.proposals: false at the end. Start with {.rest = proposals}. */
bool mls_commit_next(struct reader *r, struct mls_proposal_or_ref *out);

/* Appends one ProposalOrRef. */
void mls_commit_write_proposal(struct bytes proposal, struct buf *out);
void mls_commit_write_ref(struct bytes ref, struct buf *out);

#endif
