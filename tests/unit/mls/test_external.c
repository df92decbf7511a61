/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* External commits: made, judged, and broken. */
#include "craft_fixture.h"

/* A published group of three and somebody who wants in. */
struct door {
    struct people all;
    struct person guest;
    struct buf info;
    struct buf commit;
};

static void
begin(struct door *d)
{
    people_gather(&d->all, 3);
    person_init(&d->guest, 9);
    d->info = buf_limited(FIXTURE_BYTES);
    d->commit = buf_limited(FIXTURE_BYTES);
    assert_ok(mls_group_publish(d->all.of[1].g, true, &d->info));
}

static void
end(struct door *d)
{
    buf_free(&d->info);
    buf_free(&d->commit);
    person_free(&d->guest);
    people_free(&d->all);
}

static enum err
enter(struct door *d)
{
    struct mls_external_join in = {.group_info = buf_bytes(&d->info),
                                   .who = &d->guest.who};

    buf_reset(&d->commit);
    return mls_group_join_external(&in, &d->commit, &d->guest.g);
}

/* All take the commit, and the guest is one of them. */
static void
welcome_in(struct door *d)
{
    for (size_t i = 0; i < d->all.count; i++)
        if (d->all.of[i].g != NULL)
            person_take(&d->all.of[i], buf_bytes(&d->commit),
                        MLS_STAGED_COMMIT);
    d->all.of[d->all.count++] = d->guest;
    memset(&d->guest, 0, sizeof d->guest);
    d->all.of[d->all.count - 1].who.credential =
        bytes_str(d->all.of[d->all.count - 1].name);
    people_agree(&d->all);
}

static void
joins(void **state)
{
    struct door d;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct mls_change c;

    (void)state;
    begin(&d);
    assert_ok(enter(&d));
    s = person_judge(&d.all.of[0], buf_bytes(&d.commit), MLS_STAGED_COMMIT);
    assert_int_equal(mls_staged_sender_type(s), MLS_SENDER_NEW_MEMBER_COMMIT);
    assert_int_equal(mls_staged_sender(s).v, 3);
    c = mls_staged_change(s, 0);
    assert_int_equal(c.type, MLS_PROPOSAL_EXTERNAL_INIT);
    assert_int_equal(c.leaf.v, 3);
    assert_bytes(c.credential, bytes_str("person 09"));
    mls_staged_free(s);
    welcome_in(&d);
    person_hear(&d.all.of[1], person_say(&d.all.of[3], "hello", &out), "hello");
    person_hear(&d.all.of[3], person_say(&d.all.of[0], "hello", &out), "hello");
    people_commit(&d.all, 3, &(struct mls_commit_plan){0}, &out);
    people_commit(&d.all, 2, &(struct mls_commit_plan){0}, &out);
    people_agree(&d.all);
    buf_free(&out);
    end(&d);
}

/* Somebody who lost everything comes back in place of the old leaf. */
static void
comes_back(void **state)
{
    struct door d;
    struct mls_external_join in = {.replace = true, .old = {2}};

    (void)state;
    begin(&d);
    in.group_info = buf_bytes(&d.info);
    in.who = &d.guest.who;
    /* the leaf of somebody else */
    assert_ok(mls_group_join_external(&in, &d.commit, &d.guest.g));
    assert_err(person_refuse(&d.all.of[0], buf_bytes(&d.commit)),
               ERR_MALFORMED);
    mls_group_free(d.guest.g);
    d.guest.who.credential = bytes_str("person 02");
    buf_reset(&d.commit);
    assert_ok(mls_group_join_external(&in, &d.commit, &d.guest.g));
    assert_int_equal(mls_group_own_leaf(d.guest.g).v, 2);
    person_take(&d.all.of[2], buf_bytes(&d.commit), MLS_STAGED_REMOVED);
    mls_group_free(d.all.of[2].g);
    d.all.of[2].g = NULL;
    welcome_in(&d);
    end(&d);
}

/* With a PSK that members know. */
static void
with_a_psk(void **state)
{
    const struct mls_psk psk = {bytes_str("id"), bytes_str("secret")};
    struct mls_external_join in = {.psks = &psk, .psk_count = 1};
    struct mls_process with = {.psks = &psk, .psk_count = 1};
    struct mls_staged *s;
    struct door d;

    (void)state;
    begin(&d);
    in.group_info = buf_bytes(&d.info);
    in.who = &d.guest.who;
    assert_ok(mls_group_join_external(&in, &d.commit, &d.guest.g));
    assert_err(person_refuse(&d.all.of[0], buf_bytes(&d.commit)),
               ERR_NOT_FOUND);
    with.message = buf_bytes(&d.commit);
    assert_ok(person_process(&d.all.of[0], &with, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_COMMIT);
    mls_group_merge(d.all.of[0].g, s);
    end(&d);
}

static void
closed_doors(void **state)
{
    struct door d;
    struct buf tree = buf_limited(FIXTURE_BYTES);
    struct mls_external_join in = {0};

    (void)state;
    begin(&d);
    in.who = &d.guest.who;
    /* no GroupInfo; damaged; without its tree */
    in.group_info = buf_bytes(&d.all.of[1].key_package);
    assert_err(mls_group_join_external(&in, &d.commit, &d.guest.g),
               ERR_MALFORMED);
    d.info.b[3] = MLS_WIRE_WELCOME;
    assert_err(enter(&d), ERR_MALFORMED);
    d.info.b[3] = MLS_WIRE_GROUP_INFO;
    for (size_t i = 4; i < d.info.len; i += 7) {
        d.info.b[i] ^= 1;
        d.guest.g = NULL;
        assert_int_not_equal(enter(&d), ERR_OK);
        assert_int_equal(d.commit.len, 0);
        d.info.b[i] ^= 1;
    }
    buf_reset(&d.info);
    assert_ok(mls_group_publish(d.all.of[0].g, false, &d.info));
    assert_err(enter(&d), ERR_MALFORMED);
    mls_tree_write(d.all.of[0].g->tree, &tree);
    in.group_info = buf_bytes(&d.info);
    in.ratchet_tree = buf_bytes(&tree);
    assert_ok(mls_group_join_external(&in, &d.commit, &d.guest.g));
    welcome_in(&d);
    buf_free(&tree);
    end(&d);
}

/* A commit of p whose new leaf has the signature key of another. */
static struct bytes
take_key(struct person *p, const struct person *other, struct buf *out)
{
    const struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct buf honest = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct craft c = craft_begin(p);
    struct mls_public_message m;
    struct mls_staged *s;

    p->g->signature = other->who.signature;
    assert_ok(mls_group_commit(p->g, &plan, &honest, &welcome, &s));
    p->g->signature = p->who.signature;
    mls_staged_free(s);
    m = craft_open(buf_bytes(&honest));
    c.type = MLS_CONTENT_COMMIT;
    c.body = m.ac.content.body;
    c.tag = m.ac.auth.confirmation_tag;
    craft_end(&c, out);
    buf_free(&honest);
    buf_free(&welcome);
    return buf_bytes(out);
}

/* The signature key is one of a member's: nobody joins with it, and all refuse
 * a path that brings it (pitfall 18). */
static void
key_is_taken(void **state)
{
    struct door d;

    (void)state;
    begin(&d);
    d.guest.who.signature = d.all.of[0].who.signature;
    assert_err(enter(&d), ERR_MALFORMED);
    assert_int_equal(d.commit.len, 0);
    refused(&d.all.of[2], take_key(&d.all.of[1], &d.all.of[0], &d.commit),
            ERR_MALFORMED);
    end(&d);
}

/* The published epoch is over. */
static void
too_late(void **state)
{
    struct door d;
    struct buf welcome = buf_limited(FIXTURE_BYTES);

    (void)state;
    begin(&d);
    people_commit(&d.all, 0, &(struct mls_commit_plan){0}, &welcome);
    assert_ok(enter(&d));
    assert_err(person_refuse(&d.all.of[0], buf_bytes(&d.commit)), ERR_EPOCH);
    buf_free(&welcome);
    end(&d);
}

static void
flipped_bits(void **state)
{
    struct door d;
    struct buf before;
    enum err e;

    (void)state;
    begin(&d);
    assert_ok(enter(&d));
    before = group_state(d.all.of[0].g);
    for (size_t i = 0; i < d.commit.len; i += 3) {
        struct mls_process in = {.message = buf_bytes(&d.commit)};
        struct mls_staged *s = NULL;

        d.commit.b[i] ^= 0x20;
        e = person_process(&d.all.of[0], &in, &s);
        if (e == ERR_OK) { /* the confirmation tag is under no signature */
            assert_int_equal(mls_staged_kind(s), MLS_STAGED_LOCKED_OUT);
            assert_true(i + MLS_HASH_LEN >= d.commit.len);
            mls_staged_free(s);
        }
        d.commit.b[i] ^= 0x20;
    }
    assert_state(d.all.of[0].g, &before);
    buf_free(&before);
    end(&d);
}

/* Commits that break the rules of 12.2 for external commits: the guest's own
 * commit with its list of proposals replaced, and signed again. */
static void
bad_lists(void **state)
{
    struct door d;
    struct buf proposal = buf_limited(FIXTURE_BYTES);
    struct buf body = buf_limited(FIXTURE_BYTES);
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_public_message m;
    struct mls_commit commit;
    struct craft c;
    static const uint8_t ref[MLS_HASH_LEN] = {1};

    (void)state;
    begin(&d);
    assert_ok(enter(&d));
    m = craft_open(buf_bytes(&d.commit));
    assert_ok(mls_commit_parse(m.ac.content.body, &commit));
    for (int kind = 0; kind < 5; kind++) {
        size_t mark;

        buf_reset(&body);
        buf_reset(&proposal);
        mark = buf_vector_begin(&body);
        if (kind > 0)
            buf_append(&body, commit.proposals); /* the ExternalInit */
        if (kind == 1)
            buf_append(&body, commit.proposals); /* twice */
        if (kind == 2)
            mls_commit_write_ref(BYTES_OF(ref), &body);
        if (kind == 3) { /* Adds are not for outsiders */
            struct bytes kp = person_key_package(&d.guest);

            mls_proposal_write_add(bytes_slice(kp, 4, kp.len - 4), &proposal);
            mls_commit_write_proposal(buf_bytes(&proposal), &body);
        }
        buf_vector_end(&body, mark);
        buf_u8(&body, kind != 4); /* and a path must be there */
        if (kind != 4)
            buf_append(&body, commit.path_raw);
        c = craft_begin(&d.all.of[0]);
        c.by = &(struct person){.who = d.guest.who, .g = d.all.of[0].g};
        c.sender = (struct mls_sender){MLS_SENDER_NEW_MEMBER_COMMIT, 0};
        c.type = MLS_CONTENT_COMMIT;
        c.body = buf_bytes(&body);
        c.tag = m.ac.auth.confirmation_tag;
        assert_err(person_refuse(&d.all.of[1], craft_end(&c, &out)),
                   kind == 2 ? ERR_NOT_FOUND : ERR_MALFORMED);
    }
    buf_free(&proposal);
    buf_free(&body);
    buf_free(&out);
    end(&d);
}

static enum err
enter_once(void *context)
{
    struct door *d = context;
    enum err e = enter(d);

    if (e == ERR_OK)
        mls_group_free(d->guest.g);
    d->guest.g = NULL;
    return e;
}

static enum err
publish_once(void *context)
{
    struct door *d = context;
    struct buf out = buf_limited(FIXTURE_BYTES);
    enum err e = mls_group_publish(d->all.of[0].g, true, &out);

    buf_free(&out);
    return e;
}

static void
without_memory(void **state)
{
    struct door d;

    (void)state;
    begin(&d);
    every_allocation_fails(enter_once, &d);
    every_allocation_fails(publish_once, &d);
    end(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins),          cmocka_unit_test(comes_back),
        cmocka_unit_test(with_a_psk),     cmocka_unit_test(closed_doors),
        cmocka_unit_test(key_is_taken),   cmocka_unit_test(too_late),
        cmocka_unit_test(flipped_bits),   cmocka_unit_test(bad_lists),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
