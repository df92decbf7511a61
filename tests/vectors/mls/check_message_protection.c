/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message-protection.json: both framings, both ways. The sender is leaf 1 of
 * two. */
#include "mls_vectors.h"

#include "lib/mls/message.h"
#include "lib/mls/private_message.h"
#include "lib/mls/public_message.h"

/* The inputs of a case. */
struct protection {
    struct arena *a;
    const struct json *c;
    struct buf context;
    struct mls_secret membership;
    struct mls_secret sender_data;
    struct sign_secret signature;
    struct sign_public pub;
    struct mls_secret_tree *tree;
};

static const struct mls_leaf_index sender_leaf = {1};

static void
open_public(struct protection *p, struct bytes message, struct bytes want)
{
    struct mls_public_message m;
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(message, &format, &body));
    assert_int_equal(format, MLS_WIRE_PUBLIC_MESSAGE);
    assert_ok(mls_public_message_read(body, &m));
    assert_ok(
        mls_public_message_check(&m, &p->membership, buf_bytes(&p->context)));
    assert_ok(mls_authenticated_content_verify(&m.ac, &p->pub,
                                               buf_bytes(&p->context)));
    assert_bytes(m.ac.content.body, want);
}

static void
open_private(struct protection *p, struct bytes message, struct bytes want)
{
    struct mls_private_message m;
    struct mls_authenticated_content ac;
    struct mls_sender_data sender;
    struct mls_message_key key;
    struct mls_secret_step step;
    struct buf plain = buf_limited(MLS_LIMIT_BYTES);
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(message, &format, &body));
    assert_int_equal(format, MLS_WIRE_PRIVATE_MESSAGE);
    assert_ok(mls_private_message_read(body, &m));
    assert_ok(mls_private_message_open_sender(&m, &p->sender_data, &sender));
    assert_int_equal(sender.leaf.v, sender_leaf.v);
    assert_ok(mls_secret_tree_get(p->tree, sender.leaf,
                                  m.type == MLS_CONTENT_APPLICATION
                                      ? MLS_RATCHET_APPLICATION
                                      : MLS_RATCHET_HANDSHAKE,
                                  sender.generation, &key, &step));
    assert_ok(mls_private_message_open(&m, &sender, &key, &plain, &ac));
    mls_secret_step_wipe(&step);
    assert_ok(
        mls_authenticated_content_verify(&ac, &p->pub, buf_bytes(&p->context)));
    assert_bytes(ac.content.body, want);
    buf_free(&plain);
}

/* Ours, in one framing or the other, opens again. */
static void
protect(struct protection *p,
        enum mls_content_type type,
        enum mls_wire_format format,
        struct bytes content)
{
    static const uint8_t tag[MLS_HASH_LEN] = {7};
    struct mls_authenticated_content ac = {
        .wire_format = format,
        .content = {.group_id = json_hex(p->a, p->c, "group_id"),
                    .epoch = json_number(p->c, "epoch"),
                    .sender = {MLS_SENDER_MEMBER, sender_leaf.v},
                    .type = type,
                    .body = content},
    };
    struct buf encoded = buf_limited(MLS_LIMIT_BYTES);
    struct buf out = buf_limited(MLS_LIMIT_BYTES);
    uint8_t signature[SIGN_LEN];
    struct mls_message_key key;
    struct mls_secret_step step;
    struct mls_private_seal how = {
        .sender_data = &p->sender_data, .key = &key, .padding = 5};

    mls_framed_content_write(&ac.content, &encoded);
    ac.encoded = buf_bytes(&encoded);
    ac.auth.confirmation_tag = BYTES_OF(tag);
    assert_ok(mls_authenticated_content_sign(
        &ac, &p->signature, buf_bytes(&p->context), signature));
    if (format == MLS_WIRE_PUBLIC_MESSAGE && type == MLS_CONTENT_APPLICATION) {
        assert_err(mls_public_message_protect(&ac, &p->membership,
                                              buf_bytes(&p->context), &out),
                   ERR_USE);
    } else if (format == MLS_WIRE_PUBLIC_MESSAGE) {
        assert_ok(mls_public_message_protect(&ac, &p->membership,
                                             buf_bytes(&p->context), &out));
        open_public(p, buf_bytes(&out), content);
    } else {
        assert_ok(mls_secret_tree_next(p->tree, sender_leaf,
                                       type == MLS_CONTENT_APPLICATION
                                           ? MLS_RATCHET_APPLICATION
                                           : MLS_RATCHET_HANDSHAKE,
                                       &how.generation, &key, &step));
        mls_secret_step_wipe(&step);
        assert_ok(mls_private_message_protect(&ac, &how, &out));
        open_private(p, buf_bytes(&out), content);
    }
    buf_free(&encoded);
    buf_free(&out);
}

static void
run_contents(struct protection *p)
{
    static const struct {
        enum mls_content_type type;
        const char *raw;
        const char *pub;
        const char *priv;
    } kinds[] = {
        {MLS_CONTENT_PROPOSAL, "proposal", "proposal_pub", "proposal_priv"},
        {MLS_CONTENT_COMMIT, "commit", "commit_pub", "commit_priv"},
        {MLS_CONTENT_APPLICATION, "application", NULL, "application_priv"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct bytes raw = json_hex(p->a, p->c, kinds[i].raw);

        if (kinds[i].pub != NULL)
            open_public(p, json_hex(p->a, p->c, kinds[i].pub), raw);
        open_private(p, json_hex(p->a, p->c, kinds[i].priv), raw);
        protect(p, kinds[i].type, MLS_WIRE_PUBLIC_MESSAGE, raw);
        protect(p, kinds[i].type, MLS_WIRE_PRIVATE_MESSAGE, raw);
    }
}

void
vectors_check_message_protection(struct arena *a, const struct json *c)
{
    struct mls_group_context gc = {
        .version = MLS_VERSION_10,
        .cipher_suite = MLS_SUITE,
        .group_id = json_hex(a, c, "group_id"),
        .epoch = json_number(c, "epoch"),
        .tree_hash = json_hex(a, c, "tree_hash"),
        .confirmed_transcript_hash =
            json_hex(a, c, "confirmed_transcript_hash"),
    };
    struct protection p = {
        .a = a, .c = c, .context = buf_limited(MLS_LIMIT_BYTES)};
    struct mls_secret encryption = vector_secret(a, c, "encryption_secret");
    struct bytes seed;

    mls_group_context_write(&gc, &p.context);
    assert_ok(buf_end(&p.context));
    p.membership = vector_secret(a, c, "membership_key");
    p.sender_data = vector_secret(a, c, "sender_data_secret");
    seed = json_hex(a, c, "signature_priv");
    assert_true(seed.len >= SIGN_SEED_LEN);
    sign_from_seed(seed.b, &p.signature, &p.pub);
    assert_bytes(BYTES_OF(p.pub.b), json_hex(a, c, "signature_pub"));
    assert_ok(mls_secret_tree_new(&encryption, 2, &p.tree));
    run_contents(&p);
    mls_secret_tree_free(p.tree);
    buf_free(&p.context);
}
