/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every limit of letters and contents: the last value that is allowed and the
 * first that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/wire/check.h"
#include "samples_content.h"

static void
samples_are_in_range(void **state)
{
    (void)state;
    for (unsigned k = 0; k < LETTER_KINDS; k++) {
        struct letter l = sample_letter((enum letter_kind)k);

        assert_int_equal(letter_check(&l), ERR_OK);
    }
    for (unsigned k = 0; k < CONTENT_KINDS; k++) {
        struct content c = sample_content((enum content_kind)k);

        assert_int_equal(content_check(&c), ERR_OK);
        c.sent_ms = WIRE_NUMBER_MAX + 1;
        assert_int_equal(content_check(&c), ERR_MALFORMED);
        c.sent_ms = WIRE_NUMBER_MAX;
        assert_int_equal(content_check(&c), ERR_OK);
        c.head_number = WIRE_NUMBER_MAX + 1;
        assert_int_equal(content_check(&c), ERR_MALFORMED);
    }
}

static void
kinds_end(void **state)
{
    struct letter l = sample_letter(LETTER_KINDS);
    struct content c = sample_content(CONTENT_KINDS);

    (void)state;
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    assert_int_equal(content_check(&c), ERR_MALFORMED);
}

enum { OK = ERR_OK, BAD = ERR_MALFORMED };

static const struct case_of_text {
    uint8_t byte;
    size_t len;
    enum err letter_text; /* 1 .. LIMIT_TEXT */
    enum err may_be_none; /* 0 .. LIMIT_TEXT */
} texts[] = {
    {'x', 0, ERR_MALFORMED, ERR_OK},
    {'x', 1, ERR_OK, ERR_OK},
    {'x', LIMIT_TEXT, ERR_OK, ERR_OK},
    {'x', LIMIT_TEXT + 1, ERR_TOO_LARGE, ERR_TOO_LARGE},
    {0xff, 5, ERR_MALFORMED, ERR_MALFORMED},
};

static void
texts_have_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bytes text = many(texts[i].byte, texts[i].len);
        struct letter l = sample_letter(LETTER_ASK);
        struct content c = sample_content(CONTENT_TEXT);

        l.ask.text = text;
        assert_int_equal(letter_check(&l), texts[i].letter_text);
        l = sample_letter(LETTER_TALK);
        l.talk.text = text;
        assert_int_equal(letter_check(&l), texts[i].letter_text);
        l = sample_letter(LETTER_KNOCK);
        l.knock.reason = text;
        assert_int_equal(letter_check(&l), texts[i].may_be_none);
        l = sample_letter(LETTER_DECLINED);
        l.declined.reason = text;
        assert_int_equal(letter_check(&l), texts[i].may_be_none);
        c.text.text = text;
        assert_int_equal(content_check(&c), texts[i].letter_text);
        c = sample_content(CONTENT_CASE);
        c.case_new.text = text;
        assert_int_equal(content_check(&c), texts[i].letter_text);
        c = sample_content(CONTENT_CASE_NOTE);
        c.on_case.text = text;
        assert_int_equal(content_check(&c), texts[i].letter_text);
        c = sample_content(CONTENT_CASE_CLOSE);
        c.on_case.text = text;
        assert_int_equal(content_check(&c), texts[i].may_be_none);
        c = sample_content(CONTENT_BYE);
        c.bye.text = text;
        assert_int_equal(content_check(&c), texts[i].may_be_none);
    }
}

static void
names_and_titles_have_limits(void **state)
{
    struct letter l = sample_letter(LETTER_KNOCK);
    struct content c = sample_content(CONTENT_DESK);

    (void)state;
    l.knock.name = many('n', 0);
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    l.knock.name = many('n', LIMIT_NAME);
    assert_int_equal(letter_check(&l), ERR_OK);
    l.knock.name = many('n', LIMIT_NAME + 1);
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    l.knock.name = many(0x80, 1);
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    c.desk.title = many('t', LIMIT_TITLE);
    assert_int_equal(content_check(&c), ERR_OK);
    c.desk.title = many('t', LIMIT_TITLE + 1);
    assert_int_equal(content_check(&c), ERR_TOO_LARGE);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.title = many('t', LIMIT_TITLE + 1);
    assert_int_equal(content_check(&c), ERR_TOO_LARGE);
    c.snapshot.has_desk = false;
    assert_int_equal(content_check(&c), ERR_OK);
}

static void
key_packages_have_limits(void **state)
{
    struct letter l = sample_letter(LETTER_KNOCK);
    struct content c = sample_content(CONTENT_CASE);

    (void)state;
    l.knock.key_package = many('k', 0);
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    l.knock.key_package = many('k', LETTER_KEY_PACKAGE_MAX);
    assert_int_equal(letter_check(&l), ERR_OK);
    l.knock.key_package = many('k', LETTER_KEY_PACKAGE_MAX + 1);
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    l = sample_letter(LETTER_ASK);
    l.ask.key_packages[1] = many('k', LETTER_KEY_PACKAGE_MAX + 1);
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    l.ask.key_packages[1] = many('k', 0);
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    l.ask.key_package_count = 0;
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    l.ask.key_package_count = LETTER_KEY_PACKAGES_MAX + 1;
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    c.case_new.key_package_count = 0;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.cases[0].key_package_count = 0; /* all used: still open */
    assert_int_equal(content_check(&c), ERR_OK);
}

static void
languages_are_tags(void **state)
{
    static const char *const good[] = {"", "ru", "zh-Hant1", "a", "12345678"};
    static const char *const bad[] = {"r u", "ru\n", "r_u", "\xd1\x80"};
    struct letter l = sample_letter(LETTER_ASK);
    struct content c = sample_content(CONTENT_CASE);

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        l.ask.language = bytes_str(good[i]);
        assert_int_equal(letter_check(&l), ERR_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        l.ask.language = bytes_str(bad[i]);
        assert_int_equal(letter_check(&l), ERR_MALFORMED);
    }
    l.ask.language = bytes_str("123456789");
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    c.case_new.language = l.ask.language;
    assert_int_equal(content_check(&c), ERR_TOO_LARGE);
}

static void
urgencies_and_states_end(void **state)
{
    struct letter l = sample_letter(LETTER_ASK);
    struct content c;

    (void)state;
    l.ask.urgency = (enum urgency)0;
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    l.ask.urgency = (enum urgency)4;
    assert_int_equal(letter_check(&l), ERR_MALFORMED);
    c = sample_content(CONTENT_CASE);
    c.case_new.urgency = (enum urgency)4;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.cases[0].state = (enum case_state)0;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c.snapshot.cases[0].state = (enum case_state)4;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    /* claimed by nobody */
    c.snapshot.cases[0].state = CASE_CLAIMED;
    memset(c.snapshot.cases[0].claimer, 0, CONTENT_ID_LEN);
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c.snapshot.cases[0].state = CASE_NEW;
    assert_int_equal(content_check(&c), ERR_OK);
    c.snapshot.cases[0].lease_ms = WIRE_NUMBER_MAX + 1;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_CASE);
    c.case_new.arrived_ms = WIRE_NUMBER_MAX + 1;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.epoch = WIRE_NUMBER_MAX + 1;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.number = WIRE_NUMBER_MAX + 1;
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c = sample_content(CONTENT_SNAPSHOT);
    c.snapshot.case_count = CONTENT_CASES_MAX + 1;
    assert_int_equal(content_check(&c), ERR_TOO_LARGE);
}

static void
a_welcome_is_here_or_in_blobs(void **state)
{
    struct letter l = sample_letter(LETTER_WELCOME);

    (void)state;
    l.welcome.welcome = many('w', 1);
    assert_int_equal(letter_check(&l), ERR_MALFORMED); /* both */
    l.welcome.blob_count = 0;
    assert_int_equal(letter_check(&l), ERR_OK);
    l.welcome.welcome = many('w', 0);
    assert_int_equal(letter_check(&l), ERR_MALFORMED); /* neither */
    l.welcome.welcome = many('w', WIRE_WELCOME_MAX);
    assert_int_equal(letter_check(&l), ERR_OK);
    l.welcome.welcome = many('w', WIRE_WELCOME_MAX + 1);
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
    l = sample_letter(LETTER_WELCOME);
    l.welcome.blob_count = LETTER_WELCOME_BLOBS_MAX;
    assert_int_equal(letter_check(&l), ERR_OK);
    l.welcome.blob_count++;
    assert_int_equal(letter_check(&l), ERR_TOO_LARGE);
}

static void
a_knock_carries_a_letter(void **state)
{
    struct content c = sample_content(CONTENT_KNOCK);

    (void)state;
    c.knock.letter = many('l', 0);
    assert_int_equal(content_check(&c), ERR_MALFORMED);
    c.knock.letter = many('l', LIMIT_LETTER);
    assert_int_equal(content_check(&c), ERR_OK);
    c.knock.letter = many('l', LIMIT_LETTER + 1);
    assert_int_equal(content_check(&c), ERR_TOO_LARGE);
}

/* Who says what on a case: text only in notes and closings, a person only in
 * a handover. */
static void
what_is_said_on_a_case(void **state)
{
    (void)state;
    for (unsigned k = CONTENT_CASE_CLAIM; k <= CONTENT_CASE_NOTE; k++) {
        struct content c = sample_content((enum content_kind)k);
        bool may_text = k == CONTENT_CASE_CLOSE || k == CONTENT_CASE_NOTE;

        c.on_case.text = bytes_str("text");
        assert_int_equal(content_check(&c), may_text ? OK : BAD);
        c = sample_content((enum content_kind)k);
        memset(c.on_case.to, 'J', CONTENT_ID_LEN);
        assert_int_equal(content_check(&c),
                         k == CONTENT_CASE_HANDOVER ? OK : BAD);
    }
}

static void
a_handover_is_to_somebody(void **state)
{
    struct content c = sample_content(CONTENT_CASE_HANDOVER);

    (void)state;
    memset(c.on_case.to, 0, CONTENT_ID_LEN);
    assert_int_equal(content_check(&c), ERR_MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_in_range),
        cmocka_unit_test(kinds_end),
        cmocka_unit_test(texts_have_limits),
        cmocka_unit_test(names_and_titles_have_limits),
        cmocka_unit_test(key_packages_have_limits),
        cmocka_unit_test(languages_are_tags),
        cmocka_unit_test(urgencies_and_states_end),
        cmocka_unit_test(a_welcome_is_here_or_in_blobs),
        cmocka_unit_test(a_knock_carries_a_letter),
        cmocka_unit_test(what_is_said_on_a_case),
        cmocka_unit_test(a_handover_is_to_somebody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
