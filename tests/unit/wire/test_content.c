/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KNOWN_CONTENTS
#include "known.h"
#include "samples_content.h"

static_assert(sizeof known_contents / sizeof *known_contents == CONTENT_KINDS,
              "one known answer for each kind");

static void
every_kind_is_written_as_protoc_does(void **state)
{
    (void)state;
    for (unsigned k = 0; k < CONTENT_KINDS; k++) {
        struct content in = sample_content((enum content_kind)k);
        struct buf got = buf_limited(LIMIT_CONTENT);
        struct buf want = buf_limited(LIMIT_CONTENT);

        put_hex(&want, known_contents[k].hex);
        assert_int_equal(content_write(&in, &got), ERR_OK);
        assert_same(buf_bytes(&got), buf_bytes(&want));
        buf_free(&got);
        buf_free(&want);
    }
}

static void
every_kind_is_read_and_written_back(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < CONTENT_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_CONTENT);
        struct buf again = buf_limited(LIMIT_CONTENT);
        struct content c;

        put_hex(&in, known_contents[k].hex);
        assert_int_equal(content_read(buf_bytes(&in), &a, &c), ERR_OK);
        assert_int_equal(c.kind, k);
        assert_int_equal(content_write(&c, &again), ERR_OK);
        assert_same(buf_bytes(&again), buf_bytes(&in));
        buf_free(&in);
        buf_free(&again);
    }
    arena_free(&a);
}

static void
read_back(enum content_kind kind, struct arena *a, struct content *out)
{
    struct buf in = buf_limited(LIMIT_CONTENT);

    put_hex(&in, known_contents[kind].hex);
    assert_int_equal(content_read(buf_bytes(&in), a, out), ERR_OK);
    buf_free(&in); /* out must not borrow from it */
}

static void
the_head_and_a_text_arrive(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct content c;

    (void)state;
    read_back(CONTENT_TEXT, &a, &c);
    assert_int_equal(c.id[0], 'K');
    assert_int_equal(c.sent_ms, 1700000000001);
    assert_int_equal(c.head_number, 300);
    assert_int_equal(c.head[15], 'J');
    assert_same(c.text.text, bytes_str("hi"));
    assert_int_equal(c.text.reply_to[15], 'K');
    read_back(CONTENT_KNOCK_DECISION, &a, &c);
    assert_true(c.knock_decision.approved);
    assert_int_equal(c.knock_decision.knock[0], 'I');
    read_back(CONTENT_CASE_HANDOVER, &a, &c);
    assert_int_equal(c.on_case.case_id[0], 'I');
    assert_int_equal(c.on_case.to[0], 'J');
    arena_free(&a);
}

static void
a_snapshot_arrives(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    const struct content_case *one;
    struct content c;

    (void)state;
    read_back(CONTENT_SNAPSHOT, &a, &c);
    assert_int_equal(c.snapshot.epoch, 3);
    assert_int_equal(c.snapshot.number, 12);
    assert_true(c.snapshot.has_desk);
    assert_same(c.snapshot.title, bytes_str("Desk"));
    assert_int_equal(c.snapshot.card_key[31], 'A');
    assert_int_equal(c.snapshot.secret[15], 'I');
    assert_int_equal(c.snapshot.case_count, 1);
    one = c.snapshot.cases;
    assert_int_equal(one->id[0], 'I');
    assert_same(one->text, bytes_str("help"));
    assert_int_equal(one->urgency, URGENCY_NOW);
    assert_same(one->key_packages[1], bytes_str("kp2"));
    assert_int_equal(one->reply.hpke_key[0], 'D');
    assert_int_equal(one->arrived_ms, 1700000000000);
    assert_int_equal(one->state, CASE_CLAIMED);
    assert_int_equal(one->claimer[0], 'J');
    assert_int_equal(one->lease_ms, 1700000900000);
    assert_int_equal(one->claims, 1);
    assert_int_equal(one->number, 4);
    arena_free(&a);
}

static void
a_new_case_has_no_state(void **state)
{
    struct content in = sample_content(CONTENT_CASE);
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf out = buf_limited(LIMIT_CONTENT);
    struct content c;
    size_t body;

    (void)state;
    /* not written, so that a core may hand over the case that it keeps */
    in.case_new = sample_case_state();
    assert_int_equal(content_write(&in, &out), ERR_OK);
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_OK);
    assert_int_equal(c.case_new.state, 0);
    assert_int_equal(c.case_new.claims, 0);
    /* and refused when somebody writes it: state = 1 at the end */
    body = strlen(known_contents[CONTENT_BYE].hex) / 2 - 8; /* without Bye */
    assert_int_equal(out.b[body], 0x52);                    /* case_new */
    buf_u16(&out, 0x4001);
    out.b[body + 1] = (uint8_t)(out.b[body + 1] + 2);
    assert_true(out.b[body + 1] < 128); /* still a length of one byte */
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_MALFORMED);
    buf_free(&out);
    arena_free(&a);
}

static void
an_empty_snapshot_is_one(void **state)
{
    struct content in = {.kind = CONTENT_SNAPSHOT};
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf out = buf_limited(LIMIT_CONTENT);
    struct content c;

    (void)state;
    assert_int_equal(content_write(&in, &out), ERR_OK);
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_OK);
    assert_int_equal(c.snapshot.case_count, 0);
    assert_false(c.snapshot.has_desk);
    buf_free(&out);
    arena_free(&a);
}

static void
many_cases_fit_and_too_many_do_not(void **state)
{
    static struct content_case cases[CONTENT_CASES_MAX + 1];
    struct content in = {.kind = CONTENT_SNAPSHOT};
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf out = buf_limited(LIMIT_CONTENT);
    struct content c;

    (void)state;
    for (size_t i = 0; i < CONTENT_CASES_MAX + 1; i++) {
        cases[i] = sample_case_state();
        cases[i].text = many('x', 60);
    }
    in.snapshot.cases = cases;
    in.snapshot.case_count = CONTENT_CASES_MAX;
    assert_int_equal(content_write(&in, &out), ERR_OK);
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_OK);
    assert_int_equal(c.snapshot.case_count, CONTENT_CASES_MAX);
    in.snapshot.case_count++;
    assert_int_equal(content_write(&in, &out), ERR_TOO_LARGE);
    /* and as many as the number allows, but not the bytes */
    cases[0].text = many('x', LIMIT_TEXT);
    for (size_t i = 1; i < 9; i++)
        cases[i].text = cases[0].text;
    in.snapshot.case_count = 9;
    assert_int_equal(content_write(&in, &out), ERR_TOO_LARGE);
    buf_free(&out);
    arena_free(&a);
}

static void
every_prefix_is_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < CONTENT_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_CONTENT);
        struct content c;

        put_hex(&in, known_contents[k].hex);
        for (size_t len = 0; len < in.len; len++) {
            struct bytes cut = bytes_slice(buf_bytes(&in), 0, len);

            assert_int_equal(content_read(cut, &a, &c), ERR_MALFORMED);
            arena_reset(&a);
        }
        buf_free(&in);
    }
    arena_free(&a);
}

static void
none_is_not_spelled_as_zeros(void **state)
{
    struct content in = sample_content(CONTENT_TEXT);
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf out = buf_limited(LIMIT_CONTENT);
    struct content c;

    (void)state;
    assert_int_equal(content_write(&in, &out), ERR_OK);
    memset(out.b + out.len - CONTENT_ID_LEN, 0, CONTENT_ID_LEN);
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_MALFORMED);
    buf_reset(&out);
    memset(in.text.reply_to, 0, CONTENT_ID_LEN);
    assert_int_equal(content_write(&in, &out), ERR_OK);
    assert_int_equal(content_read(buf_bytes(&out), &a, &c), ERR_OK);
    assert_true(bytes_all_zero(BYTES_OF(c.text.reply_to)));
    buf_free(&out);
    arena_free(&a);
}

static void
writing_refuses_what_reading_would(void **state)
{
    struct content in = sample_content(CONTENT_KINDS);
    struct buf out = buf_limited(LIMIT_CONTENT);
    struct arena a = arena_limited(WIRE_ARENA);
    struct content c;

    (void)state;
    assert_int_equal(content_write(&in, &out), ERR_USE);
    in = sample_content(CONTENT_TEXT);
    in.text.text = many(0xc0, 2);
    assert_int_equal(content_write(&in, &out), ERR_USE);
    in.text.text = many('x', LIMIT_TEXT + 1);
    assert_int_equal(content_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_int_equal(content_read(many(0xff, LIMIT_CONTENT + 1), &a, &c),
                     ERR_TOO_LARGE);
    buf_free(&out);
    arena_free(&a);
}

static void
every_failing_allocation_is_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < CONTENT_KINDS; k++) {
        struct content in = sample_content((enum content_kind)k);
        enum err e = ERR_MEMORY;

        for (size_t n = 1; e == ERR_MEMORY; n++) {
            struct arena a = arena_limited(WIRE_ARENA);
            struct buf out = buf_limited(LIMIT_CONTENT);
            struct content c;

            mem_fail_at(n);
            e = content_write(&in, &out);
            if (e == ERR_OK)
                e = content_read(buf_bytes(&out), &a, &c);
            assert_true(n > 1 || mem_failed());
            mem_fail_at(0);
            buf_free(&out);
            arena_free(&a);
        }
        assert_int_equal(e, ERR_OK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_written_as_protoc_does),
        cmocka_unit_test(every_kind_is_read_and_written_back),
        cmocka_unit_test(the_head_and_a_text_arrive),
        cmocka_unit_test(a_snapshot_arrives),
        cmocka_unit_test(a_new_case_has_no_state),
        cmocka_unit_test(an_empty_snapshot_is_one),
        cmocka_unit_test(many_cases_fit_and_too_many_do_not),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(none_is_not_spelled_as_zeros),
        cmocka_unit_test(writing_refuses_what_reading_would),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
