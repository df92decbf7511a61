/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "group_fixture.h"

#include "crypto/hash.h"

/* Both blobs of a group. */
struct blobs {
    struct buf epoch;
    struct buf messages;
};

static struct blobs
save(const struct mls_group *g)
{
    struct blobs b = {buf_limited(FIXTURE_BYTES), buf_limited(FIXTURE_BYTES)};

    assert_ok(mls_group_save_epoch(g, &b.epoch));
    assert_ok(mls_group_save_messages(g, &b.messages));
    return b;
}

static struct blobs
save_staged(const struct mls_staged *s, const struct mls_group *g)
{
    struct blobs b = {buf_limited(FIXTURE_BYTES), buf_limited(FIXTURE_BYTES)};

    assert_ok(mls_staged_save_epoch(s, g, &b.epoch));
    assert_ok(mls_staged_save_messages(s, g, &b.messages));
    return b;
}

static enum err
load(const struct blobs *b, struct mls_group **out)
{
    return mls_group_load(buf_bytes(&b->epoch), buf_bytes(&b->messages), out);
}

static void
blobs_free(struct blobs *b)
{
    buf_free(&b->epoch);
    buf_free(&b->messages);
}

/* The group of p goes through the blobs. */
static void
restart(struct person *p)
{
    struct blobs b = save(p->g);
    struct mls_group *again;

    assert_ok(load(&b, &again));
    mls_group_free(p->g);
    p->g = again;
    blobs_free(&b);
}

/* What is saved before the merge is what is saved after it; then merges. */
static void
merge_checked(struct person *p, struct mls_staged *s)
{
    bool changes = mls_staged_changes_epoch(s);
    struct blobs before = save(p->g);
    struct blobs staged = save_staged(s, p->g);
    struct blobs after;

    mls_group_merge(p->g, s);
    after = save(p->g);
    assert_bytes(buf_bytes(&after.epoch), buf_bytes(&staged.epoch));
    assert_bytes(buf_bytes(&after.messages), buf_bytes(&staged.messages));
    assert_int_equal(
        !bytes_equal(buf_bytes(&after.epoch), buf_bytes(&before.epoch)),
        changes);
    blobs_free(&before);
    blobs_free(&staged);
    blobs_free(&after);
}

/* Everybody is restarted before every single step, and all goes on. */
static void
life_with_restarts(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {0};
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 4);
    for (size_t round = 0; round < 8; round++) {
        size_t from = round % 4;
        size_t to = (round + 1) % 4;

        for (size_t i = 0; i < 4; i++)
            restart(&all.of[i]);
        buf_reset(&out);
        assert_ok(mls_group_encrypt(all.of[from].g, bytes_str("hm"),
                                    (struct bytes){0}, 0, &out, &s));
        merge_checked(&all.of[from], s);
        merge_checked(&all.of[to], person_judge(&all.of[to], buf_bytes(&out),
                                                MLS_STAGED_APPLICATION));

        buf_reset(&out);
        assert_ok(mls_group_propose_update(
            all.of[to].g, NULL, 0,
            round % 2 == 0 ? MLS_FRAME_PUBLIC : MLS_FRAME_PRIVATE, &out, &s));
        merge_checked(&all.of[to], s);
        for (size_t i = 0; i < 4; i++) {
            if (i != to)
                merge_checked(&all.of[i],
                              person_judge(&all.of[i], buf_bytes(&out),
                                           MLS_STAGED_PROPOSAL));
            restart(&all.of[i]);
            assert_int_equal(mls_group_pending_count(all.of[i].g), 1);
        }

        buf_reset(&commit);
        assert_ok(
            mls_group_commit(all.of[from].g, &plan, &commit, &welcome, &s));
        for (size_t i = 0; i < 4; i++) {
            if (i != from)
                merge_checked(&all.of[i],
                              person_judge(&all.of[i], buf_bytes(&commit),
                                           MLS_STAGED_COMMIT));
        }
        merge_checked(&all.of[from], s);
        people_agree(&all);
        assert_int_equal(mls_group_pending_count(all.of[0].g), 0);
    }
    buf_free(&out);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

static void
pending_commit_survives(void **state)
{
    struct people all;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf blob = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {2};
    struct mls_commit_plan plan = {.removes = &who,
                                   .remove_count = 1,
                                   .authenticated_data = bytes_str("aad")};
    struct mls_staged *s;
    struct mls_staged *again;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    assert_ok(mls_staged_save_pending(s, &blob));
    mls_staged_free(s);
    restart(&all.of[0]);
    assert_ok(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &again));
    assert_int_equal(mls_staged_kind(again), MLS_STAGED_COMMIT);
    assert_int_equal(mls_staged_change_count(again), 1);
    assert_int_equal(mls_staged_change(again, 0).type, MLS_PROPOSAL_REMOVE);
    assert_int_equal(mls_staged_change(again, 0).leaf.v, 2);
    assert_bytes(mls_staged_change(again, 0).credential,
                 bytes_str("person 02"));
    assert_bytes(mls_staged_authenticated_data(again), bytes_str("aad"));
    assert_int_equal(mls_staged_sender(again).v, 0);
    assert_int_equal(mls_staged_sender_type(again), MLS_SENDER_MEMBER);
    s = person_judge(&all.of[1], buf_bytes(&commit), MLS_STAGED_COMMIT);
    assert_err(mls_staged_save_pending(s, &blob), ERR_USE); /* not ours */
    mls_group_merge(all.of[1].g, s);
    mls_group_merge(all.of[0].g, again);
    mls_group_free(all.of[2].g);
    all.of[2].g = NULL;
    people_agree(&all);

    /* for another epoch, damaged, or cut off */
    assert_err(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &s),
               ERR_EPOCH);
    blob.b[40] ^= 1;
    assert_err(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &s),
               ERR_MALFORMED);
    assert_err(mls_staged_load_pending(
                   all.of[0].g, bytes_slice(buf_bytes(&blob), 0, 30), &s),
               ERR_MALFORMED);
    buf_free(&blob);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* --- damage -------------------------------------------------------------- */

static void
damaged(void **state)
{
    struct people all;
    struct blobs b;
    struct mls_group *g = NULL;

    (void)state;
    people_gather(&all, 3);
    b = save(all.of[1].g);
    for (size_t i = 0; i < b.epoch.len; i += 1 + b.epoch.len / 200) {
        b.epoch.b[i] ^= 0x10;
        assert_int_not_equal(load(&b, &g), ERR_OK);
        b.epoch.b[i] ^= 0x10;
    }
    for (size_t i = 0; i < b.messages.len; i++) {
        b.messages.b[i] ^= 0x10;
        assert_int_not_equal(load(&b, &g), ERR_OK);
        b.messages.b[i] ^= 0x10;
    }
    for (size_t i = 0; i < b.messages.len; i++) {
        struct bytes cut = bytes_slice(buf_bytes(&b.messages), 0, i);

        assert_err(mls_group_load(buf_bytes(&b.epoch), cut, &g), ERR_MALFORMED);
    }
    for (size_t i = 0; i < b.epoch.len; i += 1 + b.epoch.len / 200) {
        struct bytes cut = bytes_slice(buf_bytes(&b.epoch), 0, i);

        assert_err(mls_group_load(cut, buf_bytes(&b.messages), &g),
                   ERR_MALFORMED);
    }
    /* the wrong way round */
    assert_err(mls_group_load(buf_bytes(&b.messages), buf_bytes(&b.epoch), &g),
               ERR_MALFORMED);
    assert_ok(load(&b, &g));
    mls_group_free(g);
    blobs_free(&b);
    people_free(&all);
}

/* Makes the digest fit again: what is refused then is refused for itself. */
static void
mend(struct buf *b)
{
    hash_sha256(bytes_slice(buf_bytes(b), 0, b->len - HASH_LEN),
                b->b + b->len - HASH_LEN);
}

static void
foreign(void **state)
{
    struct people all;
    struct blobs a;
    struct blobs b;
    struct mls_group *g = NULL;

    (void)state;
    people_gather(&all, 2);
    a = save(all.of[0].g);
    a.epoch.b[2] = 2; /* the version after this */
    mend(&a.epoch);
    assert_err(load(&a, &g), ERR_UNSUPPORTED);
    a.epoch.b[2] = 1;
    a.epoch.b[4] = 1; /* another suite */
    mend(&a.epoch);
    assert_err(load(&a, &g), ERR_UNSUPPORTED);
    a.epoch.b[4] = 3;
    mend(&a.epoch);
    assert_ok(load(&a, &g));
    mls_group_free(g);

    /* blobs of two epochs do not belong together */
    people_commit(&all, 0, &(struct mls_commit_plan){0}, &a.messages);
    b = save(all.of[0].g);
    buf_reset(&a.messages);
    assert_err(mls_group_load(buf_bytes(&a.epoch), buf_bytes(&b.messages), &g),
               ERR_MALFORMED);
    blobs_free(&a);
    blobs_free(&b);
    people_free(&all);
}

/* Neither the messages of another group, nor those of another member of the
 * same epoch: with them we would use generations again that we have used. */
static void
foreign_messages(void **state)
{
    struct people all, others;
    struct blobs a, b, c;
    struct mls_group *g = NULL;

    (void)state;
    people_gather(&all, 2);
    people_gather(&others, 2);
    a = save(all.of[0].g);
    b = save(all.of[1].g);
    c = save(others.of[0].g);
    assert_err(mls_group_load(buf_bytes(&a.epoch), buf_bytes(&b.messages), &g),
               ERR_MALFORMED);
    assert_err(mls_group_load(buf_bytes(&a.epoch), buf_bytes(&c.messages), &g),
               ERR_MALFORMED);
    assert_err(mls_group_load(buf_bytes(&c.epoch), buf_bytes(&a.messages), &g),
               ERR_MALFORMED);
    assert_ok(load(&a, &g));
    mls_group_free(g);
    blobs_free(&a);
    blobs_free(&b);
    blobs_free(&c);
    people_free(&all);
    people_free(&others);
}

/* A commit kept for later is of one group, one member, one epoch. */
static void
foreign_pending(void **state)
{
    struct people all, others;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf blob = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {0};
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    people_gather(&others, 2);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    assert_ok(mls_staged_save_pending(s, &blob));
    mls_staged_free(s);
    assert_err(mls_staged_load_pending(others.of[0].g, buf_bytes(&blob), &s),
               ERR_EPOCH);
    assert_err(mls_staged_load_pending(all.of[1].g, buf_bytes(&blob), &s),
               ERR_EPOCH);
    blob.b[2]++; /* the version after this */
    mend(&blob);
    assert_err(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &s),
               ERR_UNSUPPORTED);
    blob.b[2]--;
    mend(&blob);
    assert_ok(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &s));
    mls_staged_free(s);
    buf_free(&commit);
    buf_free(&welcome);
    buf_free(&blob);
    people_free(&all);
    people_free(&others);
}

/* --- the caller's transaction --------------------------------------------- */

/* Stores what the merge would make; when the store fails, the change is thrown
 * away. disk is what is stored; gives whether it worked. */
static bool
store(struct person *p, struct mls_staged *s, bool works, struct blobs *disk)
{
    struct blobs fresh = save_staged(s, p->g);

    if (!works) {
        mls_staged_free(s);
        blobs_free(&fresh);
        return false;
    }
    blobs_free(disk);
    *disk = fresh;
    mls_group_merge(p->g, s);
    return true;
}

static void
assert_disk(const struct person *p, const struct blobs *disk)
{
    struct blobs b = save(p->g);

    assert_bytes(buf_bytes(&b.epoch), buf_bytes(&disk->epoch));
    assert_bytes(buf_bytes(&b.messages), buf_bytes(&disk->messages));
    blobs_free(&b);
}

/* Judged, not stored: as if it had never come, and it may come again. */
static void
failed_store(void **state)
{
    struct people all;
    struct buf text = buf_limited(FIXTURE_BYTES);
    struct buf proposal = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct person *p;
    struct mls_staged *s;
    struct blobs disk;

    (void)state;
    people_gather(&all, 3);
    p = &all.of[1];
    disk = save(p->g);
    person_say(&all.of[0], "text", &text);
    assert_ok(mls_group_propose_update(all.of[2].g, NULL, 0, MLS_FRAME_PRIVATE,
                                       &proposal, &s));
    mls_group_merge(all.of[2].g, s);
    person_take(&all.of[0], buf_bytes(&proposal), MLS_STAGED_PROPOSAL);
    assert_ok(mls_group_commit(all.of[0].g, &(struct mls_commit_plan){0},
                               &commit, &welcome, &s));
    mls_group_merge(all.of[0].g, s);
    for (int works = 0; works < 2; works++) {
        s = person_judge(p, buf_bytes(&text), MLS_STAGED_APPLICATION);
        assert_int_equal(store(p, s, works, &disk), works);
        assert_disk(p, &disk);
    }
    assert_err(person_refuse(p, buf_bytes(&text)), ERR_EXISTS);
    for (int works = 0; works < 2; works++) {
        s = person_judge(p, buf_bytes(&proposal), MLS_STAGED_PROPOSAL);
        assert_int_equal(store(p, s, works, &disk), works);
        assert_disk(p, &disk);
        assert_int_equal(mls_group_pending_count(p->g), works);
    }
    for (int works = 0; works < 2; works++) {
        s = person_judge(p, buf_bytes(&commit), MLS_STAGED_COMMIT);
        assert_int_equal(store(p, s, works, &disk), works);
        assert_disk(p, &disk);
    }
    person_take(&all.of[2], buf_bytes(&commit), MLS_STAGED_COMMIT);
    people_agree(&all);
    restart(p);
    assert_disk(p, &disk);
    blobs_free(&disk);
    buf_free(&text);
    buf_free(&proposal);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* What was sealed and not stored never left: the generation is used again, by
 * other words. Stored and not merged, as after a crash: it is never used again.
 */
static void
failed_store_of_our_own(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct person *p;
    struct mls_staged *s;
    struct blobs disk;

    (void)state;
    people_gather(&all, 2);
    p = &all.of[0];
    disk = save(p->g);
    assert_ok(mls_group_encrypt(p->g, bytes_str("lost"), (struct bytes){0}, 0,
                                &out, &s));
    assert_false(store(p, s, false, &disk));
    assert_disk(p, &disk);
    person_hear(&all.of[1], person_say(p, "first", &out), "first");

    buf_reset(&out);
    blobs_free(&disk);
    assert_ok(mls_group_encrypt(p->g, bytes_str("second"), (struct bytes){0}, 0,
                                &out, &s));
    disk = save_staged(s, p->g);
    mls_staged_free(s);
    mls_group_free(p->g);
    assert_ok(load(&disk, &p->g));
    person_hear(&all.of[1], buf_bytes(&out), "second");
    person_hear(&all.of[1], person_say(p, "third", &out), "third");
    blobs_free(&disk);
    buf_free(&out);
    people_free(&all);
}

/* A buffer that is too small has in it what it had before. */
static void
no_room(void **state)
{
    struct people all;
    struct buf out = buf_limited(64);
    struct mls_staged *s;
    struct buf message = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_commit(all.of[0].g, &(struct mls_commit_plan){0},
                               &message, &welcome, &s));
    for (int i = 0; i < 5; i++) {
        enum err e = ERR_OK;

        buf_free(&out);
        buf_append(&out, bytes_str("before"));
        if (i == 0)
            e = mls_group_save_epoch(all.of[0].g, &out);
        else if (i == 1)
            e = mls_group_save_messages(all.of[0].g, &out);
        else if (i == 2)
            e = mls_staged_save_epoch(s, all.of[0].g, &out);
        else if (i == 3)
            e = mls_staged_save_messages(s, all.of[0].g, &out);
        else
            e = mls_staged_save_pending(s, &out);
        assert_err(e, ERR_TOO_LARGE);
        assert_bytes(buf_bytes(&out), bytes_str("before"));
    }
    mls_staged_free(s);
    buf_free(&out);
    buf_free(&message);
    buf_free(&welcome);
    people_free(&all);
}

/* What _save() makes of the group as it is now does not load. */
static void
assert_nonsense(const struct mls_group *g)
{
    struct blobs b = save(g);
    struct mls_group *again;

    assert_err(load(&b, &again), ERR_MALFORMED);
    blobs_free(&b);
}

/* Groups that cannot be, stored as if they were: the digest fits. */
static void
stored_nonsense(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_secret_tree *ratchets;
    struct mls_secret_tree *small;
    struct mls_staged *s;
    struct mls_group *g;
    struct mls_group *again;
    struct blobs b;

    (void)state;
    people_gather(&all, 3);
    g = all.of[1].g;
    assert_ok(mls_group_propose_update(g, NULL, 0, MLS_FRAME_PUBLIC, &out, &s));
    mls_group_merge(g, s);

    g->own.v = 2; /* the keys are those of leaf 1 */
    assert_nonsense(g);
    g->own.v = 1;
    g->pending->sender.type = (enum mls_sender_type)7;
    assert_nonsense(g);
    g->pending->sender.type = MLS_SENDER_MEMBER;
    ratchets = g->ratchets;
    assert_ok(mls_secret_tree_new(&g->secrets.init, 2, &small));
    g->ratchets = small; /* the tree has four leaves */
    assert_nonsense(g);
    g->ratchets = ratchets;
    mls_secret_tree_free(small);
    g->tree_hash[0] ^= 1;
    assert_ok(mls_epoch_encode_context(g));
    assert_nonsense(g);
    g->tree_hash[0] ^= 1;
    g->confirmed_len = 16;
    assert_ok(mls_epoch_encode_context(g));
    assert_nonsense(g);
    g->confirmed_len = MLS_HASH_LEN;
    assert_ok(mls_epoch_encode_context(g));

    /* no secrets, and yet not closed */
    g->closed = true;
    mls_secret_tree_free(g->ratchets);
    g->ratchets = NULL;
    b = save(g);
    assert_ok(load(&b, &again));
    mls_group_free(again);
    b.epoch.b[b.epoch.len - HASH_LEN - 2] = 0;
    mend(&b.epoch);
    assert_err(load(&b, &again), ERR_MALFORMED);
    blobs_free(&b);
    buf_free(&out);
    people_free(&all);
}

static void
pending_nonsense(void **state)
{
    struct people all;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf blob = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {2};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct mls_staged *s;
    struct mls_staged *again;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    s->wire_format = MLS_WIRE_WELCOME;
    assert_ok(mls_staged_save_pending(s, &blob));
    assert_err(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &again),
               ERR_MALFORMED);
    s->wire_format = MLS_WIRE_PRIVATE_MESSAGE;
    s->items[0].change.type = (enum mls_proposal_type)8;
    buf_reset(&blob);
    assert_ok(mls_staged_save_pending(s, &blob));
    assert_err(mls_staged_load_pending(all.of[0].g, buf_bytes(&blob), &again),
               ERR_MALFORMED);
    mls_staged_free(s);
    buf_free(&blob);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* --- what must not be in the blobs --------------------------------------- */

static bool
holds(const struct buf *in, const uint8_t *what, size_t len)
{
    for (size_t i = 0; i + len <= in->len; i++) {
        if (memcmp(in->b + i, what, len) == 0)
            return true;
    }
    return false;
}

static void
old_secrets_are_gone(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_epoch_secrets old;
    struct mls_tree_keys keys;
    struct mls_secret chain;
    struct mls_secret root;
    struct blobs b;

    (void)state;
    people_gather(&all, 2);
    root = all.of[1].g->ratchets->nodes[all.of[1].g->ratchets->leaf_count - 1];
    person_hear(&all.of[1], person_say(&all.of[0], "a", &out), "a");
    chain =
        all.of[1].g->ratchets->leaves[0]->of[MLS_RATCHET_APPLICATION].secret;
    b = save(all.of[1].g);
    assert_true(holds(&b.messages, chain.b, sizeof chain.b));
    assert_false(holds(&b.messages, root.b, sizeof root.b));
    blobs_free(&b);
    person_hear(&all.of[1], person_say(&all.of[0], "b", &out), "b");
    b = save(all.of[1].g);
    assert_false(holds(&b.messages, chain.b, sizeof chain.b));
    blobs_free(&b);

    old = all.of[1].g->secrets;
    keys = all.of[1].g->keys;
    people_commit(&all, 1, &(struct mls_commit_plan){0}, &welcome);
    b = save(all.of[1].g);
    assert_false(holds(&b.epoch, old.init.b, MLS_HASH_LEN));
    assert_false(holds(&b.epoch, old.exporter.b, MLS_HASH_LEN));
    assert_false(holds(&b.epoch, old.sender_data.b, MLS_HASH_LEN));
    assert_false(holds(&b.epoch, old.external.b, MLS_HASH_LEN));
    assert_true(holds(&b.epoch, old.resumption.b, MLS_HASH_LEN)); /* 8.4 */
    for (size_t i = 0; i < keys.count; i++)
        assert_false(holds(&b.epoch, keys.key[i].secret.b, DH_LEN));
    blobs_free(&b);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

/* Whoever was removed stores no secret, and can be loaded. */
static void
removed_state(void **state)
{
    struct people all;
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {1};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct mls_epoch_secrets old;
    struct mls_staged *s;
    struct blobs b;

    (void)state;
    people_gather(&all, 2);
    old = all.of[1].g->secrets;
    assert_ok(mls_group_commit(all.of[0].g, &plan, &commit, &welcome, &s));
    mls_staged_free(s);
    merge_checked(&all.of[1], person_judge(&all.of[1], buf_bytes(&commit),
                                           MLS_STAGED_REMOVED));
    b = save(all.of[1].g);
    assert_false(holds(&b.epoch, old.exporter.b, MLS_HASH_LEN));
    assert_false(holds(&b.epoch, old.resumption.b, MLS_HASH_LEN));
    assert_false(holds(&b.epoch, all.of[1].who.signature.b, SIGN_SEED_LEN));
    blobs_free(&b);
    restart(&all.of[1]);
    assert_err(person_refuse(&all.of[1], buf_bytes(&commit)), ERR_TURN);
    assert_int_equal(mls_group_epoch(all.of[1].g), 1);
    buf_free(&commit);
    buf_free(&welcome);
    people_free(&all);
}

/* The oldest resumption secrets make room. */
static void
past_epochs(void **state)
{
    struct people all;
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_secret first;

    (void)state;
    people_gather(&all, 2);
    first = *mls_group_resumption(all.of[0].g, 1);
    for (uint64_t i = 0; i < MLS_RESUMPTION_KEPT; i++) {
        people_commit(&all, 1, &(struct mls_commit_plan){0}, &welcome);
        restart(&all.of[0]);
        assert_non_null(mls_group_resumption(all.of[0].g, 1));
        assert_memory_equal(mls_group_resumption(all.of[0].g, 1), &first,
                            sizeof first);
    }
    people_commit(&all, 1, &(struct mls_commit_plan){0}, &welcome);
    assert_null(mls_group_resumption(all.of[0].g, 1));
    assert_non_null(mls_group_resumption(all.of[0].g, 2));
    assert_null(mls_group_resumption(all.of[0].g, 99));
    buf_free(&welcome);
    people_free(&all);
}

/* --- allocations --------------------------------------------------------- */

static enum err
save_once(void *context)
{
    const struct person *p = context;
    struct buf a = buf_limited(FIXTURE_BYTES);
    struct buf b = buf_limited(FIXTURE_BYTES);
    enum err e = mls_group_save_epoch(p->g, &a);

    if (e == ERR_OK)
        e = mls_group_save_messages(p->g, &b);
    buf_free(&a);
    buf_free(&b);
    return e;
}

static enum err
load_once(void *context)
{
    struct mls_group *g;
    enum err e = load(context, &g);

    if (e == ERR_OK)
        mls_group_free(g);
    return e;
}

/* A pending commit, and the group it was made from. */
struct kept {
    struct mls_group *g;
    struct mls_staged *s;
    struct buf blob;
};

static enum err
keep_once(void *context)
{
    const struct kept *k = context;
    struct buf out = buf_limited(FIXTURE_BYTES);
    enum err e = mls_staged_save_pending(k->s, &out);

    buf_free(&out);
    return e;
}

static enum err
load_kept_once(void *context)
{
    struct kept *k = context;
    struct mls_staged *s;
    enum err e = mls_staged_load_pending(k->g, buf_bytes(&k->blob), &s);

    if (e == ERR_OK)
        mls_staged_free(s);
    return e;
}

static void
without_memory(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct kept k = {.blob = buf_limited(FIXTURE_BYTES)};
    struct mls_staged *s;
    struct blobs b;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_propose_update(all.of[1].g, NULL, 0, MLS_FRAME_PUBLIC,
                                       &out, &s));
    mls_group_merge(all.of[1].g, s);
    every_allocation_fails(save_once, &all.of[1]);
    b = save(all.of[1].g);
    every_allocation_fails(load_once, &b);
    blobs_free(&b);
    buf_reset(&out);
    assert_ok(mls_group_commit(all.of[1].g, &(struct mls_commit_plan){0}, &out,
                               &welcome, &k.s));
    assert_ok(mls_staged_save_pending(k.s, &k.blob));
    k.g = all.of[1].g;
    every_allocation_fails(keep_once, &k);
    every_allocation_fails(load_kept_once, &k);
    mls_staged_free(k.s);
    buf_free(&k.blob);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(life_with_restarts),
        cmocka_unit_test(pending_commit_survives),
        cmocka_unit_test(damaged),
        cmocka_unit_test(foreign),
        cmocka_unit_test(foreign_messages),
        cmocka_unit_test(foreign_pending),
        cmocka_unit_test(failed_store),
        cmocka_unit_test(failed_store_of_our_own),
        cmocka_unit_test(no_room),
        cmocka_unit_test(stored_nonsense),
        cmocka_unit_test(pending_nonsense),
        cmocka_unit_test(old_secrets_are_gone),
        cmocka_unit_test(removed_state),
        cmocka_unit_test(past_epochs),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
