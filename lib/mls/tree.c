/* SPDX-License-Identifier: Apache-2.0 */
/* The ratchet tree: its pages of shared nodes, RFC 9420 sections 4 and 7.1.
 * What proposals do to it is in tree_change.c. */
#include "tree.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "tree_private.h"

/* --- nodes ------------------------------------------------------------- */

struct mls_node *
mls_node_new(struct bytes raw)
{
    struct mls_node *node;

    if (raw.len > UINT32_MAX)
        return NULL;
    node = mem_new(sizeof *node + raw.len);
    if (node == NULL)
        return NULL;
    node->refs = 1;
    node->len = (uint32_t)raw.len;
    memcpy(node->raw, raw.b, raw.len);
    return node;
}

void
mls_node_release(struct mls_node *node)
{
    if (node != NULL && --node->refs == 0)
        mem_free(node);
}

/* --- pages ------------------------------------------------------------- */

static uint32_t
pages_for(uint32_t leaf_count)
{
    return (2 * leaf_count + MLS_PAGE_NODES - 1) / MLS_PAGE_NODES;
}

static void
page_release(struct mls_page *p)
{
    if (p == NULL || --p->refs > 0)
        return;
    for (size_t i = 0; i < MLS_PAGE_NODES; i++)
        mls_node_release(p->node[i]);
    mem_free(p);
}

static struct mls_page *
page_copy(struct mls_page *old)
{
    struct mls_page *p = mem_new(sizeof *p);

    if (p == NULL)
        return NULL;
    if (old != NULL) {
        memcpy(p, old, sizeof *p);
        for (size_t i = 0; i < MLS_PAGE_NODES; i++)
            if (p->node[i] != NULL)
                p->node[i]->refs++;
        page_release(old);
    }
    p->refs = 1;
    return p;
}

enum err
mls_tree_page(struct mls_tree *t,
              struct mls_node_index n,
              struct mls_page **out)
{
    struct mls_page **place = &t->pages[n.v / MLS_PAGE_NODES];

    if (*place == NULL || (*place)->refs > 1) {
        struct mls_page *p = page_copy(*place);

        if (p == NULL)
            return ERR_MEMORY;
        *place = p;
    }
    *out = *place;
    return ERR_OK;
}

struct mls_node *
mls_tree_node(const struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_page *p;

    if (n.v >= mls_node_count(t->leaf_count))
        return NULL;
    p = t->pages[n.v / MLS_PAGE_NODES];
    return p == NULL ? NULL : p->node[n.v % MLS_PAGE_NODES];
}

enum err
mls_tree_grow(struct mls_tree *t, uint32_t leaf_count)
{
    uint32_t count = pages_for(leaf_count);

    if (count > t->page_count) {
        struct mls_page **pages =
            mem_grow(t->pages, t->page_count * sizeof *t->pages,
                     count * sizeof *t->pages);

        if (pages == NULL)
            return ERR_MEMORY;
        t->pages = pages;
        t->page_count = count;
    }
    /* the table itself need not shrink */
    for (uint32_t i = count; i < t->page_count; i++) {
        page_release(t->pages[i]);
        t->pages[i] = NULL;
    }
    t->leaf_count = leaf_count;
    return ERR_OK;
}

/* --- beginning and end ------------------------------------------------- */

enum err
mls_tree_new(struct mls_tree **out)
{
    struct mls_tree *t = mem_new(sizeof *t);

    if (t == NULL)
        return ERR_MEMORY;
    t->keys = mls_key_index_new();
    if (t->keys == NULL || mls_tree_grow(t, 1) != ERR_OK) {
        mls_tree_free(t);
        return ERR_MEMORY;
    }
    *out = t;
    return ERR_OK;
}

enum err
mls_tree_clone(const struct mls_tree *t, struct mls_tree **out)
{
    struct mls_tree *c = mem_new(sizeof *c);

    if (c == NULL)
        return ERR_MEMORY;
    *c = *t;
    c->pages = mem_new_array(t->page_count, sizeof *c->pages);
    if (c->pages == NULL) {
        mem_free(c);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < t->page_count; i++) {
        c->pages[i] = t->pages[i];
        if (c->pages[i] != NULL)
            c->pages[i]->refs++;
    }
    c->keys->refs++;
    *out = c;
    return ERR_OK;
}

void
mls_tree_free(struct mls_tree *t)
{
    if (t == NULL)
        return;
    for (uint32_t i = 0; i < t->page_count; i++)
        page_release(t->pages[i]);
    mem_free(t->pages);
    mls_key_index_release(t->keys);
    mem_free(t);
}

/* --- looking ----------------------------------------------------------- */

uint32_t
mls_tree_leaf_count(const struct mls_tree *t)
{
    return t->leaf_count;
}

uint32_t
mls_tree_member_count(const struct mls_tree *t)
{
    return t->member_count;
}

bool
mls_tree_has_leaf(const struct mls_tree *t, struct mls_leaf_index leaf)
{
    return leaf.v < t->leaf_count &&
           mls_tree_node(t, mls_node_of_leaf(leaf)) != NULL;
}

bool
mls_tree_is_blank(const struct mls_tree *t, struct mls_node_index n)
{
    return mls_tree_node(t, n) == NULL;
}

struct bytes
mls_tree_raw(const struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_node *node = mls_tree_node(t, n);

    if (node == NULL)
        return (struct bytes){0};
    return (struct bytes){node->raw, node->len};
}

bool
mls_tree_leaf(const struct mls_tree *t,
              struct mls_leaf_index leaf,
              struct mls_leaf_node *out)
{
    struct bytes raw;

    if (!mls_tree_has_leaf(t, leaf))
        return false;
    raw = mls_tree_raw(t, mls_node_of_leaf(leaf));
    return mls_leaf_node_parse(raw, out) == ERR_OK; /* as when it came in */
}

const struct dh_public *
mls_tree_key(const struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_node *node = mls_tree_node(t, n);

    static_assert(sizeof(struct dh_public) == DH_LEN, "bytes and nothing else");
    assert(node != NULL);
    return (const struct dh_public *)(node->raw + 1); /* after its length */
}

/* Without the order of the unmerged leaves, which costs their number. */
static void
read_parent(struct reader *r, struct mls_parent_node *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;
    struct reader key = {.rest = reader_opaque(r)};

    reader_copy(&key, out->encryption_key.b, sizeof out->encryption_key.b);
    out->parent_hash = reader_opaque(r);
    out->unmerged = reader_opaque(r);
    out->raw = (struct bytes){begin, before - r->rest.len};
    if (reader_end(&key) != ERR_OK || out->unmerged.len % 4 != 0)
        reader_fail(r);
}

void
mls_parent_node_read(struct reader *r, struct mls_parent_node *out)
{
    read_parent(r, out);
    for (size_t i = 1; i < mls_unmerged_count(out->unmerged); i++)
        if (mls_unmerged_at(out->unmerged, i - 1).v >=
            mls_unmerged_at(out->unmerged, i).v)
            reader_fail(r); /* 7.1: in increasing order */
}

bool
mls_tree_parent(const struct mls_tree *t,
                struct mls_node_index n,
                struct mls_parent_node *out)
{
    struct reader r = {.rest = mls_tree_raw(t, n)};

    if (r.rest.len == 0)
        return false;
    read_parent(&r, out);
    return reader_end(&r) == ERR_OK; /* as when it came in */
}

size_t
mls_unmerged_count(struct bytes unmerged)
{
    return unmerged.len / 4;
}

struct mls_leaf_index
mls_unmerged_at(struct bytes unmerged, size_t i)
{
    struct reader r = {.rest = bytes_slice(unmerged, 4 * i, 4)};

    return (struct mls_leaf_index){reader_u32(&r)};
}

bool
mls_unmerged_holds(struct bytes unmerged, struct mls_leaf_index leaf)
{
    size_t low = 0, high = mls_unmerged_count(unmerged);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t v = mls_unmerged_at(unmerged, middle).v;

        if (v == leaf.v)
            return true;
        if (v < leaf.v)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

struct mls_leaf_index
mls_tree_next_leaf(const struct mls_tree *t)
{
    struct mls_leaf_index i = {t->next_leaf};

    while (i.v < t->leaf_count && mls_tree_has_leaf(t, i))
        i.v++;
    return i;
}

bool
mls_tree_has_signature_key(const struct mls_tree *t,
                           const struct sign_public *key)
{
    return mls_key_index_has(t, MLS_KEY_SIGNATURE, key->b);
}

bool
mls_tree_has_encryption_key(const struct mls_tree *t,
                            const struct dh_public *key)
{
    return mls_key_index_has(t, MLS_KEY_ENCRYPTION, key->b);
}

uint32_t
mls_tree_duplicate_keys(const struct mls_tree *t)
{
    return t->duplicate_keys;
}

uint32_t
mls_tree_credential_users(const struct mls_tree *t, uint16_t type)
{
    return t->credential_users[type - MLS_CREDENTIAL_BASIC];
}

uint32_t
mls_tree_credential_supporters(const struct mls_tree *t, uint16_t type)
{
    return t->credential_supporters[type - MLS_CREDENTIAL_BASIC];
}
