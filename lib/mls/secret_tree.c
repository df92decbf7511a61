/* SPDX-License-Identifier: Apache-2.0 */
/* The secret tree and its ratchets (RFC 9420 section 9). How it is stored is in
 * secret_tree_state.c. */
#include "secret_tree.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

static const uint32_t last_generation = UINT32_MAX;

static_assert(MLS_RATCHET_KEPT <= UINT8_MAX, "kept_count is a byte");

static bool
leaf_count_fits(uint32_t n)
{
    return n > 0 && (n & (n - 1)) == 0 && n <= 1U << MLS_SECRET_TREE_DEPTH;
}

enum err
mls_secret_tree_empty(uint32_t leaf_count, struct mls_secret_tree **out)
{
    struct mls_secret_tree *t;

    if (!leaf_count_fits(leaf_count))
        return ERR_MALFORMED;
    t = mem_new(sizeof *t);
    if (t == NULL)
        return ERR_MEMORY;
    t->leaf_count = leaf_count;
    t->node_count = 2 * leaf_count - 1;
    t->nodes = mem_new_array(t->node_count, sizeof *t->nodes);
    t->known = mem_new_array(t->node_count, sizeof *t->known);
    t->leaves = mem_new_array(leaf_count, sizeof *t->leaves);
    if (t->nodes == NULL || t->known == NULL || t->leaves == NULL) {
        mls_secret_tree_free(t);
        return ERR_MEMORY;
    }
    *out = t;
    return ERR_OK;
}

enum err
mls_secret_tree_new(const struct mls_secret *encryption,
                    uint32_t leaf_count,
                    struct mls_secret_tree **out)
{
    enum err e = mls_secret_tree_empty(leaf_count, out);

    if (e != ERR_OK)
        return e;
    (*out)->nodes[leaf_count - 1] = *encryption; /* the root, Appendix C */
    (*out)->known[leaf_count - 1] = 1;
    return ERR_OK;
}

static void
ratchet_wipe(struct mls_ratchet *r)
{
    mem_wipe_free(r->kept, r->kept_count * sizeof *r->kept);
    mem_wipe(r, sizeof *r);
}

void
mls_leaf_ratchets_free(struct mls_leaf_ratchets *l)
{
    if (l == NULL)
        return;
    ratchet_wipe(&l->of[MLS_RATCHET_HANDSHAKE]);
    ratchet_wipe(&l->of[MLS_RATCHET_APPLICATION]);
    mem_free(l);
}

void
mls_secret_tree_free(struct mls_secret_tree *t)
{
    if (t == NULL)
        return;
    for (uint32_t i = 0; t->leaves != NULL && i < t->leaf_count; i++)
        mls_leaf_ratchets_free(t->leaves[i]);
    mem_free(t->leaves);
    mem_free(t->known);
    if (t->nodes != NULL)
        mem_wipe_free(t->nodes, t->node_count * sizeof *t->nodes);
    mem_free(t);
}

static void
derive_node(const struct mls_secret *from,
            const char *label,
            const char *context,
            struct mls_secret *out)
{
    struct mls_secret derived; /* out may be the same memory as from */

    mls_expand_small(from, label, bytes_str(context), derived.b,
                     sizeof derived.b);
    *out = derived;
    mls_secret_wipe(&derived);
}

/* Both ratchets of a leaf from its secret. */
static struct mls_leaf_ratchets *
ratchets_new(const struct mls_secret *leaf)
{
    struct mls_leaf_ratchets *l = mem_new(sizeof *l);

    if (l == NULL)
        return NULL;
    derive_node(leaf, "handshake", "", &l->of[MLS_RATCHET_HANDSHAKE].secret);
    derive_node(leaf, "application", "",
                &l->of[MLS_RATCHET_APPLICATION].secret);
    return l;
}

/* First use of a leaf: walks from the root to it, and from the one node on the
 * way that has a secret derives what lies beside the way and the two ratchets.
 */
static enum err
split(const struct mls_secret_tree *t,
      uint32_t leaf,
      struct mls_secret_step *step)
{
    struct mls_secret here = {0};
    struct mls_fresh_node *side;
    uint32_t at = t->leaf_count - 1;
    bool found = false;

    for (uint32_t half = t->leaf_count / 2;; half /= 2) {
        bool right = at < 2 * leaf;

        if (!found && t->known[at]) {
            found = true;
            here = t->nodes[at];
            step->split_node = at;
        }
        if (half == 0)
            break;
        if (found) {
            side = &step->fresh[step->fresh_count++];
            side->node = right ? at - half : at + half;
            derive_node(&here, "tree", right ? "left" : "right", &side->secret);
            derive_node(&here, "tree", right ? "right" : "left", &here);
        }
        at = right ? at + half : at - half;
    }
    assert(found && at == 2 * leaf);
    step->split = true;
    step->ratchets = ratchets_new(&here);
    mls_secret_wipe(&here);
    return step->ratchets != NULL ? ERR_OK : ERR_MEMORY;
}

/* Begins a step: its `after` is the ratchet as it is, kept still borrowed. */
static enum err
step_begin(const struct mls_secret_tree *t,
           struct mls_leaf_index leaf,
           enum mls_ratchet_kind kind,
           struct mls_secret_step *step)
{
    enum err e = ERR_OK;

    memset(step, 0, sizeof *step);
    if (leaf.v >= t->leaf_count)
        return ERR_MALFORMED;
    step->leaf = leaf.v;
    step->kind = kind;
    if (t->leaves[leaf.v] == NULL) {
        e = split(t, leaf.v, step);
        if (e != ERR_OK)
            mls_secret_step_wipe(step);
        else
            step->after = step->ratchets->of[kind];
    } else {
        step->after = t->leaves[leaf.v]->of[kind];
    }
    step->after.turn++;
    return e;
}

/* Key and nonce of the ratchet's present generation (section 9.1). */
static void
ratchet_key(const struct mls_ratchet *r, struct mls_message_key *key)
{
    mls_derive_tree_secret(&r->secret, "key", r->next, key->key.b,
                           sizeof key->key.b);
    mls_derive_tree_secret(&r->secret, "nonce", r->next, key->nonce,
                           sizeof key->nonce);
}

static void
ratchet_forward(struct mls_ratchet *r)
{
    struct mls_secret next = {0};

    if (r->next == last_generation) {
        mls_secret_wipe(&r->secret);
        r->spent = true;
        return;
    }
    mls_derive_tree_secret(&r->secret, "secret", r->next, next.b,
                           sizeof next.b);
    r->secret = next;
    r->next++;
    mls_secret_wipe(&next);
}

enum err
mls_secret_tree_next(const struct mls_secret_tree *t,
                     struct mls_leaf_index leaf,
                     enum mls_ratchet_kind kind,
                     uint32_t *generation,
                     struct mls_message_key *key,
                     struct mls_secret_step *step)
{
    enum err e = step_begin(t, leaf, kind, step);

    if (e != ERR_OK)
        return e;
    if (step->after.spent) {
        mls_secret_step_wipe(step);
        return ERR_FULL;
    }
    *generation = step->after.next;
    ratchet_key(&step->after, key);
    ratchet_forward(&step->after);
    step->set = true;
    return ERR_OK;
}

/* A new array of kept keys in place of the borrowed one, with room for the
 * newest MLS_RATCHET_KEPT of what was kept and what will be skipped. */
static enum err
keep_begin(struct mls_ratchet *r, uint32_t skipped)
{
    uint32_t fresh = skipped < MLS_RATCHET_KEPT ? skipped : MLS_RATCHET_KEPT;
    uint32_t room = MLS_RATCHET_KEPT - fresh;
    uint32_t old = r->kept_count < room ? r->kept_count : room;
    struct mls_kept_key *kept = mem_new_array(old + fresh, sizeof *kept);

    if (kept == NULL)
        return ERR_MEMORY;
    if (old > 0)
        memcpy(kept, r->kept + (r->kept_count - old), old * sizeof *kept);
    r->kept = kept;
    r->kept_count = (uint8_t)old;
    return ERR_OK;
}

/* Forward to a generation not used yet; what is skipped is kept. */
static enum err
get_ahead(struct mls_secret_step *step,
          uint32_t generation,
          struct mls_message_key *key)
{
    struct mls_ratchet *r = &step->after;
    uint32_t skipped = generation - r->next;
    enum err e;

    if (skipped > MLS_RATCHET_AHEAD)
        return ERR_MALFORMED;
    if (skipped > 0) {
        e = keep_begin(r, skipped);
        if (e != ERR_OK)
            return e;
        step->kept_changed = true;
    }
    while (r->next != generation) {
        if (generation - r->next <= MLS_RATCHET_KEPT) {
            struct mls_kept_key *k = &r->kept[r->kept_count++];

            k->generation = r->next;
            ratchet_key(r, &k->key);
        }
        ratchet_forward(r);
    }
    ratchet_key(r, key);
    ratchet_forward(r);
    return ERR_OK;
}

/* A generation that was skipped: its key leaves the kept ones. */
static enum err
get_kept(struct mls_secret_step *step,
         uint32_t generation,
         struct mls_message_key *key)
{
    struct mls_ratchet *r = &step->after;
    struct mls_kept_key *kept;
    uint8_t at = 0;

    while (at < r->kept_count && r->kept[at].generation != generation)
        at++;
    if (at == r->kept_count)
        return ERR_EXISTS;
    kept = mem_new_array(r->kept_count - 1U, sizeof *kept);
    if (kept == NULL)
        return ERR_MEMORY;
    *key = r->kept[at].key;
    for (uint8_t i = 0, n = 0; i < r->kept_count; i++) {
        if (i != at)
            kept[n++] = r->kept[i];
    }
    r->kept = kept;
    r->kept_count--;
    step->kept_changed = true;
    return ERR_OK;
}

enum err
mls_secret_tree_get(const struct mls_secret_tree *t,
                    struct mls_leaf_index leaf,
                    enum mls_ratchet_kind kind,
                    uint32_t generation,
                    struct mls_message_key *key,
                    struct mls_secret_step *step)
{
    enum err e = step_begin(t, leaf, kind, step);

    if (e != ERR_OK)
        return e;
    if (step->after.spent || generation < step->after.next)
        e = get_kept(step, generation, key);
    else
        e = get_ahead(step, generation, key);
    if (e != ERR_OK) {
        mls_secret_step_wipe(step);
        return e;
    }
    step->set = true;
    return ERR_OK;
}

void
mls_secret_tree_apply(struct mls_secret_tree *t, struct mls_secret_step *step)
{
    struct mls_ratchet *r;

    if (!step->set)
        return;
    if (step->split) {
        assert(t->leaves[step->leaf] == NULL && t->known[step->split_node]);
        mls_secret_wipe(&t->nodes[step->split_node]);
        t->known[step->split_node] = 0;
        for (uint32_t i = 0; i < step->fresh_count; i++) {
            t->nodes[step->fresh[i].node] = step->fresh[i].secret;
            t->known[step->fresh[i].node] = 1;
        }
        t->leaves[step->leaf] = step->ratchets;
        step->ratchets = NULL;
    }
    assert(t->leaves[step->leaf] != NULL);
    r = &t->leaves[step->leaf]->of[step->kind];
    assert(step->after.turn == r->turn + 1);
    if (step->kept_changed) {
        mem_wipe_free(r->kept, r->kept_count * sizeof *r->kept);
        step->kept_changed = false; /* the new array changes hands */
    }
    *r = step->after;
    mls_secret_step_wipe(step);
}

void
mls_secret_step_wipe(struct mls_secret_step *step)
{
    if (step->kept_changed) {
        mem_wipe_free(step->after.kept,
                      step->after.kept_count * sizeof *step->after.kept);
    }
    mls_leaf_ratchets_free(step->ratchets);
    mem_wipe(step, sizeof *step);
}

void
mls_message_key_wipe(struct mls_message_key *k)
{
    mem_wipe(k, sizeof *k);
}
