/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* secret-tree.json: keys of some generations of every leaf, each asked for
 * alone and after those before it. */
#include "mls_vectors.h"

#include "lib/mls/private_message.h"
#include "lib/mls/secret_tree.h"

static void
check_key(struct arena *a,
          const struct json *v,
          const char *key_name,
          const char *nonce_name,
          const struct mls_message_key *got)
{
    assert_bytes(BYTES_OF(got->key.b), json_hex(a, v, key_name));
    assert_bytes(BYTES_OF(got->nonce), json_hex(a, v, nonce_name));
}

/* apply: the tree remembers; else each generation is the first asked for. */
static void
check_leaf(struct arena *a,
           struct mls_secret_tree *t,
           uint32_t leaf,
           const struct json *generations,
           bool apply)
{
    static const char *const names[2][2] = {
        {"handshake_key", "handshake_nonce"},
        {"application_key", "application_nonce"}};
    const struct json *v = generations->first;

    for (; v != NULL; v = v->next) {
        for (int kind = 0; kind < 2; kind++) {
            struct mls_message_key key;
            struct mls_secret_step step;

            assert_ok(mls_secret_tree_get(
                t, (struct mls_leaf_index){leaf}, (enum mls_ratchet_kind)kind,
                (uint32_t)json_number(v, "generation"), &key, &step));
            check_key(a, v, names[kind][0], names[kind][1], &key);
            if (apply)
                mls_secret_tree_apply(t, &step);
            else
                mls_secret_step_wipe(&step);
        }
    }
}

void
vectors_check_secret_tree(struct arena *a, const struct json *c)
{
    const struct json *data = json_object(c, "sender_data");
    const struct json *leaves = json_array(c, "leaves");
    const struct json *v;
    struct mls_secret secret = vector_secret(a, data, "sender_data_secret");
    struct mls_message_key key;
    struct mls_secret_tree *t;
    uint32_t leaf;

    mls_sender_data_key(&secret, json_hex(a, data, "ciphertext"), &key);
    check_key(a, data, "key", "nonce", &key);

    secret = vector_secret(a, c, "encryption_secret");
    assert_ok(mls_secret_tree_new(&secret, (uint32_t)leaves->count, &t));
    for (int apply = 0; apply < 2; apply++) {
        for (v = leaves->first, leaf = 0; v != NULL; v = v->next)
            check_leaf(a, t, leaf++, v, apply != 0);
    }
    mls_secret_tree_free(t);
}
