/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/proposal.c and commit_wire.c: every kind written, read, written
 * again. */
#include "tree_fixture.h"

#include "lib/mls/proposal.h"

/* Read, and written again field by field: the same bytes. */
static void
round_trip(struct bytes in, struct mls_proposal *out)
{
    struct buf again = buf_limited(FIXTURE_MAX);

    assert_ok(mls_proposal_parse(in, out));
    assert_bytes(out->raw, in);
    mls_proposal_write(out, &again);
    assert_bytes(buf_bytes(&again), in);
    buf_free(&again);
}

static void
refused_when_cut(struct bytes in)
{
    struct buf more = buf_limited(FIXTURE_MAX);
    struct mls_proposal p;

    for (size_t len = 0; len < in.len; len++)
        assert_err(mls_proposal_parse((struct bytes){in.b, len}, &p),
                   ERR_MALFORMED);
    buf_append(&more, in);
    buf_u8(&more, 0);
    assert_err(mls_proposal_parse(buf_bytes(&more), &p), ERR_MALFORMED);
    buf_free(&more);
}

static void
key_package(struct buf *out)
{
    struct mls_identity who = {.credential = text("x")};
    struct mls_key_package_secret secret;
    struct mls_key_package kp;
    struct buf message = buf_limited(FIXTURE_MAX);
    struct sign_public pub;

    sign_generate(&who.signature, &pub);
    assert_ok(mls_key_package_new(&who, 0, 1, false, &message, &secret));
    assert_ok(mls_key_package_parse(buf_bytes(&message), &kp));
    buf_append(out, kp.raw);
    buf_free(&message);
}

static void
test_members(void **state)
{
    struct buf b = buf_limited(FIXTURE_MAX), kp = buf_limited(FIXTURE_MAX);
    struct mls_key_package parsed;
    struct mls_proposal p;
    struct reader r;

    (void)state;
    key_package(&kp);
    mls_proposal_write_add(buf_bytes(&kp), &b);
    round_trip(buf_bytes(&b), &p);
    assert_int_equal(p.type, MLS_PROPOSAL_ADD);
    assert_bytes(p.u.add.raw, buf_bytes(&kp));
    refused_when_cut(buf_bytes(&b));

    r = (struct reader){.rest = buf_bytes(&kp)};
    mls_key_package_read(&r, &parsed);
    buf_reset(&b);
    mls_proposal_write_update(parsed.leaf.raw, &b);
    round_trip(buf_bytes(&b), &p);
    assert_int_equal(p.type, MLS_PROPOSAL_UPDATE);
    assert_bytes(p.u.update.raw, parsed.leaf.raw);
    refused_when_cut(buf_bytes(&b));

    buf_reset(&b);
    mls_proposal_write_remove((struct mls_leaf_index){0x01020304}, &b);
    assert_hex(buf_bytes(&b), "0003 01020304");
    round_trip(buf_bytes(&b), &p);
    assert_int_equal(p.u.remove, 0x01020304);
    refused_when_cut(buf_bytes(&b));
    buf_free(&b);
    buf_free(&kp);
}

static void
test_others(void **state)
{
    static const uint8_t list[] = {0, 9, 1, 'x'};
    static const uint8_t twice[] = {0, 9, 0, 0, 9, 0};
    const struct mls_psk_id external = {
        .type = MLS_PSK_EXTERNAL, .id = text("id"), .nonce = text("nonce")};
    const struct mls_psk_id resumption = {.type = MLS_PSK_RESUMPTION,
                                          .usage = MLS_PSK_USAGE_BRANCH,
                                          .psk_group_id = text("g"),
                                          .psk_epoch = 7,
                                          .nonce = text("n")};
    const struct mls_reinit reinit = {text("new"), 1, 3, BYTES_OF(list)};
    struct buf b = buf_limited(FIXTURE_MAX);
    struct mls_proposal p;

    (void)state;
    mls_proposal_write_psk(&external, &b);
    round_trip(buf_bytes(&b), &p);
    assert_true(mls_psk_id_equal(&p.u.psk, &external));
    refused_when_cut(buf_bytes(&b));
    buf_reset(&b);
    mls_proposal_write_psk(&resumption, &b);
    round_trip(buf_bytes(&b), &p);
    assert_true(mls_psk_id_equal(&p.u.psk, &resumption));

    buf_reset(&b);
    mls_proposal_write_reinit(&reinit, &b);
    round_trip(buf_bytes(&b), &p);
    assert_int_equal(p.u.reinit.suite, 3);
    assert_bytes(p.u.reinit.group_id, text("new"));
    assert_bytes(p.u.reinit.extensions, BYTES_OF(list));
    refused_when_cut(buf_bytes(&b));

    buf_reset(&b);
    mls_proposal_write_external_init(text("kem"), &b);
    round_trip(buf_bytes(&b), &p);
    assert_bytes(p.u.external_init, text("kem"));
    refused_when_cut(buf_bytes(&b));

    buf_reset(&b);
    mls_proposal_write_extensions(BYTES_OF(list), &b);
    round_trip(buf_bytes(&b), &p);
    assert_bytes(p.u.group_extensions, BYTES_OF(list));
    refused_when_cut(buf_bytes(&b));
    buf_reset(&b);
    mls_proposal_write_extensions(BYTES_OF(twice), &b);
    assert_err(mls_proposal_parse(buf_bytes(&b), &p), ERR_MALFORMED);
    buf_free(&b);
}

/* 13.5: a type that nobody knows cannot be skipped. */
static void
test_unknown_types(void **state)
{
    static const uint8_t types[][6] = {{0, 0}, {0, 8}, {0x0a, 0x0a}, {0xff, 0}};
    struct mls_proposal p;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_err(mls_proposal_parse(BYTES_OF(types[i]), &p), ERR_MALFORMED);
}

static void
test_commit(void **state)
{
    const uint8_t ref[32] = {5};
    struct buf list = buf_limited(FIXTURE_MAX), b = buf_limited(FIXTURE_MAX);
    struct buf remove = buf_limited(FIXTURE_MAX);
    struct mls_proposal_or_ref each;
    struct mls_commit c;
    struct reader r;

    (void)state;
    mls_proposal_write_remove((struct mls_leaf_index){9}, &remove);
    mls_commit_write_ref(BYTES_OF(ref), &list);
    mls_commit_write_proposal(buf_bytes(&remove), &list);
    buf_opaque(&b, buf_bytes(&list));
    buf_u8(&b, 0);
    assert_ok(mls_commit_parse(buf_bytes(&b), &c));
    assert_int_equal(c.proposal_count, 2);
    assert_false(c.has_path);
    r = (struct reader){.rest = c.proposals};
    assert_true(mls_commit_next(&r, &each));
    assert_true(each.by_reference);
    assert_bytes(each.ref, BYTES_OF(ref));
    assert_true(mls_commit_next(&r, &each));
    assert_false(each.by_reference);
    assert_int_equal(each.proposal.u.remove, 9);
    assert_false(mls_commit_next(&r, &each));
    for (size_t len = 0; len < b.len; len++)
        assert_err(mls_commit_parse((struct bytes){b.b, len}, &c),
                   ERR_MALFORMED);
    b.b[b.len - 1] = 2; /* the path is neither there nor not */
    assert_err(mls_commit_parse(buf_bytes(&b), &c), ERR_MALFORMED);
    b.b[b.len - 1] = 0;
    b.b[1] = 3; /* neither proposal nor reference */
    assert_err(mls_commit_parse(buf_bytes(&b), &c), ERR_MALFORMED);
    buf_free(&list);
    buf_free(&b);
    buf_free(&remove);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_commit),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
