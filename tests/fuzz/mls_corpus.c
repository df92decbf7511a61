/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mls_corpus FOLDER: writes the first inputs of the fuzz targets of lib/mls
 * into FOLDER/<target>/, taken from a group of three members that was really
 * lived in. Run again when a format changes:
 *
 *     build/fuzz/tests/fuzz/mls_corpus tests/fuzz/corpus */
#include <stdio.h>
#include <sys/stat.h>

#include "lib/mls/group_info.h"
#include "lib/mls/group_private.h"
#include "lib/mls/message.h"
#include "lib/mls/public_message.h"
#include "lib/mls/tree.h"
#include "lib/mls/welcome.h"
#include "mls_world.h"

static const char *root;

static void
keep(const char *target, const char *name, struct bytes content)
{
    char path[4096];
    size_t done;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", root, target);
    (void)mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    f = fopen(path, "wb");
    assert(f != NULL);
    done = fwrite(content.b, 1, content.len, f);
    assert(done == content.len);
    fclose(f);
}

/* The same with one or two bytes in front. */
static void
keep_after(const char *target,
           const char *name,
           struct bytes front,
           struct bytes content)
{
    struct buf b = buf_limited(WORLD_BYTES);

    buf_append(&b, front);
    buf_append(&b, content);
    world_must(buf_end(&b));
    keep(target, name, buf_bytes(&b));
    buf_free(&b);
}

static struct bytes
body_of(struct bytes message)
{
    enum mls_wire_format format;
    struct bytes body;

    world_must(mls_message_read(message, &format, &body));
    return body;
}

/* --- messages ------------------------------------------------------------ */

static void
keep_commit(const char *name, struct bytes commit)
{
    struct mls_commit c;

    world_must(mls_commit_parse(commit, &c));
    keep("mls_commit", name, commit);
    if (c.has_path)
        keep("mls_update_path", name, c.path_raw);
}

/* A public message under all the names that its parts have. */
static void
keep_public(const char *name, struct bytes message)
{
    const uint8_t format[] = {0, MLS_WIRE_PUBLIC_MESSAGE};
    struct mls_public_message m;
    struct buf content = buf_limited(WORLD_BYTES);
    uint8_t type;

    world_must(mls_public_message_read(body_of(message), &m));
    keep("mls_message", name, message);
    keep("mls_public_message", name, body_of(message));
    buf_append(&content, m.ac.encoded);
    mls_content_auth_write(m.ac.content.type, &m.ac.auth, &content);
    keep_after("mls_authenticated_content", name, BYTES_OF(format),
               buf_bytes(&content));
    buf_reset(&content);
    mls_framed_body_write(m.ac.content.type, m.ac.content.body, &content);
    mls_content_auth_write(m.ac.content.type, &m.ac.auth, &content);
    buf_zero(&content, 3);
    type = (uint8_t)m.ac.content.type;
    keep_after("mls_private_content", name, (struct bytes){&type, 1},
               buf_bytes(&content));
    if (m.ac.content.type == MLS_CONTENT_PROPOSAL)
        keep("mls_proposal", name, m.ac.content.body);
    else
        keep_commit(name, m.ac.content.body);
    buf_free(&content);
}

static void
keep_welcome(const char *name, struct bytes message)
{
    keep("mls_message", name, message);
    keep("mls_welcome", name, body_of(message));
}

static void
keep_group_info(const char *name, struct bytes message)
{
    struct mls_group_info gi;
    struct buf list = buf_limited(WORLD_BYTES);

    world_must(mls_group_info_read(body_of(message), &gi));
    keep("mls_message", name, message);
    keep("mls_group_info", name, body_of(message));
    keep("mls_group_context", name, gi.encoded_context);
    buf_opaque(&list, gi.extensions);
    keep("mls_extensions", name, buf_bytes(&list));
    buf_free(&list);
}

/* --- a group ------------------------------------------------------------- */

static void
keep_tree(const char *name, const struct mls_group *g)
{
    struct buf tree = buf_limited(WORLD_BYTES);
    uint32_t nodes = 2 * mls_tree_leaf_count(g->tree) - 1;
    struct mls_leaf_node leaf;

    mls_tree_write(g->tree, &tree);
    keep("mls_ratchet_tree", name, buf_bytes(&tree));
    for (struct mls_node_index n = {0}; n.v < nodes; n.v++) {
        char node_name[64];

        if (mls_tree_is_blank(g->tree, n))
            continue;
        snprintf(node_name, sizeof node_name, "%s_%u", name, n.v);
        if (n.v % 2 == 1) {
            keep("mls_parent_node", node_name, mls_tree_raw(g->tree, n));
            continue;
        }
        keep("mls_leaf_node", node_name, mls_tree_raw(g->tree, n));
        world_must(mls_leaf_node_parse(mls_tree_raw(g->tree, n), &leaf));
        keep("mls_credential", node_name, leaf.credential.raw);
    }
    buf_free(&tree);
}

static void
keep_blobs(const char *name, const struct mls_group *g)
{
    struct buf epoch = buf_limited(WORLD_BYTES);
    struct buf messages = buf_limited(WORLD_BYTES);

    world_save(g, &epoch, &messages);
    keep("mls_state_epoch", name, buf_bytes(&epoch));
    keep("mls_state_messages", name, buf_bytes(&messages));
    buf_free(&epoch);
    buf_free(&messages);
}

/* The others merge it; the maker does, too. */
static void
all_merge(struct world *w,
          size_t from,
          struct bytes message,
          struct mls_staged *s)
{
    struct mls_process in = {.message = message};
    struct mls_staged *theirs;

    for (size_t i = 0; i < WORLD_MEMBERS; i++) {
        if (i == from)
            continue;
        world_must(mls_group_process(w->g[i], &in, &theirs));
        mls_group_merge(w->g[i], theirs);
    }
    mls_group_merge(w->g[from], s);
}

static void
commit(struct world *w,
       size_t from,
       const char *name,
       struct mls_commit_plan plan)
{
    struct buf message = buf_limited(WORLD_BYTES);
    struct buf welcome = buf_limited(WORLD_BYTES);
    struct buf pending = buf_limited(WORLD_BYTES);
    struct mls_staged *s;

    plan.framing = MLS_FRAME_PUBLIC;
    world_must(mls_group_commit(w->g[from], &plan, &message, &welcome, &s));
    keep_public(name, buf_bytes(&message));
    if (welcome.len > 0)
        keep_welcome(name, buf_bytes(&welcome));
    world_must(mls_staged_save_pending(s, &pending));
    keep("mls_state_pending", name, buf_bytes(&pending));
    all_merge(w, from, buf_bytes(&message), s);
    keep_tree(name, w->g[from]);
    keep_blobs(name, w->g[1]);
    buf_free(&message);
    buf_free(&welcome);
    buf_free(&pending);
}

static void
live(struct world *w)
{
    const struct mls_leaf_index leaf = {2};
    const uint8_t required[] = {2, 0, 10, 0, 2, 0, 1};
    const struct mls_extension extension = {MLS_EXTENSION_REQUIRED_CAPABILITIES,
                                            BYTES_OF(required)};
    const struct mls_psk psk = {bytes_str("psk"), bytes_str("secret")};
    struct buf message = buf_limited(WORLD_BYTES);
    struct mls_staged *s;

    commit(w, 0, "path", (struct mls_commit_plan){0});
    world_must(mls_group_propose_update(w->g[1], NULL, 0, MLS_FRAME_PUBLIC,
                                        &message, &s));
    keep_public("update", buf_bytes(&message));
    all_merge(w, 1, buf_bytes(&message), s);
    keep_blobs("waiting", w->g[1]);
    buf_reset(&message);
    world_must(mls_group_propose_remove(w->g[1], leaf, MLS_FRAME_PUBLIC,
                                        &message, &s));
    keep_public("remove", buf_bytes(&message));
    mls_staged_free(s);
    commit(w, 0, "by_reference", (struct mls_commit_plan){0});
    commit(w, 2, "extensions",
           (struct mls_commit_plan){.extensions = &extension,
                                    .extension_count = 1,
                                    .replace_extensions = true});
    keep("mls_required_capabilities", "some", BYTES_OF(required));
    buf_reset(&message);
    for (size_t i = 0; i < 3; i++) {
        buf_reset(&message);
        world_must(mls_group_encrypt(w->g[0], bytes_str("text"),
                                     bytes_str("aad"), 5, &message, &s));
        mls_group_merge(w->g[0], s);
    }
    keep("mls_message", "text", buf_bytes(&message));
    keep("mls_private_message", "text", body_of(buf_bytes(&message)));
    world_must(mls_group_process(
        w->g[1], &(struct mls_process){.message = buf_bytes(&message)}, &s));
    mls_group_merge(w->g[1], s);
    keep_blobs("skipped", w->g[1]);
    buf_reset(&message);
    world_must(mls_group_publish(w->g[0], true, &message));
    keep_group_info("published", buf_bytes(&message));
    buf_reset(&message);
    world_must(mls_group_commit(
        w->g[1],
        &(struct mls_commit_plan){
            .psks = &psk, .psk_count = 1, .framing = MLS_FRAME_PUBLIC},
        &message, &message, &s));
    keep_public("psk", buf_bytes(&message));
    mls_staged_free(s);
    buf_free(&message);
}

/* A fourth is added, and then taken out: blank leaves. */
static void
add_and_remove(struct world *w)
{
    struct buf kp = buf_limited(WORLD_BYTES);
    struct mls_key_package_secret secret;
    struct mls_identity who = {.credential = bytes_str("fourth")};
    const struct mls_leaf_index fourth = {3};
    struct sign_public pub;
    struct bytes add;

    sign_generate(&who.signature, &pub);
    world_must(mls_key_package_new(&who, 0, UINT64_MAX, true, &kp, &secret));
    add = buf_bytes(&kp);
    keep("mls_key_package", "fourth", add);
    keep("mls_message", "fourth", add);
    commit(w, 1, "add", (struct mls_commit_plan){.adds = &add, .add_count = 1});
    commit(w, 2, "after_add", (struct mls_commit_plan){.force_path = true});
    commit(w, 2, "taken_out",
           (struct mls_commit_plan){.removes = &fourth, .remove_count = 1});
    buf_free(&kp);
}

/* --- what no member of ours makes ----------------------------------------- */

static void
keep_small(void)
{
    const uint8_t sender[] = {0, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4};
    const uint8_t x509[] = {0, 2, 7, 2, 'a', 'b', 3, 'c', 'd', 'e'};
    const uint8_t text[] = {1, 4, 't', 'e', 'x', 't', 2, 's', 'g', 0, 0};
    const uint8_t nonce[MLS_HASH_LEN] = {7};
    const struct mls_secret secret = {{5}};
    struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL,
                            .id = bytes_str("psk"),
                            .nonce = BYTES_OF(nonce)};
    struct mls_psk_id resumption = {.type = MLS_PSK_RESUMPTION,
                                    .usage = MLS_PSK_USAGE_BRANCH,
                                    .psk_group_id = bytes_str("world"),
                                    .psk_epoch = 3,
                                    .nonce = BYTES_OF(nonce)};
    struct mls_group_secrets s = {.joiner_secret = BYTES_OF(secret.b)};
    struct buf psks = buf_limited(WORLD_BYTES);
    struct buf out = buf_limited(WORLD_BYTES);

    keep("mls_sender_data", "one", BYTES_OF(sender));
    keep("mls_credential", "x509", BYTES_OF(x509));
    keep("mls_private_content", "text", BYTES_OF(text));
    mls_psk_id_write(&id, &psks);
    keep("mls_psk_id", "external", buf_bytes(&psks));
    mls_psk_id_write(&resumption, &out);
    keep("mls_psk_id", "branch", buf_bytes(&out));
    buf_append(&psks, buf_bytes(&out));
    buf_reset(&out);
    mls_group_secrets_write(&s, &out);
    keep("mls_group_secrets", "joiner", buf_bytes(&out));
    s.has_path_secret = true;
    s.path_secret = BYTES_OF(secret.b);
    s.psks = buf_bytes(&psks);
    buf_reset(&out);
    mls_group_secrets_write(&s, &out);
    keep("mls_group_secrets", "path_psks", buf_bytes(&out));
    buf_free(&psks);
    buf_free(&out);
}

static void
keep_proposals(void)
{
    const uint8_t key[32] = {1};
    const struct mls_reinit reinit = {.group_id = bytes_str("next"),
                                      .version = MLS_VERSION_10,
                                      .suite = MLS_SUITE};
    struct buf out = buf_limited(WORLD_BYTES);
    struct buf senders = buf_limited(WORLD_BYTES);
    struct mls_extension extension;
    size_t mark = buf_vector_begin(&senders);

    buf_opaque(&senders, BYTES_OF(key));
    mls_credential_write_basic(bytes_str("server"), &senders);
    buf_vector_end(&senders, mark);
    keep("mls_external_senders", "one", buf_bytes(&senders));
    extension = (struct mls_extension){MLS_EXTENSION_EXTERNAL_SENDERS,
                                       buf_bytes(&senders)};
    mark = buf_vector_begin(&out);
    mls_extensions_write(&extension, 1, &out);
    buf_vector_end(&out, mark);
    keep("mls_extensions", "senders", buf_bytes(&out));
    buf_reset(&out);
    mls_proposal_write_reinit(&reinit, &out);
    keep("mls_proposal", "reinit", buf_bytes(&out));
    buf_reset(&out);
    mls_proposal_write_external_init(BYTES_OF(key), &out);
    keep("mls_proposal", "external_init", buf_bytes(&out));
    buf_free(&out);
    buf_free(&senders);
}

int
main(int argc, char **argv)
{
    struct world w;

    if (argc != 2) {
        fprintf(stderr, "usage: %s folder\n", argv[0]);
        return 64;
    }
    root = argv[1];
    if (random_start() != ERR_OK)
        return 1;
    world_begin(&w);
    keep_small();
    keep_proposals();
    live(&w);
    add_and_remove(&w);
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        mls_group_free(w.g[i]);
    return 0;
}
