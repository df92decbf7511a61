/* SPDX-License-Identifier: Apache-2.0 */
/* UpdatePath on the wire, RFC 9420 section 7.6. */
#include "treekem.h"

bool
mls_hpke_ciphertext_next(struct reader *r, struct mls_hpke_ciphertext *out)
{
    if (!reader_more(r))
        return false;
    out->kem_output = reader_opaque(r);
    out->ciphertext = reader_opaque(r);
    return reader_check(r) == ERR_OK;
}

static void
read_node(struct reader *r, struct mls_update_path_node *out)
{
    struct reader key = {.rest = reader_opaque(r)};
    struct mls_hpke_ciphertext c;
    struct reader list;

    reader_copy(&key, out->encryption_key.b, sizeof out->encryption_key.b);
    out->ciphertexts = reader_opaque(r);
    out->ciphertext_count = 0;
    list = (struct reader){.rest = out->ciphertexts};
    while (mls_hpke_ciphertext_next(&list, &c))
        out->ciphertext_count++;
    if (reader_end(&key) != ERR_OK || reader_end(&list) != ERR_OK)
        reader_fail(r);
}

void
mls_update_path_read(struct reader *r, struct mls_update_path *out)
{
    struct reader nodes;

    out->count = 0;
    mls_leaf_node_read(r, &out->leaf);
    nodes = (struct reader){.rest = reader_opaque(r)};
    while (reader_more(&nodes)) {
        if (out->count == MLS_TREE_DEPTH_MAX)
            reader_fail(&nodes);
        else
            read_node(&nodes, &out->node[out->count++]);
    }
    if (reader_end(&nodes) != ERR_OK)
        reader_fail(r);
    if (reader_check(r) != ERR_OK)
        out->count = 0;
}
