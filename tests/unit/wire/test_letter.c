/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KNOWN_LETTERS
#include "known.h"
#include "samples_content.h"

static_assert(sizeof known_letters / sizeof *known_letters == LETTER_KINDS,
              "one known answer for each kind");

static void
every_kind_is_written_as_protoc_does(void **state)
{
    (void)state;
    for (unsigned k = 0; k < LETTER_KINDS; k++) {
        struct letter in = sample_letter((enum letter_kind)k);
        struct buf got = buf_limited(LIMIT_LETTER);
        struct buf want = buf_limited(LIMIT_LETTER);

        put_hex(&want, known_letters[k].hex);
        assert_int_equal(letter_write(&in, &got), ERR_OK);
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
    for (unsigned k = 0; k < LETTER_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_LETTER);
        struct buf again = buf_limited(LIMIT_LETTER);
        struct letter l;

        put_hex(&in, known_letters[k].hex);
        assert_int_equal(letter_read(buf_bytes(&in), &a, &l), ERR_OK);
        assert_int_equal(l.kind, k);
        assert_int_equal(letter_write(&l, &again), ERR_OK);
        assert_same(buf_bytes(&again), buf_bytes(&in));
        buf_free(&in);
        buf_free(&again);
    }
    arena_free(&a);
}

static void
read_back(enum letter_kind kind, struct arena *a, struct letter *out)
{
    struct buf in = buf_limited(LIMIT_LETTER);

    put_hex(&in, known_letters[kind].hex);
    assert_int_equal(letter_read(buf_bytes(&in), a, out), ERR_OK);
    buf_free(&in); /* out must not borrow from it */
}

static void
fields_arrive_where_they_belong(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct reply_to reply = sample_reply();
    struct letter l;

    (void)state;
    read_back(LETTER_KNOCK, &a, &l);
    assert_same(l.knock.name, bytes_str("Ann"));
    assert_same(l.knock.reason, bytes_str("let me in"));
    assert_same(l.knock.key_package, bytes_str("kp1"));
    assert_memory_equal(l.knock.reply.mailbox, reply.mailbox, LIMIT_ID);
    assert_memory_equal(l.knock.reply.hpke_key, reply.hpke_key, LIMIT_ID);
    assert_int_equal(l.knock.mac[31], 'A');

    read_back(LETTER_ASK, &a, &l);
    assert_int_equal(l.id[15], 'K');
    assert_same(l.ask.text, bytes_str("help"));
    assert_same(l.ask.language, bytes_str("ru"));
    assert_int_equal(l.ask.urgency, URGENCY_TODAY);
    assert_int_equal(l.ask.key_package_count, 2);
    assert_same(l.ask.key_packages[1], bytes_str("kp2"));
    assert_int_equal(l.ask.mac[0], 'B');

    read_back(LETTER_WELCOME, &a, &l);
    assert_int_equal(l.welcome.welcome.len, 0);
    assert_int_equal(l.welcome.blob_count, 2);
    assert_int_equal(l.welcome.blobs[1].hash[0], 'C');
    assert_int_equal(l.welcome.blobs[1].key[31], 'D');
    arena_free(&a);
}

static void
every_prefix_is_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);

    (void)state;
    for (unsigned k = 0; k < LETTER_KINDS; k++) {
        struct buf in = buf_limited(LIMIT_LETTER);
        struct letter l;

        put_hex(&in, known_letters[k].hex);
        for (size_t len = 0; len < in.len; len++) {
            struct bytes cut = bytes_slice(buf_bytes(&in), 0, len);

            assert_int_not_equal(letter_read(cut, &a, &l), ERR_OK);
            arena_reset(&a);
        }
        buf_free(&in);
    }
    arena_free(&a);
}

/* The fifth key package and the ninth blob, which the structs have no room
 * for, made by hand as a peer would. */
static void
lists_that_are_too_long_are_refused(void **state)
{
    static const char *const bad[] = {
        "1a14"
        "0a0161"
        "1801"
        "220161220161220161220161220161",
        "2212"
        "120012001200120012001200120012001200",
    };
    struct arena a = arena_limited(WIRE_ARENA);
    struct letter l;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf in = buf_limited(LIMIT_LETTER);

        put_hex(&in, "0a104b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b");
        put_hex(&in, bad[i]);
        assert_int_not_equal(letter_read(buf_bytes(&in), &a, &l), ERR_OK);
        buf_free(&in);
    }
    arena_free(&a);
}

static void
a_letter_without_reply_is_refused(void **state)
{
    struct arena a = arena_limited(WIRE_ARENA);
    struct buf in = buf_limited(LIMIT_LETTER);
    struct letter l;

    (void)state;
    /* TALK with a text alone */
    put_hex(&in, "0a104b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b2a030a0161");
    assert_int_equal(letter_read(buf_bytes(&in), &a, &l), ERR_MALFORMED);
    buf_free(&in);
    arena_free(&a);
}

/* Four full key packages beside the longest text still fit. */
static void
the_largest_ask_fits(void **state)
{
    static uint8_t block[LIMIT_TEXT];
    struct arena a = arena_limited(WIRE_ARENA);
    struct letter in = sample_letter(LETTER_ASK);
    struct buf out = buf_limited(LIMIT_LETTER);
    struct letter l;

    (void)state;
    memset(block, 'x', sizeof block);
    in.ask.text = BYTES_OF(block);
    in.ask.language = bytes_str("zh-Hant1");
    in.ask.key_package_count = LETTER_KEY_PACKAGES_MAX;
    for (size_t i = 0; i < LETTER_KEY_PACKAGES_MAX; i++)
        in.ask.key_packages[i] = (struct bytes){block, LETTER_KEY_PACKAGE_MAX};
    assert_int_equal(letter_write(&in, &out), ERR_OK);
    assert_int_equal(letter_read(buf_bytes(&out), &a, &l), ERR_OK);
    assert_int_equal(l.ask.key_package_count, LETTER_KEY_PACKAGES_MAX);
    buf_free(&out);
    arena_free(&a);
}

static void
writing_refuses_what_reading_would(void **state)
{
    struct letter in = sample_letter(LETTER_KINDS);
    struct buf out = buf_limited(LIMIT_LETTER);
    struct arena a = arena_limited(WIRE_ARENA);
    struct letter l;

    (void)state;
    assert_int_equal(letter_write(&in, &out), ERR_USE);
    in = sample_letter(LETTER_TALK);
    in.talk.text = many(0xff, 1);
    assert_int_equal(letter_write(&in, &out), ERR_USE);
    in.talk.text = many('x', LIMIT_TEXT + 1);
    assert_int_equal(letter_write(&in, &out), ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_int_equal(letter_read(many(0xff, WIRE_LETTER_MAX + 1), &a, &l),
                     ERR_TOO_LARGE);
    buf_free(&out);
    arena_free(&a);
}

static void
every_failing_allocation_is_told(void **state)
{
    (void)state;
    for (unsigned k = 0; k < LETTER_KINDS; k++) {
        struct letter in = sample_letter((enum letter_kind)k);
        enum err e = ERR_MEMORY;

        for (size_t n = 1; e == ERR_MEMORY; n++) {
            struct arena a = arena_limited(WIRE_ARENA);
            struct buf out = buf_limited(LIMIT_LETTER);
            struct letter l;

            mem_fail_at(n);
            e = letter_write(&in, &out);
            if (e == ERR_OK)
                e = letter_read(buf_bytes(&out), &a, &l);
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
        cmocka_unit_test(fields_arrive_where_they_belong),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(lists_that_are_too_long_are_refused),
        cmocka_unit_test(a_letter_without_reply_is_refused),
        cmocka_unit_test(the_largest_ask_fits),
        cmocka_unit_test(writing_refuses_what_reading_would),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
