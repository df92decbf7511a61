/* SPDX-License-Identifier: Apache-2.0 */
/* The index of all keys in a tree, so that "is there already" (RFC 9420
 * sections 7.3 and 12.4.2) costs the same in every tree. Keys that are there
 * twice are allowed for a moment and counted: whether a list of proposals
 * leaves any is asked once, at its end. */
#include "tree_private.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

enum { FIRST_CAP = 16 };

static struct mls_key_index *
index_alloc(uint32_t cap)
{
    struct mls_key_index *x =
        mem_new(sizeof *x + (size_t)cap * sizeof x->slot[0]);

    if (x == NULL)
        return NULL;
    x->refs = 1;
    x->cap = cap;
    return x;
}

struct mls_key_index *
mls_key_index_new(void)
{
    struct mls_key_index *x = index_alloc(FIRST_CAP);

    if (x != NULL)
        random_bytes((uint8_t *)x->salt, sizeof x->salt);
    return x;
}

void
mls_key_index_release(struct mls_key_index *x)
{
    if (x != NULL && --x->refs == 0)
        mem_free(x);
}

/* Multilinear hashing: universal for a secret salt. */
static uint32_t
key_hash(const struct mls_key_index *x,
         enum mls_key_kind kind,
         const uint8_t key[static 32])
{
    uint64_t sum = x->salt[8] * (uint64_t)(kind + 1);

    for (size_t i = 0; i < 8; i++) {
        uint32_t word;

        memcpy(&word, key + 4 * i, sizeof word);
        sum += x->salt[i] * word;
    }
    return (uint32_t)(sum >> 32);
}

static uint32_t
slot_value(struct mls_node_index n, enum mls_key_kind kind)
{
    return 1 + 2 * n.v + (uint32_t)kind;
}

/* Both nodes begin with the encryption key; a leaf has the signature key after
 * it. Each has a length byte in front (keys are 32 bytes). */
static const uint8_t *
key_of_node(const struct mls_node *node, enum mls_key_kind kind)
{
    return node->raw + 1 + (kind == MLS_KEY_SIGNATURE ? 33 : 0);
}

static const uint8_t *
key_of_slot(const struct mls_tree *t, uint32_t value)
{
    struct mls_node_index n = {(value - 1) / 2};

    return key_of_node(mls_tree_node(t, n),
                       (enum mls_key_kind)((value - 1) % 2));
}

/* True when the slot holds this key (of whatever node). */
static bool
slot_is(const struct mls_tree *t,
        const struct mls_key_slot *s,
        uint32_t hash,
        enum mls_key_kind kind,
        const uint8_t key[static 32])
{
    return s->hash == hash && (s->value - 1) % 2 == (uint32_t)kind &&
           memcmp(key_of_slot(t, s->value), key, 32) == 0;
}

static bool
find(const struct mls_tree *t,
     enum mls_key_kind kind,
     const uint8_t key[static 32],
     uint32_t except)
{
    const struct mls_key_index *x = t->keys;
    uint32_t hash = key_hash(x, kind, key);

    for (uint32_t i = hash & (x->cap - 1); x->slot[i].value != 0;
         i = (i + 1) & (x->cap - 1))
        if (x->slot[i].value != except &&
            slot_is(t, &x->slot[i], hash, kind, key))
            return true;
    return false;
}

bool
mls_key_index_has(const struct mls_tree *t,
                  enum mls_key_kind kind,
                  const uint8_t key[static 32])
{
    return find(t, kind, key, 0);
}

static void
place(struct mls_key_index *x, struct mls_key_slot s)
{
    uint32_t i = s.hash & (x->cap - 1);

    while (x->slot[i].value != 0)
        i = (i + 1) & (x->cap - 1);
    x->slot[i] = s;
    x->count++;
}

/* An index of ours alone, with room for two more keys. */
static enum err
make_ours(struct mls_tree *t)
{
    struct mls_key_index *old = t->keys;
    bool full = (old->count + 2) * 4 > old->cap * 3;
    struct mls_key_index *x;

    if (old->refs == 1 && !full)
        return ERR_OK;
    x = index_alloc(full ? old->cap * 2 : old->cap);
    if (x == NULL)
        return ERR_MEMORY;
    memcpy(x->salt, old->salt, sizeof x->salt);
    if (full) {
        for (uint32_t i = 0; i < old->cap; i++)
            if (old->slot[i].value != 0)
                place(x, old->slot[i]);
    } else {
        memcpy(x->slot, old->slot, (size_t)x->cap * sizeof x->slot[0]);
        x->count = old->count;
    }
    mls_key_index_release(old);
    t->keys = x;
    return ERR_OK;
}

static void
insert_one(struct mls_tree *t,
           struct mls_node_index n,
           enum mls_key_kind kind,
           const uint8_t key[static 32])
{
    struct mls_key_slot s = {key_hash(t->keys, kind, key), slot_value(n, kind)};

    if (find(t, kind, key, 0))
        t->duplicate_keys++;
    place(t->keys, s);
}

/* Closes the gap at i: later entries of the run move up unless that would put
 * them before their own place. */
static void
close_gap(struct mls_key_index *x, uint32_t i)
{
    uint32_t mask = x->cap - 1;

    for (uint32_t j = (i + 1) & mask; x->slot[j].value != 0;
         j = (j + 1) & mask) {
        uint32_t home = x->slot[j].hash & mask;

        if (((j - home) & mask) < ((j - i) & mask))
            continue;
        x->slot[i] = x->slot[j];
        i = j;
    }
    x->slot[i] = (struct mls_key_slot){0};
    x->count--;
}

static void
erase_one(struct mls_tree *t,
          struct mls_node_index n,
          enum mls_key_kind kind,
          const uint8_t key[static 32])
{
    struct mls_key_index *x = t->keys;
    uint32_t value = slot_value(n, kind);
    uint32_t i = key_hash(x, kind, key) & (x->cap - 1);

    if (find(t, kind, key, value))
        t->duplicate_keys--;
    while (x->slot[i].value != value)
        i = (i + 1) & (x->cap - 1);
    close_gap(x, i);
}

enum err
mls_key_index_insert(struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_node *node = mls_tree_node(t, n);
    enum err e = make_ours(t);

    if (e != ERR_OK)
        return e;
    insert_one(t, n, MLS_KEY_ENCRYPTION, key_of_node(node, MLS_KEY_ENCRYPTION));
    if (mls_node_is_leaf(n))
        insert_one(t, n, MLS_KEY_SIGNATURE,
                   key_of_node(node, MLS_KEY_SIGNATURE));
    return ERR_OK;
}

enum err
mls_key_index_erase(struct mls_tree *t, struct mls_node_index n)
{
    const struct mls_node *node = mls_tree_node(t, n);
    enum err e = make_ours(t);

    if (e != ERR_OK)
        return e;
    erase_one(t, n, MLS_KEY_ENCRYPTION, key_of_node(node, MLS_KEY_ENCRYPTION));
    if (mls_node_is_leaf(n))
        erase_one(t, n, MLS_KEY_SIGNATURE,
                  key_of_node(node, MLS_KEY_SIGNATURE));
    return ERR_OK;
}
