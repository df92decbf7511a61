/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "craft_fixture.h"

/* --- application messages ------------------------------------------------ */

static void
fields_of_a_text(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 3);
    assert_ok(mls_group_encrypt(all.of[2].g, bytes_str("text"),
                                bytes_str("aad"), 100, &out, &s));
    assert_int_equal(mls_staged_kind(s), MLS_STAGED_SENT);
    assert_false(mls_staged_changes_epoch(s));
    assert_int_equal(mls_staged_sender(s).v, 2);
    mls_group_merge(all.of[2].g, s);
    s = person_judge(&all.of[0], buf_bytes(&out), MLS_STAGED_APPLICATION);
    assert_bytes(mls_staged_plaintext(s), bytes_str("text"));
    assert_bytes(mls_staged_authenticated_data(s), bytes_str("aad"));
    assert_int_equal(mls_staged_sender(s).v, 2);
    assert_int_equal(mls_staged_sender_type(s), MLS_SENDER_MEMBER);
    assert_int_equal(mls_staged_wire_format(s), MLS_WIRE_PRIVATE_MESSAGE);
    assert_int_equal(mls_staged_change_count(s), 0);
    assert_false(mls_staged_changes_epoch(s));
    mls_staged_free(s); /* thrown away: it can be judged again */
    person_hear(&all.of[0], buf_bytes(&out), "text");
    refused(&all.of[0], buf_bytes(&out), ERR_EXISTS);
    refused(&all.of[2], buf_bytes(&out), ERR_EXISTS); /* its own, long used */
    buf_free(&out);
    people_free(&all);
}

static void
padding_hides_the_length(void **state)
{
    struct people all;
    struct buf a = buf_limited(FIXTURE_BYTES);
    struct buf b = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_encrypt(all.of[0].g, bytes_str("ab"), (struct bytes){0},
                                10, &a, &s));
    mls_staged_free(s);
    assert_ok(mls_group_encrypt(all.of[0].g, bytes_str("abcdef"),
                                (struct bytes){0}, 6, &b, &s));
    mls_staged_free(s);
    assert_int_equal(a.len, b.len);
    assert_err(mls_group_encrypt(all.of[0].g, bytes_str("ab"),
                                 (struct bytes){0}, SIZE_MAX, &b, &s),
               ERR_TOO_LARGE);
    assert_int_equal(a.len, b.len); /* nothing was added */
    buf_free(&a);
    buf_free(&b);
    people_free(&all);
}

static void
a_callers_buffer_is_too_small(void **state)
{
    struct people all;
    struct buf small = buf_limited(50);
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    assert_err(mls_group_encrypt(all.of[0].g, bytes_str("ab"),
                                 (struct bytes){0}, 0, &small, &s),
               ERR_TOO_LARGE);
    buf_free(&small);
    people_free(&all);
}

static void
padding_must_be_zero(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct craft c;

    (void)state;
    people_gather(&all, 2);
    c = craft_begin(&all.of[0]);
    c.type = MLS_CONTENT_APPLICATION;
    c.format = MLS_WIRE_PRIVATE_MESSAGE;
    c.body = bytes_str("text");
    c.padding = 5;
    person_hear(&all.of[1], craft_end(&c, &out), "text");
    c.padding_byte = 1;
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    buf_free(&out);
    people_free(&all);
}

/* Out of order, with holes, replayed; each text once. */
static void
out_of_order(void **state)
{
    struct people all;
    struct buf out[12];
    static const size_t order[] = {3, 0, 7, 5, 4, 11, 1};

    (void)state;
    people_gather(&all, 2);
    for (size_t i = 0; i < 12; i++) {
        out[i] = buf_limited(FIXTURE_BYTES);
        person_say(&all.of[0], "x", &out[i]);
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        person_hear(&all.of[1], buf_bytes(&out[order[i]]), "x");
        refused(&all.of[1], buf_bytes(&out[order[i]]), ERR_EXISTS);
    }
    for (size_t i = 0; i < 12; i++)
        buf_free(&out[i]);
    people_free(&all);
}

static void
generation_jump(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);

    (void)state;
    people_gather(&all, 2);
    for (size_t i = 0; i <= MLS_RATCHET_AHEAD; i++)
        person_say(&all.of[0], "x", &out);
    person_hear(&all.of[1], buf_bytes(&out), "x"); /* 1,024 ahead */
    for (size_t i = 0; i <= MLS_RATCHET_AHEAD; i++)
        person_say(&all.of[0], "y", &out);
    person_hear(&all.of[1], buf_bytes(&out), "y");
    for (size_t i = 0; i <= MLS_RATCHET_AHEAD + 1; i++)
        person_say(&all.of[0], "z", &out);
    refused(&all.of[1], buf_bytes(&out), ERR_MALFORMED);
    buf_free(&out);
    people_free(&all);
}

/* Any bit of a message in either framing: refused, nothing changed. */
static void
flip_all(struct person *p, struct buf *m, size_t step)
{
    struct buf before = group_state(p->g);

    for (size_t i = 0; i < m->len; i += step) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            m->b[i] ^= (uint8_t)(1U << bit);
            assert_int_not_equal(person_refuse(p, buf_bytes(m)), ERR_OK);
            m->b[i] ^= (uint8_t)(1U << bit);
        }
    }
    assert_state(p->g, &before);
    buf_free(&before);
}

static void
flipped_bits(void **state)
{
    struct people all;
    struct buf m = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 3);
    person_say(&all.of[0], "some text", &m);
    flip_all(&all.of[1], &m, 1);
    person_hear(&all.of[1], buf_bytes(&m), "some text");
    for (int framing = MLS_FRAME_PRIVATE; framing <= MLS_FRAME_PUBLIC;
         framing++) {
        struct mls_commit_plan plan = {.framing = (enum mls_framing)framing};

        buf_reset(&m);
        assert_ok(mls_group_propose_update(all.of[0].g, NULL, 0,
                                           (enum mls_framing)framing, &m, &s));
        mls_staged_free(s);
        flip_all(&all.of[1], &m, 1);
        buf_reset(&m);
        assert_ok(mls_group_commit(all.of[0].g, &plan, &m, &welcome, &s));
        mls_staged_free(s);
        flip_all(&all.of[1], &m, 3);
        person_take(&all.of[1], buf_bytes(&m), MLS_STAGED_COMMIT);
        mls_group_free(all.of[1].g); /* went its own way */
        all.of[1].g = NULL;
        if (framing == MLS_FRAME_PRIVATE) {
            people_free(&all);
            people_gather(&all, 3);
        }
    }
    buf_free(&m);
    buf_free(&welcome);
    people_free(&all);
}

static void
truncated(void **state)
{
    struct people all;
    struct buf m = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_commit_plan plan = {.framing = MLS_FRAME_PUBLIC};
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &m, &welcome, &s));
    mls_staged_free(s);
    for (size_t i = 0; i < m.len; i++)
        assert_err(person_refuse(&all.of[1], bytes_slice(buf_bytes(&m), 0, i)),
                   ERR_MALFORMED);
    buf_u8(&m, 0); /* one too many */
    assert_err(person_refuse(&all.of[1], buf_bytes(&m)), ERR_MALFORMED);
    buf_free(&m);
    buf_free(&welcome);
    people_free(&all);
}

/* --- who and where ------------------------------------------------------- */

static void
wrong_place(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf proposal = buf_limited(100);
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    mls_proposal_write_remove((struct mls_leaf_index){2}, &proposal);
    c = craft_begin(&all.of[0]);
    c.body = buf_bytes(&proposal);
    c.epoch = 0;
    refused(&all.of[1], craft_end(&c, &out), ERR_EPOCH);
    c.epoch = 2;
    refused(&all.of[1], craft_end(&c, &out), ERR_EPOCH);
    c.epoch = 1;
    c.group_id = bytes_str("another group");
    refused(&all.of[1], craft_end(&c, &out), ERR_EPOCH);
    c.group_id = mls_group_id(all.of[0].g);
    c.sender.index = 2; /* signed by somebody else */
    refused(&all.of[1], craft_end(&c, &out), ERR_AUTH);
    c.sender.index = 3; /* blank */
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    c.sender.index = UINT32_MAX;
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    c.sender.index = 0;
    person_take(&all.of[1], craft_end(&c, &out), MLS_STAGED_PROPOSAL);
    refused(&all.of[1], buf_bytes(&out), ERR_EXISTS); /* waits already */
    refused(&all.of[0], buf_bytes(&out), ERR_TURN);   /* its own */
    c.format = MLS_WIRE_PRIVATE_MESSAGE;
    c.sender.index = 3; /* blank: no key may be derived for it */
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    buf_free(&out);
    buf_free(&proposal);
    people_free(&all);
}

/* Sender data are under a key that all have: a leaf that is blank or not there
 * is refused before any key is derived for it (6.3.2). */
static void
sender_is_nobody(void **state)
{
    static const uint32_t nobody[] = {3, 4, 0x80000000, UINT32_MAX};
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct craft c;

    (void)state;
    people_gather(&all, 3); /* in a tree of four leaves */
    c = craft_begin(&all.of[0]);
    c.format = MLS_WIRE_PRIVATE_MESSAGE;
    c.type = MLS_CONTENT_APPLICATION;
    c.body = bytes_str("text");
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        c.claimed = &nobody[i];
        refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    }
    c.claimed = &(const uint32_t){2}; /* somebody, but not with this key */
    refused(&all.of[1], craft_end(&c, &out), ERR_AUTH);
    buf_free(&out);
    people_free(&all);
}

/* Every member can seal what claims to be from another: only the signature
 * says who it is, to that other as well. */
static void
in_our_name(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    c = craft_begin(&all.of[1]);
    c.format = MLS_WIRE_PRIVATE_MESSAGE;
    c.type = MLS_CONTENT_APPLICATION;
    c.body = bytes_str("text");
    c.sender.index = 0; /* signed by 1 */
    refused(&all.of[0], craft_end(&c, &out), ERR_AUTH);
    refused(&all.of[2], buf_bytes(&out), ERR_AUTH);
    buf_reset(&out);
    assert_ok(mls_group_encrypt(all.of[0].g, bytes_str("text"),
                                (struct bytes){0}, 0, &out, &s));
    refused(&all.of[0], buf_bytes(&out), ERR_TURN); /* not merged: a copy's */
    mls_group_merge(all.of[0].g, s);
    refused(&all.of[0], buf_bytes(&out), ERR_EXISTS);
    buf_free(&out);
    people_free(&all);
}

static void
senders_from_outside(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf proposal = buf_limited(100);
    struct craft c;

    (void)state;
    people_gather(&all, 3);
    mls_proposal_write_remove((struct mls_leaf_index){2}, &proposal);
    c = craft_begin(&all.of[0]);
    c.body = buf_bytes(&proposal);
    c.sender.type = MLS_SENDER_EXTERNAL; /* no external_senders here */
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    c.sender = (struct mls_sender){MLS_SENDER_NEW_MEMBER_PROPOSAL, 0};
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED); /* not an Add */
    c.sender.type = MLS_SENDER_NEW_MEMBER_COMMIT;
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED); /* no Commit */
    c.sender.type = MLS_SENDER_MEMBER;
    c.type = MLS_CONTENT_APPLICATION; /* never in public */
    c.body = bytes_str("text");
    refused(&all.of[1], craft_end(&c, &out), ERR_MALFORMED);
    buf_free(&out);
    buf_free(&proposal);
    people_free(&all);
}

/* Somebody asks to be let in (12.1.8). */
static void
new_member_proposes_itself(void **state)
{
    struct people all;
    struct person newcomer;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct buf proposal = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    struct mls_change change;
    struct bytes kp;
    struct craft c;

    (void)state;
    people_gather(&all, 2);
    person_init(&newcomer, 9);
    kp = person_key_package(&newcomer);
    mls_proposal_write_add(bytes_slice(kp, 4, kp.len - 4), &proposal);
    newcomer.g = all.of[0].g; /* for the group id and epoch only */
    c = craft_begin(&newcomer);
    c.sender = (struct mls_sender){MLS_SENDER_NEW_MEMBER_PROPOSAL, 0};
    c.body = buf_bytes(&proposal);
    craft_end(&c, &out);
    newcomer.g = NULL;
    s = person_judge(&all.of[1], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    assert_int_equal(mls_staged_sender_type(s), MLS_SENDER_NEW_MEMBER_PROPOSAL);
    mls_group_merge(all.of[1].g, s);
    person_take(&all.of[0], buf_bytes(&out), MLS_STAGED_PROPOSAL);
    change = mls_group_pending(all.of[0].g, 0);
    assert_int_equal(change.type, MLS_PROPOSAL_ADD);
    assert_bytes(change.credential, bytes_str("person 09"));
    assert_ok(mls_group_commit(all.of[1].g, &(struct mls_commit_plan){0},
                               &commit, &welcome, &s));
    person_take(&all.of[0], buf_bytes(&commit), MLS_STAGED_COMMIT);
    mls_group_merge(all.of[1].g, s);
    assert_ok(person_join(&newcomer, buf_bytes(&welcome)));
    people_agree(&all);
    person_hear(&newcomer, person_say(&all.of[0], "welcome", &out), "welcome");
    person_free(&newcomer);
    buf_free(&out);
    buf_free(&commit);
    buf_free(&welcome);
    buf_free(&proposal);
    people_free(&all);
}

/* A Welcome, GroupInfo or KeyPackage is no message for a group. */
static void
other_kinds(void **state)
{
    struct people all;

    (void)state;
    people_gather(&all, 2);
    refused(&all.of[0], buf_bytes(&all.of[1].key_package), ERR_MALFORMED);
    refused(&all.of[0], (struct bytes){0}, ERR_MALFORMED);
    refused(&all.of[0], bytes_str("\x00\x02\x00\x01"), ERR_MALFORMED);
    people_free(&all);
}

/* --- allocations --------------------------------------------------------- */

/* A message for a member, judged again and again. */
struct repeated {
    const struct person *p;
    struct bytes message;
    enum mls_staged_kind kind;
};

static enum err
judge_once(void *context)
{
    const struct repeated *r = context;
    struct mls_process in = {.message = r->message};
    struct mls_staged *s;
    enum err e = mls_group_process(r->p->g, &in, &s);

    if (e == ERR_OK) {
        assert_int_equal(mls_staged_kind(s), r->kind);
        mls_staged_free(s);
    }
    return e;
}

static enum err
encrypt_once(void *context)
{
    const struct person *p = context;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;
    enum err e =
        mls_group_encrypt(p->g, bytes_str("x"), bytes_str("y"), 9, &out, &s);

    if (e == ERR_OK)
        mls_staged_free(s);
    buf_free(&out);
    return e;
}

static void
without_memory(void **state)
{
    struct people all;
    struct buf out = buf_limited(FIXTURE_BYTES);
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct mls_leaf_index who = {3};
    struct mls_commit_plan plan = {.removes = &who, .remove_count = 1};
    struct repeated r = {0};
    struct mls_staged *s;

    (void)state;
    people_gather(&all, 4);
    r.p = &all.of[1];
    every_allocation_fails(encrypt_once, &all.of[0]);
    r.message = person_say(&all.of[0], "x", &out);
    r.kind = MLS_STAGED_APPLICATION;
    every_allocation_fails(judge_once, &r);
    buf_reset(&out);
    assert_ok(mls_group_propose_update(all.of[0].g, NULL, 0, MLS_FRAME_PUBLIC,
                                       &out, &s));
    mls_staged_free(s);
    r.message = buf_bytes(&out);
    r.kind = MLS_STAGED_PROPOSAL;
    every_allocation_fails(judge_once, &r);
    buf_reset(&out);
    assert_ok(mls_group_commit(all.of[0].g, &plan, &out, &welcome, &s));
    mls_staged_free(s);
    r.message = buf_bytes(&out);
    r.kind = MLS_STAGED_COMMIT;
    every_allocation_fails(judge_once, &r);
    r.p = &all.of[3];
    r.kind = MLS_STAGED_REMOVED;
    every_allocation_fails(judge_once, &r);
    buf_free(&out);
    buf_free(&welcome);
    people_free(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_a_text),
        cmocka_unit_test(padding_hides_the_length),
        cmocka_unit_test(a_callers_buffer_is_too_small),
        cmocka_unit_test(padding_must_be_zero),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(generation_jump),
        cmocka_unit_test(flipped_bits),
        cmocka_unit_test(truncated),
        cmocka_unit_test(wrong_place),
        cmocka_unit_test(sender_is_nobody),
        cmocka_unit_test(in_our_name),
        cmocka_unit_test(senders_from_outside),
        cmocka_unit_test(new_member_proposes_itself),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
