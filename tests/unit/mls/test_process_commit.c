/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proposals that wait, and commits: what test_join.c, test_external.c and the
 * vectors do not reach. */
#include "craft_fixture.h"

#include "lib/mls/transcript.h"

/* --- proposals ----------------------------------------------------------- */

static void
bad_proposals(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    assert_err(mls_group_propose_remove(all.of[0].g, (struct mls_leaf_index){2},
                                        MLS_FRAME_PUBLIC, &out, &s),
               ERR_MALFORMED);
    assert_err(mls_group_propose_add(all.of[0].g, bytes_str("no key package"),
                                     MLS_FRAME_PUBLIC, &out, &s),
               ERR_UNSUPPORTED);
    assert_int_equal(out.len, 0);
    all.of[0].g->pending_count = MLS_LIMIT_PENDING; /* as if */
    assert_err(mls_group_propose_remove(all.of[0].g, (struct mls_leaf_index){1},
                                        MLS_FRAME_PUBLIC, &out, &s),
               ERR_FULL);
    all.of[0].g->pending_count = 0;
    buf_free(&out);
    people_free(&all);
}

static void
proposals_by_reference(void **state)
{
    struct people all;
    struct person newcomer;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct mls_change c;

    (void)state;
    people_gather(&all, 4);
    person_init(&newcomer, 8);
    assert_ok(mls_group_propose_add(all.of[1].g, person_key_package(&newcomer),
                                    MLS_FRAME_PRIVATE, &out, &s));
    c = mls_staged_change(s, 0);
    assert_int_equal(c.type, MLS_PROPOSAL_ADD);
    assert_int_equal(c.leaf.v, UINT32_MAX);
    assert_int_equal(c.proposer.v, 1);
    mls_group_merge(all.of[1].g, s);
    for (size_t i = 0; i < 4; i++) {
        if (i != 1)
            person_take(&all.of[i], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    }
    buf_reset(&out);
    assert_ok(mls_group_propose_remove(all.of[2].g, (struct mls_leaf_index){2},
                                       MLS_FRAME_PRIVATE, &out, &s));
    c = mls_staged_change(s, 0);
    assert_int_equal(c.type, MLS_PROPOSAL_REMOVE);
    assert_int_equal(c.leaf.v, 2);
    assert_true(c.by_reference);
    assert_bytes(c.credential, bytes_str("person 02"));
    mls_group_merge(all.of[2].g, s);
    for (size_t i = 0; i < 4; i++) {
        if (i != 2)
            person_take(&all.of[i], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    }
    assert_int_equal(mls_group_pending_count(all.of[0].g), 2);
    buf_reset(&out);
    assert_ok(mls_group_commit(all.of[0].g, &(struct mls_commit_plan){0}, &out,
                               &welcome, &s));
    assert_int_equal(mls_staged_change_count(s), 2);
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_REMOVE);
    assert_int_equal(mls_staged_change(s, 1).leaf.v, 2); /* the freed place */
    assert_int_equal(mls_group_member_count(mls_staged_group(s)), 4);
    person_take(&all.of[2], buf_bytes(&out), MLS_STAGED_REMOVED);
    person_take(&all.of[1], buf_bytes(&out), MLS_STAGED_COMMIT);
    person_take(&all.of[3], buf_bytes(&out), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[0].g, s);
    assert_ok(person_join(&newcomer, buf_bytes(&welcome)));
    assert_int_equal(mls_group_own_leaf(newcomer.g).v, 2);
    person_hear(&newcomer, person_say(&all.of[3], "hi", &out), "hi");
    person_free(&newcomer);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

/* --- commits that no honest member makes --------------------------------- */

/* An ordinary public commit of the first person, taken apart. */
struct taken {
    struct people all;
    struct buf commit;
    struct buf body;
    struct mls_public_message m;
    struct craft c;
};

static void
take_apart(struct taken *t, size_t people)
{
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct mls_staged *s;

    people_gather(&t->all, people);
    t->commit = buf_limited(FIXTURE_BYTES);
    t->body = buf_limited(FIXTURE_BYTES);
    assert_ok(
        mls_group_commit(t->all.of[0].g, &plan, &t->commit, &welcome, &s));
    mls_staged_free(s);
    t->m = craft_open(buf_bytes(&t->commit));
    t->c = craft_begin(&t->all.of[0]);
    t->c.type = MLS_CONTENT_COMMIT;
    t->c.body = t->m.ac.content.body;
    t->c.tag = t->m.ac.auth.confirmation_tag;
    buf_free(&welcome);
}

static void
taken_free(struct taken *t)
{
    buf_free(&t->commit);
    buf_free(&t->body);
    people_free(&t->all);
}

static void
locked_out(void **state)
{
    struct taken t;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_commit commit;
    struct buf before;
    struct mls_staged *s;
    uint8_t tag[MLS_HASH_LEN];
    size_t offset;

    (void)state;
    take_apart(&t, 4);
    before = group_state(t.all.of[1].g);
    /* the same again, unchanged, is a good commit: Ed25519 repeats itself */
    mls_staged_free(
        person_judge(&t.all.of[1], craft_end(&t.c, &out), MLS_STAGED_COMMIT));
    /* the confirmation tag */
    memcpy(tag, t.c.tag.b, sizeof tag);
    tag[5] ^= 1;
    t.c.tag = BYTES_OF(tag);
    s = person_judge(&t.all.of[1], craft_end(&t.c, &out),
                     MLS_STAGED_LOCKED_OUT);
    assert_null(mls_staged_group(s));
    assert_false(mls_staged_changes_epoch(s));
    mls_staged_free(s);
    /* one ciphertext in the path: the last byte of the first */
    t.c.tag = t.m.ac.auth.confirmation_tag;
    assert_ok(mls_commit_parse(t.c.body, &commit));
    assert_true(commit.has_path && commit.path.count > 0);
    buf_append(&t.body, t.c.body);
    offset = (size_t)(commit.path.node[0].ciphertexts.b - t.c.body.b) +
             commit.path.node[0].ciphertexts.len - 1;
    t.body.b[offset] ^= 1;
    t.c.body = buf_bytes(&t.body);
    mls_staged_free(person_judge(&t.all.of[1], craft_end(&t.c, &out),
                                 MLS_STAGED_LOCKED_OUT));
    assert_state(t.all.of[1].g, &before);
    buf_free(&before);
    buf_free(&out);
    taken_free(&t);
}

static void
bad_commits(void **state)
{
    struct taken t;
    struct buf out = buf_limited(FIXTURE_BYTES);
    static const uint8_t ref[MLS_HASH_LEN] = {1};
    size_t mark;

    (void)state;
    take_apart(&t, 4);
    /* the tag has another length */
    t.c.tag.len--;
    refused(&t.all.of[1], craft_end(&t.c, &out), ERR_MALFORMED);
    t.c.tag.len = 0;
    refused(&t.all.of[1], craft_end(&t.c, &out), ERR_MALFORMED);
    t.c.tag.len = MLS_HASH_LEN;
    /* a reference to nothing */
    mark = buf_vector_begin(&t.body);
    mls_commit_write_ref(BYTES_OF(ref), &t.body);
    buf_vector_end(&t.body, mark);
    buf_u8(&t.body, 0);
    t.c.body = buf_bytes(&t.body);
    refused(&t.all.of[1], craft_end(&t.c, &out), ERR_NOT_FOUND);
    /* an empty commit, or one with a Remove, without a path (12.4) */
    buf_reset(&t.body);
    buf_u8(&t.body, 0);
    buf_u8(&t.body, 0);
    t.c.body = buf_bytes(&t.body);
    refused(&t.all.of[1], craft_end(&t.c, &out), ERR_MALFORMED);
    buf_reset(&t.body);
    mark = buf_vector_begin(&t.body);
    mls_proposal_write_remove((struct mls_leaf_index){2}, &out);
    buf_reset(&out);
    mls_proposal_write_remove((struct mls_leaf_index){2}, &out);
    mls_commit_write_proposal(buf_bytes(&out), &t.body);
    buf_vector_end(&t.body, mark);
    buf_u8(&t.body, 0);
    t.c.body = buf_bytes(&t.body);
    refused(&t.all.of[1], craft_end(&t.c, &out), ERR_MALFORMED);
    buf_free(&out);
    taken_free(&t);
}

/* A PSK that we do not know, and one that we do. */
static void
preshared_keys(void **state)
{
    struct people all;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    const struct mls_psk psk = {bytes_str("id"), bytes_str("secret")};
    struct mls_commit_plan plan = {.psks = &psk, .psk_count = 1};
    struct mls_process in = {0};
    struct mls_psk other = {bytes_str("id"), bytes_str("another secret")};
    struct mls_staged *own;
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &own));
    in.message = buf_bytes(&commit);
    assert_err(person_process(&all.of[1], &in, &s), ERR_NOT_FOUND);
    in.psks = &other;
    in.psk_count = 1;
    assert_ok(person_process(&all.of[1], &in, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_LOCKED_OUT);
    mls_staged_free(s);
    in.psks = &psk;
    assert_ok(person_process(&all.of[1], &in, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_COMMIT);
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_PSK);
    mls_group_merge(all.of[1].g, s);
    mls_group_merge(all.of[0].g, own);
    people_agree(&all);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* --- commits made by hand ------------------------------------------------- */

/* A commit without a path around these proposals, with the confirmation tag
 * that it must have (12.4.1 by hand). */
static struct bytes
commit_by_hand(struct person *by, struct bytes proposals, struct buf *out)
{
    const struct mls_secret zero = {{0}};
    struct craft c = craft_begin(by);
    struct buf body = buf_limited(FIXTURE_BYTES);
    struct mls_public_message m;
    struct mls_group *n;
    static uint8_t tag[MLS_HASH_LEN];

    buf_opaque(&body, proposals);
    buf_u8(&body, 0);
    c.type = MLS_CONTENT_COMMIT;
    c.body = buf_bytes(&body);
    c.tag = BYTES_OF(tag);
    m = craft_open(craft_end(&c, out));
    assert_ok(mls_epoch_next(by->g, &n));
    assert_ok(mls_tree_clone(by->g->tree, &n->tree));
    memcpy(n->tree_hash, by->g->tree_hash, sizeof n->tree_hash);
    mls_transcript_confirmed(BYTES_OF(by->g->interim), MLS_WIRE_PUBLIC_MESSAGE,
                             m.ac.encoded, m.ac.auth.signature, n->confirmed);
    n->confirmed_len = MLS_HASH_LEN;
    assert_ok(mls_epoch_encode_context(n));
    assert_ok(
        mls_epoch_start(n, &by->g->secrets.init, &zero, &zero, NULL, NULL));
    memcpy(tag, n->confirmation_tag, sizeof tag);
    craft_end(&c, out);
    mls_group_free(n);
    buf_free(&body);
    return buf_bytes(out);
}

/* After a ReInit nothing more is said in the group (11.2), but its
 * resumption_psk is kept for the next one. */
static void
reinit_ends_the_group(void **state)
{
    struct people all;
    struct buf proposal = buf_limited(4096);
    struct buf list = buf_limited(4096);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf epoch = buf_limited(FIXTURE_BYTES);
    struct buf messages = buf_limited(FIXTURE_BYTES);
    const struct mls_reinit r = {.group_id = bytes_str("next"),
                                 .version = MLS_VERSION_10,
                                 .suite = MLS_SUITE};
    struct mls_staged *s;
    struct mls_group *again;
    struct mls_secret kept;

    (void)state;
    people_gather(&all, 2);
    mls_proposal_write_reinit(&r, &proposal);
    mls_commit_write_proposal(buf_bytes(&proposal), &list);
    s = person_judge(&all.of[1],
                     commit_by_hand(&all.of[0], buf_bytes(&list), &out),
                     MLS_STAGED_COMMIT);
    assert_int_equal(mls_staged_change(s, 0).type, MLS_PROPOSAL_REINIT);
    mls_group_merge(all.of[1].g, s);
    kept = *mls_group_resumption(all.of[1].g, 2);
    assert_ok(mls_group_save_epoch(all.of[1].g, &epoch));
    assert_ok(mls_group_save_messages(all.of[1].g, &messages));
    assert_ok(mls_group_load(buf_bytes(&epoch), buf_bytes(&messages), &again));
    assert_memory_equal(mls_group_resumption(again, 2), &kept, sizeof kept);
    mls_group_free(all.of[1].g);
    all.of[1].g = again;
    buf_reset(&messages);
    assert_err(mls_group_encrypt(again, bytes_str("x"), (struct bytes){0}, 0,
                                 &messages, &s),
               ERR_TURN);
    assert_err(mls_group_propose_update(again, NULL, 0, MLS_FRAME_PUBLIC,
                                        &messages, &s),
               ERR_TURN);
    assert_err(mls_group_propose_remove(again, (struct mls_leaf_index){0},
                                        MLS_FRAME_PUBLIC, &messages, &s),
               ERR_TURN);
    assert_err(mls_group_propose_add(again, (struct bytes){0}, MLS_FRAME_PUBLIC,
                                     &messages, &s),
               ERR_TURN);
    assert_err(mls_group_publish(again, true, &messages), ERR_TURN);
    assert_err(person_refuse(&all.of[1], buf_bytes(&out)), ERR_TURN);
    buf_free(&proposal);
    buf_free(&list);
    buf_free(&out);
    buf_free(&epoch);
    buf_free(&messages);
    people_free(&all);
}

/* A resumption_psk of an epoch that all were in; one that nobody has. */
static void
resumption_psks(void **state)
{
    static const uint8_t nonce[MLS_HASH_LEN] = {1};
    struct mls_psk_id id = {.type = MLS_PSK_RESUMPTION,
                            .usage = MLS_PSK_USAGE_APPLICATION,
                            .psk_group_id = bytes_str("the group"),
                            .psk_epoch = 1,
                            .nonce = BYTES_OF(nonce)};
    struct people all;
    struct buf proposal = buf_limited(4096);
    struct buf list = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 2);
    mls_proposal_write_psk(&id, &proposal);
    mls_commit_write_proposal(buf_bytes(&proposal), &list);
    /* made without it: all that is shared holds, the tag does not */
    mls_staged_free(person_judge(
        &all.of[1], commit_by_hand(&all.of[0], buf_bytes(&list), &out),
        MLS_STAGED_LOCKED_OUT));
    id.psk_epoch = 7;
    buf_reset(&proposal);
    buf_reset(&list);
    mls_proposal_write_psk(&id, &proposal);
    mls_commit_write_proposal(buf_bytes(&proposal), &list);
    refused(&all.of[1], commit_by_hand(&all.of[0], buf_bytes(&list), &out),
            ERR_NOT_FOUND);
    for (uint64_t i = 0; i < MLS_PSKS_MAX; i++) { /* and 256 more */
        id.psk_epoch = 8 + i;
        buf_reset(&proposal);
        mls_proposal_write_psk(&id, &proposal);
        mls_commit_write_proposal(buf_bytes(&proposal), &list);
    }
    refused(&all.of[1], commit_by_hand(&all.of[0], buf_bytes(&list), &out),
            ERR_MALFORMED);
    id.psk_epoch = 1;
    id.usage = MLS_PSK_USAGE_BRANCH; /* not inside a group */
    buf_reset(&proposal);
    buf_reset(&list);
    mls_proposal_write_psk(&id, &proposal);
    mls_commit_write_proposal(buf_bytes(&proposal), &list);
    refused(&all.of[1], commit_by_hand(&all.of[0], buf_bytes(&list), &out),
            ERR_MALFORMED);
    buf_free(&proposal);
    buf_free(&list);
    buf_free(&out);
    people_free(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_proposals),
        cmocka_unit_test(proposals_by_reference),
        cmocka_unit_test(locked_out),
        cmocka_unit_test(bad_commits),
        cmocka_unit_test(preshared_keys),
        cmocka_unit_test(reinit_ends_the_group),
        cmocka_unit_test(resumption_psks),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
