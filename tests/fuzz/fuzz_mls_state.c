/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A stored blob, chosen by BLOB when it is built: epoch, messages or pending.
 * What belongs with it is made to fit, and digests are mended, so that what is
 * inside is reached.
 * Property: what loads is saved again byte for byte. */
#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "lib/mls/group_context.h"
#include "lib/mls/group_state.h"
#include "lib/mls/tree_hash.h"
#include "mls_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Whose blobs these are; for pending, changed to fit. */
static struct mls_group *member;
static struct buf member_epoch;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct buf messages = buf_limited(WORLD_BYTES);
    struct world w;

    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    world_begin(&w);
    member_epoch = buf_limited(WORLD_BYTES);
    world_save(w.g[1], &member_epoch, &messages);
    world_must(mls_group_load(buf_bytes(&member_epoch), buf_bytes(&messages),
                              &member));
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        mls_group_free(w.g[i]);
    buf_free(&messages);
    return 0;
}

/* Bytes of the input, to be changed in place. */
static uint8_t *
within(struct buf *whole, struct bytes part)
{
    return whole->b + (part.b - whole->b);
}

static void
mend_digest(struct buf *whole, struct bytes blob)
{
    uint8_t digest[HASH_LEN];

    if (blob.len < HASH_LEN)
        return;
    hash_sha256(bytes_slice(blob, 0, blob.len - HASH_LEN), digest);
    memcpy(within(whole, blob) + blob.len - HASH_LEN, digest, HASH_LEN);
}

/* What of an epoch blob ties it to its tree and its messages. */
struct ties {
    struct mls_group_context context;
    struct bytes tag;
    struct bytes tree;
    struct bytes own;
};

/* False when it does not come as far as the tree. */
static bool
read_ties(struct bytes blob, struct ties *out)
{
    struct reader r = {.rest = bytes_slice(blob, 5, blob.len)};

    out->context.version = MLS_VERSION_10;
    out->context.cipher_suite = MLS_SUITE;
    out->context.group_id = reader_opaque(&r);
    out->context.epoch = reader_u64(&r);
    out->context.confirmed_transcript_hash = reader_opaque(&r);
    reader_take(&r, MLS_HASH_LEN); /* interim */
    out->tag = reader_take(&r, MLS_HASH_LEN);
    out->context.tree_hash = reader_take(&r, MLS_HASH_LEN);
    out->context.extensions = reader_opaque(&r);
    out->tree = reader_opaque(&r);
    out->own = reader_take(&r, 4);
    return reader_check(&r) == ERR_OK;
}

/* The tree's hash in its place, then the messages blob's name for the epoch.
 * Gives the number of leaves, 0 when there is no tree. */
static uint32_t
mend_epoch(struct buf *whole, struct bytes blob, uint8_t id[MLS_HASH_LEN])
{
    struct buf context = buf_limited(WORLD_BYTES);
    uint8_t hash[MLS_HASH_LEN];
    struct mls_tree *tree;
    uint32_t leaves;
    struct ties t;

    if (!read_ties(blob, &t) || mls_tree_read(t.tree, &tree) != ERR_OK)
        return 0;
    world_must(mls_tree_hash_root(tree, hash));
    leaves = mls_tree_leaf_count(tree);
    mls_tree_free(tree);
    memcpy(within(whole, t.context.tree_hash), hash, sizeof hash);
    mls_group_context_write(&t.context, &context);
    buf_append(&context, t.own);
    hash_hmac(t.tag, buf_bytes(&context), id);
    buf_free(&context);
    mend_digest(whole, blob);
    return leaves;
}

static void
expect_saved(const struct mls_group *g,
             struct bytes epoch,
             struct bytes messages)
{
    struct buf epoch_again = buf_limited(WORLD_BYTES);
    struct buf messages_again = buf_limited(WORLD_BYTES);

    world_save(g, &epoch_again, &messages_again);
    assert(bytes_equal(epoch, buf_bytes(&epoch_again)));
    assert(bytes_equal(messages, buf_bytes(&messages_again)));
    buf_free(&epoch_again);
    buf_free(&messages_again);
}

static void
load(struct bytes epoch, struct bytes messages)
{
    struct mls_group *g;

    if (mls_group_load(epoch, messages, &g) != ERR_OK)
        return;
    expect_saved(g, epoch, messages);
    mls_group_free(g);
}

/* The messages of an epoch in which nobody has said anything. */
static void
write_messages(const uint8_t id[MLS_HASH_LEN],
               uint32_t leaves,
               bool secrets,
               struct buf *out)
{
    const struct mls_secret root = {{9}};
    struct mls_secret_tree *t;
    size_t mark = mls_state_begin(out, MLS_STATE_MESSAGES);

    buf_append(out, (struct bytes){id, MLS_HASH_LEN});
    buf_u8(out, secrets);
    if (secrets) {
        world_must(mls_secret_tree_new(&root, leaves, &t));
        mls_secret_tree_write(t, NULL, out);
        mls_secret_tree_free(t);
    }
    world_must(mls_state_end(out, mark));
}

static void
try_epoch(struct buf *blob)
{
    struct buf messages = buf_limited(WORLD_BYTES);
    uint8_t id[MLS_HASH_LEN];
    uint32_t leaves = mend_epoch(blob, buf_bytes(blob), id);

    for (int secrets = 0; leaves > 0 && secrets < 2; secrets++) {
        buf_reset(&messages);
        write_messages(id, leaves, secrets == 1, &messages);
        load(buf_bytes(blob), buf_bytes(&messages));
    }
    buf_free(&messages);
}

static void
try_messages(struct buf *blob)
{
    struct bytes epoch = buf_bytes(&member_epoch);
    uint8_t id[MLS_HASH_LEN];

    mend_epoch(&member_epoch, epoch, id); /* changes nothing in it */
    if (blob->len > 5 + MLS_HASH_LEN)
        memcpy(blob->b + 5, id, MLS_HASH_LEN);
    mend_digest(blob, buf_bytes(blob));
    load(epoch, buf_bytes(blob));
}

/* The member becomes what the commit was made from, if the next epoch loads. */
static void
step_back(struct bytes epoch, struct bytes messages)
{
    const struct mls_resumption *last;
    struct mls_group *next;

    if (mls_group_load(epoch, messages, &next) != ERR_OK)
        return;
    if (next->past_count > 0) {
        last = &next->past[next->past_count - 1];
        member->epoch = last->epoch;
        member->own = next->own;
        member->secrets.resumption = last->psk;
        buf_reset(&member->id);
        buf_append(&member->id, buf_bytes(&next->id));
    }
    mls_group_free(next);
}

/* The two blobs inside first, then the one around them. */
static void
try_pending(struct buf *blob)
{
    struct reader r = {.rest = bytes_slice(buf_bytes(blob), 5, blob->len)};
    struct buf again = buf_limited(WORLD_BYTES);
    struct mls_staged *s;
    struct bytes epoch, messages;
    uint8_t id[MLS_HASH_LEN];

    reader_u16(&r);
    reader_opaque(&r);
    epoch = reader_opaque(&r);
    messages = reader_opaque(&r);
    if (reader_check(&r) == ERR_OK && mend_epoch(blob, epoch, id) > 0 &&
        messages.len > 5 + MLS_HASH_LEN) {
        memcpy(within(blob, messages) + 5, id, MLS_HASH_LEN);
        mend_digest(blob, messages);
        step_back(epoch, messages);
    }
    mend_digest(blob, buf_bytes(blob));
    if (mls_staged_load_pending(member, buf_bytes(blob), &s) == ERR_OK) {
        world_must(mls_staged_save_pending(s, &again));
        assert(bytes_equal(buf_bytes(&again), buf_bytes(blob)));
        mls_staged_free(s);
    }
    buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf blob = buf_limited(WORLD_BYTES);

    buf_append(&blob, (struct bytes){data, size});
    if (strcmp(BLOB, "epoch") == 0)
        try_epoch(&blob);
    else if (strcmp(BLOB, "messages") == 0)
        try_messages(&blob);
    else
        try_pending(&blob);
    buf_free(&blob);
    return 0;
}
