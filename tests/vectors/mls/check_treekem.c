/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* treekem.json: update paths processed and made (RFC 9420 sections 7.4 to
 * 7.6). */
#include "mls_vectors.h"

#include "lib/mls/parent_hash.h"
#include "lib/mls/tree_check.h"
#include "lib/mls/tree_hash.h"
#include "lib/mls/treekem.h"

struct scene {
    struct arena *a;
    const struct json *c;
    struct bytes group_id;
    struct mls_tree *tree; /* the original */
    uint32_t leaves;       /* of the tree; one of each for each leaf: */
    bool *member;
    struct mls_tree_keys *keys;
    struct sign_secret *signature;
};

static struct mls_secret
to_secret(struct bytes in)
{
    struct mls_secret s;

    assert_int_equal(in.len, sizeof s.b);
    memcpy(s.b, in.b, sizeof s.b);
    return s;
}

/* One entry of leaves_private: every key fits the tree. */
static void
take_member(struct scene *s, const struct json *v)
{
    struct mls_leaf_index leaf = {(uint32_t)json_number(v, "index")};
    struct bytes seed = json_hex(s->a, v, "signature_priv");
    struct mls_tree_keys *keys;
    struct sign_public pub;
    struct mls_leaf_node view;
    struct dh_secret secret;
    size_t count;

    assert_true(json_number(v, "index") < s->leaves);
    assert_true(seed.len >= SIGN_SEED_LEN);
    keys = &s->keys[leaf.v];
    vector_fill(s->a, v, "encryption_priv", secret.b, sizeof secret.b);
    mls_tree_keys_init(keys, leaf);
    mls_tree_keys_set(keys, mls_node_of_leaf(leaf), &secret);
    for (const struct json *p = json_array(v, "path_secrets")->first; p != NULL;
         p = p->next) {
        struct mls_node_index n = {(uint32_t)json_number(p, "node")};
        struct mls_secret path = to_secret(json_hex(s->a, p, "path_secret"));
        struct mls_tree_chain chain;

        assert_true(mls_node_covers(n, mls_node_of_leaf(leaf)));
        mls_tree_chain_derive(&path, &n, 1, &chain);
        mls_tree_keys_take(keys, &chain);
    }
    count = keys->count;
    mls_tree_keys_prune(keys, s->tree);
    assert_int_equal(keys->count, count);

    sign_from_seed(seed.b, &s->signature[leaf.v], &pub);
    assert_true(mls_tree_leaf(s->tree, leaf, &view));
    assert_bytes(BYTES_OF(pub.b), BYTES_OF(view.signature_key.b));
    s->member[leaf.v] = true;
}

static void
write_context(const struct scene *s, struct mls_tree *t, struct buf *out)
{
    uint8_t hash[MLS_HASH_LEN];
    struct mls_group_context gc = {
        .version = MLS_VERSION_10,
        .cipher_suite = MLS_SUITE,
        .group_id = s->group_id,
        .epoch = json_number(s->c, "epoch"),
        .tree_hash = BYTES_OF(hash),
        .confirmed_transcript_hash =
            json_hex(s->a, s->c, "confirmed_transcript_hash"),
    };

    assert_ok(mls_tree_hash_root(t, hash));
    mls_group_context_write(&gc, out);
    assert_ok(buf_end(out));
}

/* Every member but the sender opens the path and gets commit_secret. */
static void
all_open(const struct scene *s,
         const struct mls_tree *t,
         const struct mls_path_place *place,
         const struct mls_update_path *path,
         struct bytes context,
         const struct mls_secret *commit_secret)
{
    for (uint32_t i = 0; i < s->leaves; i++) {
        struct mls_tree_keys keys = s->keys[i];
        struct mls_secret got;

        if (!s->member[i] || i == place->sender.v)
            continue;
        assert_ok(mls_update_path_open(t, place, path, context, &keys, &got));
        assert_bytes(BYTES_OF(got.b), BYTES_OF(commit_secret->b));
    }
}

/* path_secrets[j] is what leaf j decrypts: seen by the keys that come of it. */
static void
check_path_secrets(const struct scene *s,
                   const struct mls_tree *t,
                   const struct mls_path_place *place,
                   const struct json *list)
{
    struct mls_direct_path nodes = mls_tree_filtered_path(t, place->sender);
    uint32_t j = 0;

    for (const struct json *v = list->first; v != NULL; v = v->next, j++) {
        struct mls_node_index us = {2 * j};
        struct mls_tree_chain chain;
        struct mls_secret secret;
        size_t i = 0;

        assert_true(j < s->leaves);
        assert_int_equal(v->kind == JSON_STRING,
                         s->member[j] && j != place->sender.v);
        if (v->kind != JSON_STRING)
            continue;
        secret = to_secret(json_hex_value(s->a, v));
        while (i < nodes.count && !mls_node_covers(nodes.node[i], us))
            i++;
        assert_true(i < nodes.count);
        mls_tree_chain_derive(&secret, &nodes.node[i], 1, &chain);
        assert_bytes(BYTES_OF(chain.key[0].pub.b),
                     BYTES_OF(mls_tree_key(t, nodes.node[i])->b));
    }
    assert_int_equal(j, s->leaves);
}

static void
check_given(const struct scene *s, const struct json *u)
{
    struct mls_path_place place = {
        .sender = {(uint32_t)json_number(u, "sender")},
        .group_id = s->group_id};
    struct reader r = {.rest = json_hex(s->a, u, "update_path")};
    struct mls_secret commit = to_secret(json_hex(s->a, u, "commit_secret"));
    struct buf context = buf_limited(MLS_LIMIT_BYTES);
    struct mls_update_path path;
    uint8_t hash[MLS_HASH_LEN];
    struct mls_tree *t;

    mls_update_path_read(&r, &path);
    assert_ok(reader_end(&r));
    assert_true(place.sender.v < s->leaves && s->member[place.sender.v]);
    assert_ok(mls_tree_clone(s->tree, &t));
    assert_ok(mls_check_update_path(t, &place, &path));
    assert_ok(mls_update_path_apply(t, &place, &path));
    assert_ok(mls_tree_hash_root(t, hash));
    assert_bytes(BYTES_OF(hash), json_hex(s->a, u, "tree_hash_after"));
    assert_ok(mls_check_parent_hashes(t));
    write_context(s, t, &context);
    all_open(s, t, &place, &path, buf_bytes(&context), &commit);
    check_path_secrets(s, t, &place, json_array(u, "path_secrets"));
    mls_tree_free(t);
    buf_free(&context);
}

static void
check_made(const struct scene *s, uint32_t sender)
{
    struct mls_path_place place = {.sender = {sender}, .group_id = s->group_id};
    struct mls_path_plan plan = {.place = &place,
                                 .signature = s->signature + sender};
    struct mls_tree_keys keys;
    struct buf context = buf_limited(MLS_LIMIT_BYTES),
               wire = buf_limited(MLS_LIMIT_BYTES);
    struct mls_update_path path;
    struct mls_path made;
    struct mls_tree *t, *theirs;
    struct reader r;

    assert_true(sender < s->leaves && s->member[sender]);
    keys = s->keys[sender];
    assert_ok(mls_tree_clone(s->tree, &t));
    assert_ok(mls_path_make(t, &plan, &keys, &made));
    write_context(s, t, &context);
    assert_ok(mls_path_write(t, &place, &made, buf_bytes(&context), &wire));
    r = (struct reader){.rest = buf_bytes(&wire)};
    mls_update_path_read(&r, &path);
    assert_ok(reader_end(&r));

    assert_ok(mls_tree_clone(s->tree, &theirs));
    assert_ok(mls_check_update_path(theirs, &place, &path));
    assert_ok(mls_update_path_apply(theirs, &place, &path));
    assert_ok(mls_check_tree(theirs, s->group_id, (struct bytes){0}));
    all_open(s, theirs, &place, &path, buf_bytes(&context),
             &made.commit_secret);
    mls_tree_free(t);
    mls_tree_free(theirs);
    buf_free(&context);
    buf_free(&wire);
}

void
vectors_check_treekem(struct arena *a, const struct json *c)
{
    struct scene s = {.a = a, .c = c, .group_id = json_hex(a, c, "group_id")};

    assert_ok(mls_tree_read(json_hex(a, c, "ratchet_tree"), &s.tree));
    s.leaves = mls_tree_leaf_count(s.tree);
    s.member = arena_new(a, s.leaves * sizeof *s.member);
    s.keys = arena_new(a, s.leaves * sizeof *s.keys);
    s.signature = arena_new(a, s.leaves * sizeof *s.signature);
    assert_true(s.member != NULL && s.keys != NULL && s.signature != NULL);
    for (const struct json *v = json_array(c, "leaves_private")->first;
         v != NULL; v = v->next)
        take_member(&s, v);
    for (const struct json *u = json_array(c, "update_paths")->first; u != NULL;
         u = u->next) {
        check_given(&s, u);
        check_made(&s, (uint32_t)json_number(u, "sender"));
    }
    mls_tree_free(s.tree);
}
