/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "capture.h"
#include "client/tui/json.h"

/* H-02, H-03: CSI, OSC, C1 in UTF-8, turned direction, a lone ESC. */
static const char hostile[] = "a\x1b[2Jb\x1b]0;x\x07"
                              "c\xc2\x9b"
                              "d\xe2\x80\xae"
                              "e\x1b";

static void
assert_harmless(const char *s)
{
    assert_null(strchr(s, '\x1b'));
    assert_null(strchr(s, '\x07'));
    assert_null(strstr(s, "\xc2\x9b"));
    assert_null(strstr(s, "\xe2\x80\xae"));
}

static void
hostile_text_is_harmless_in_a_sentence(void **state)
{
    struct capture c;

    (void)state;
    capture_open(&c, LANG_EN, false);
    print_say1(&c.p, c.p.out, WORD_GROUP_MADE, bytes_str(hostile));
    assert_harmless(capture_text(&c));
    assert_non_null(strstr(capture_text(&c), "The group is ready: a"));
    capture_free(&c);
}

static void
hostile_names_are_harmless(void **state)
{
    struct notice_person who = {.name = bytes_str(hostile), .tag = {1, 0xab}};
    struct capture c;

    (void)state;
    capture_open(&c, LANG_EN, false);
    print_person(&c.p, c.p.out, &who);
    assert_harmless(capture_text(&c));
    assert_non_null(strstr(capture_text(&c), "#01ab"));
    capture_free(&c);
}

static void
a_text_with_braces_is_no_template(void **state)
{
    struct capture c;

    (void)state;
    capture_open(&c, LANG_EN, false);
    print_say1(&c.p, c.p.out, WORD_GROUP_MADE, bytes_str("{0}{1} %s %n"));
    assert_string_equal(capture_text(&c), "The group is ready: {0}{1} %s %n\n");
    capture_free(&c);
}

static void
a_text_stays_on_its_line(void **state)
{
    struct capture c;

    (void)state;
    capture_open(&c, LANG_EN, false);
    print_text(c.p.out, bytes_str("one\n-- You were removed"));
    assert_string_equal(capture_text(&c), "one -- You were removed");
    capture_free(&c);
}

static void
every_code_has_a_sentence(void **state)
{
    static const enum notice_code codes[] = {
        CODE_NOT_THIS_RELAY,    CODE_RELAY_UNREACHABLE, CODE_RELAY_REFUSED,
        CODE_RELAY_FULL,        CODE_LINK_REVOKED,      CODE_LINK_EXPIRED,
        CODE_LINK_UNKNOWN,      CODE_CARD_BAD,          CODE_NOT_ALLOWED,
        CODE_NOT_MEMBER,        CODE_NO_SUCH,           CODE_CASE_TAKEN,
        CODE_CASE_NOT_YOURS,    CODE_CASE_CLOSED,       CODE_CASE_NO_KEYS,
        CODE_LOCKED_OUT,        CODE_ALARM_GAP,         CODE_ALARM_HEAD,
        CODE_ALARM_ROLLBACK,    CODE_ALARM_NOT_STORED,  CODE_ALARM_CLONE,
        CODE_ALARM_VOID_COMMIT, CODE_ALARM_VOID_RECORD,
    };
    struct capture c;

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_not_equal(print_code_word(codes[i]), WORD_INTERNAL);
    assert_int_equal(print_code_word(CODE_INTERNAL), WORD_INTERNAL);
    capture_open(&c, LANG_EN, false);
    print_code(&c.p, CODE_ALARM_GAP);
    assert_ptr_equal(strstr(capture_text(&c), "C020: "), capture_text(&c));
    capture_free(&c);
}

static void
json_is_one_line_of_ascii_safe_strings(void **state)
{
    struct client_id id = {{0xab, 0xcd}}, zero = {{0}};
    struct capture c;
    struct json j;

    (void)state;
    capture_open(&c, LANG_EN, true);
    j = json_begin(c.p.out, "text");
    json_text(&j, "text", bytes_str("say \"hi\"\\\nnext"));
    json_text(&j, "bad", bytes_str(hostile));
    json_number(&j, "n", UINT64_MAX);
    json_bool(&j, "b", true);
    json_id(&j, "id", &id);
    json_id(&j, "none", &zero);
    json_end(&j);
    assert_harmless(capture_text(&c));
    assert_int_equal(strcspn(capture_text(&c), "\n"), c.len - 1);
    assert_non_null(strstr(c.text, "\"text\":\"say \\\"hi\\\"\\\\\\nnext\""));
    assert_non_null(strstr(c.text, "\"n\":18446744073709551615,\"b\":true"));
    assert_non_null(strstr(c.text, "\"id\":\"abcd0000"));
    assert_null(strstr(c.text, "none"));
    assert_ptr_equal(strstr(c.text, "{\"v\":1,\"kind\":\"text\""), c.text);
    capture_free(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_is_harmless_in_a_sentence),
        cmocka_unit_test(hostile_names_are_harmless),
        cmocka_unit_test(a_text_with_braces_is_no_template),
        cmocka_unit_test(a_text_stays_on_its_line),
        cmocka_unit_test(every_code_has_a_sentence),
        cmocka_unit_test(json_is_one_line_of_ascii_safe_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
