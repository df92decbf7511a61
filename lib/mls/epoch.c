/* SPDX-License-Identifier: Apache-2.0 */
/* From one epoch to the next: the steps that the maker of a commit, its
 * receivers and a joiner have in common (RFC 9420 sections 8, 8.1, 11, 12.4).
 */
#include <string.h>

#include "base/mem.h"
#include "group_context.h"
#include "group_private.h"
#include "transcript.h"
#include "tree_hash.h"

struct mls_group *
mls_epoch_empty(void)
{
    struct mls_group *g = mem_new(sizeof *g);

    if (g == NULL)
        return NULL;
    g->id = buf_limited(MLS_LIMIT_BYTES);
    g->extensions = buf_limited(MLS_LIMIT_BYTES);
    g->context = buf_limited(MLS_LIMIT_BYTES);
    g->reinit = buf_limited(MLS_LIMIT_BYTES);
    return g;
}

/* The resumption_psks of g and that of its own epoch, the newest of them. */
static void
copy_past(const struct mls_group *g, struct mls_group *n)
{
    size_t drop = g->past_count == MLS_RESUMPTION_KEPT ? 1 : 0;

    n->past_count = g->past_count - drop;
    memcpy(n->past, g->past + drop, n->past_count * sizeof *n->past);
    n->past[n->past_count].epoch = g->epoch;
    n->past[n->past_count].psk = g->secrets.resumption;
    n->past_count++;
}

enum err
mls_epoch_next(const struct mls_group *g, struct mls_group **out)
{
    struct mls_group *n;
    enum err e;

    if (g->epoch == UINT64_MAX)
        return ERR_FULL;
    n = mls_epoch_empty();
    if (n == NULL)
        return ERR_MEMORY;
    buf_append(&n->id, buf_bytes(&g->id));
    buf_append(&n->extensions, buf_bytes(&g->extensions));
    e = buf_end(&n->id) != ERR_OK ? buf_end(&n->id) : buf_end(&n->extensions);
    if (e != ERR_OK) {
        mls_group_free(n);
        return e;
    }
    n->epoch = g->epoch + 1;
    memcpy(n->confirmed, g->confirmed, sizeof n->confirmed);
    n->confirmed_len = g->confirmed_len;
    n->own = g->own;
    n->signature = g->signature;
    copy_past(g, n);
    *out = n;
    return ERR_OK;
}

enum err
mls_epoch_encode_context(struct mls_group *g)
{
    struct mls_group_context gc = {
        .version = MLS_VERSION_10,
        .cipher_suite = MLS_SUITE,
        .group_id = buf_bytes(&g->id),
        .epoch = g->epoch,
        .tree_hash = BYTES_OF(g->tree_hash),
        .confirmed_transcript_hash = {g->confirmed, g->confirmed_len},
        .extensions = buf_bytes(&g->extensions),
    };

    buf_reset(&g->context);
    mls_group_context_write(&gc, &g->context);
    return buf_end(&g->context);
}

enum err
mls_epoch_start_first(struct mls_group *g, const struct mls_secret *epoch)
{
    struct mls_secret encryption = {0};
    struct bytes confirmed = {g->confirmed, g->confirmed_len};
    enum err e;

    mls_key_schedule_derive(epoch, &g->secrets, &encryption);
    mls_key_schedule_confirmation_tag(&g->secrets.confirmation, confirmed,
                                      g->confirmation_tag);
    mls_transcript_interim(confirmed, BYTES_OF(g->confirmation_tag),
                           g->interim);
    e = mls_secret_tree_new(&encryption, mls_tree_leaf_count(g->tree),
                            &g->ratchets);
    mls_secret_wipe(&encryption);
    return e;
}

/* joiner_secret is there: the rest of the schedule. */
static enum err
start_joined(struct mls_group *g,
             const struct mls_secret *joiner,
             const struct mls_secret *psk,
             struct mls_secret *welcome)
{
    struct mls_secret epoch = {0};
    enum err e;

    e = mls_key_schedule_epoch(joiner, psk, buf_bytes(&g->context), welcome,
                               &epoch);
    if (e == ERR_OK)
        e = mls_epoch_start_first(g, &epoch);
    mls_secret_wipe(&epoch);
    return e;
}

enum err
mls_epoch_start_joiner(struct mls_group *g,
                       const struct mls_secret *joiner,
                       const struct mls_secret *psk)
{
    return start_joined(g, joiner, psk, NULL);
}

enum err
mls_epoch_start(struct mls_group *g,
                const struct mls_secret *init,
                const struct mls_secret *commit,
                const struct mls_secret *psk,
                struct mls_secret *joiner,
                struct mls_secret *welcome)
{
    struct mls_secret made = {0};
    enum err e;

    e = mls_key_schedule_joiner(init, commit, buf_bytes(&g->context), &made);
    if (e == ERR_OK)
        e = start_joined(g, &made, psk, welcome);
    if (e == ERR_OK && joiner != NULL)
        *joiner = made;
    mls_secret_wipe(&made);
    return e;
}
